/** The rounds of a bisection: when every run has ended, those that its brackets want next are added to the study. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { assert } from '#core/contract/errors.ts'
import { planStacks } from '#core/plan/plan.ts'
import { bisectionsOf, wantedKey, wantedOf, type WantedRun } from '#core/study/bisections.ts'
import { factorsOf } from '#core/study/factors.ts'
import { atPath } from '#core/study/text/withPath.ts'
import type { Project } from '#core/store/project.ts'
import { readStacks } from '#core/store/stacks.ts'
import type { Readable } from '#core/store/statements.ts'
import { readSpecification } from '#core/store/studies.ts'
import { gateValues } from './gateValues.ts'
import { sizeOf } from './sources.ts'
import { addStacks, allRuns, storedStudy } from './studies.ts'

/** Whether a study is a bisection; told without the rest of it, which another version may have written. */
export function isBisection(db: Readable, id: string): boolean {
  return atPath(readSpecification(db, id).resolved, 'design.kind') === 'bisection'
}

/** The runs that a study's brackets want next; none while some of its runs have not finished, or when it is no bisection. */
export function wantedNow(project: Project<Readable>, id: string): WantedRun[] {
  const { db } = project
  if (!isBisection(db, id) || readStacks(db, id).some(({ state }) => state !== 'finished')) return []
  const { study } = storedStudy(project, id)
  return wantedOf(study, bisectionsOf(study, allRuns(db, id), gateValues(db, id)))
}

/** Adds the wanted runs to the store, queued, with their levels; returns how many stacks they make. Fails: 'invalid-input' for a level that breaks a rule. */
export function addRound(project: Project, id: string): number {
  const wanted = wantedNow(project, id)
  if (wanted.length === 0) return 0
  const { study, files } = storedStudy(project, id, wanted)
  const keys = new Set(wanted.map((run) => wantedKey(run, run.replicate)))
  const stacks = planStacks(study, {
    size: sizeOf((path) => ({ bytes: readFileSync(files[path] ?? path), name: basename(path) })),
    isWanted: ({ cell, replicate }) => keys.has(wantedKey(cell, replicate)),
  })
  const planned = stacks.reduce((sum, { runs }) => sum + runs.length, 0)
  assert(planned === wanted.length, `every run that a bracket wants is planned: ${planned} of ${wanted.length}`)
  addStacks(project, study, { stacks, factors: factorsOf(study) })
  return stacks.length
}
