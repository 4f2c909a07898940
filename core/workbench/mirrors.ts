/** The mirrors of a network: of a run at its parameters or its start, or of a cell of a study that no project holds. A job computes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal, fromRecord } from '#core/contract/errors.ts'
import {
  mirrors,
  mirrorsQuery,
  type Mirrors,
  type MirrorsContent,
  type MirrorsNote,
  type MirrorsOrigin,
  type MirrorsQuery,
} from '#core/contract/mirrors.ts'
import { asJson } from '#core/contract/values.ts'
import { runId } from '#core/plan/plan.ts'
import { readRun } from '#core/store/readRuns.ts'
import { dataOf } from '#core/study/kinds.ts'
import { factorsOf } from '#core/study/factors.ts'
import type { JobEnd, JobOptions } from '#core/trainer/parent.ts'
import type { MirrorsJob } from '#core/trainer/protocol.ts'
import { requireLevels, type Where } from './levels.ts'
import type { Source } from './sources.ts'
import { keepParameters } from './structures.ts'
import { pairedCell, waitingOf } from './studies.ts'
import type { Reader } from './workbench.ts'

/** The Hessian of a large network at all of its data, times one direction after another, is one long silence of the job. */
const silentAfterMs = 15 * 60_000

export type RunMirrorsJob = (job: Pick<JobOptions, 'spec' | 'folder' | 'on' | 'silentAfterMs'>) => Promise<JobEnd>

/** Of a run. Fails: 'not-found' for one that has no parameters yet, where its end is asked for. */
export async function mirrorsOfRun(reader: Reader, query: MirrorsQuery): Promise<Mirrors> {
  const { run: id, at } = mirrorsQuery.parse(query)
  const { project, scratch } = reader
  const run = readRun(project.db, id)
  const waiting = waitingOf(project, run.study, () => true).find(({ stack }) => stack === run.stack)
  const found = waiting?.runs.find((one) => one.run === id)
  if (waiting === undefined || found === undefined) throw new Error(`bug: the run ${id} is in no stack`)
  const { cellId: _, ...spec } = found
  return inFolder(scratch, async (folder) => {
    const path = join(folder, 'parameters')
    const origin =
      at === 'start'
        ? ({ kind: 'run', run: id, study: run.study, state: run.state, parameters: 'start', step: 0, steps: run.steps } as const)
        : keepParameters(reader, run, path)
    if (origin.kind !== 'run') throw new Error('bug: the parameters of a run are those of a run')
    const shared = { spec, files: waiting.files }
    const source: MirrorsJob['source'] =
      at === 'start' ? { ...shared, kind: 'start' } : { ...shared, kind: 'run', lane: run.lane, path, step: origin.step }
    const notes: MirrorsNote[] = []
    if (at === 'start' && waiting.after !== null) notes.push({ kind: 'continued' })
    if (at === 'end' && run.outcome?.kind === 'diverged') notes.push({ kind: 'diverged', step: run.outcome.step })
    return answerOf(await contentOf(reader.runJob, source, join(folder, 'job')), origin, notes)
  })
}

/**
 * Of a study that was never trained: of its first cell at the given levels, the first of its replicates, before the first step.
 * Fails: 'invalid-input' for a factor or a level that the study does not have, or levels that no cell combines.
 */
export function mirrorsOfStudy(
  run: RunMirrorsJob,
  { study, files }: Source,
  { where, scratch }: { where: Where; scratch: string },
): Promise<Mirrors> {
  requireLevels(factorsOf(study), where)
  const cell = study.cells.find(({ levels }) =>
    Object.entries(where).every(([factor, label]) => levels.some((level) => level.factor === factor && level.label === label)),
  )
  if (cell === undefined) {
    const asked = Object.entries(where).map(([factor, label]) => `${factor}=${label}`)
    throw new Refusal('invalid-input', `where: expected levels that a cell of the study combines, got ${asked.join(', ')}`)
  }
  const { seeds, name } = study.file
  const replicate = 1
  const spec = { run: runId(study.id, cell, replicate), study: asJson(cell.study), base: seeds.base, cell: seeds.paired ? pairedCell : cell.hash, replicate, stops: [] } // prettier-ignore
  const levels = cell.levels.map(({ factor, label }) => ({ factor, label }))
  return inFolder(scratch, async (folder) => {
    const source = { kind: 'start', spec, files: written(cell.study, files, folder) } as const
    const notes: MirrorsNote[] = cell.startsFrom === null ? [] : [{ kind: 'continued' }]
    return answerOf(await contentOf(run, source, join(folder, 'job')), { kind: 'study', name, levels, replicate }, notes)
  })
}

/** The files that a cell's data names, written where the job can read them. */
function written(study: Source['study']['file'], files: Source['files'], folder: string): Readonly<Record<string, string>> {
  const { kind, settings } = dataOf(study)
  return Object.fromEntries(
    kind.files(settings).map((path, i) => {
      const { bytes, name } = files(path)
      const place = join(folder, `data-${i}`)
      mkdirSync(place)
      writeFileSync(join(place, name), bytes)
      return [path, join(place, name)]
    }),
  )
}

async function inFolder<T>(scratch: string, use: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'mirrors-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function answerOf(content: MirrorsContent, origin: MirrorsOrigin, notes: readonly MirrorsNote[]): Mirrors {
  return mirrors.parse({ ...content, notes: [...notes, ...content.notes], origin })
}

async function contentOf(run: RunMirrorsJob, source: MirrorsJob['source'], folder: string): Promise<MirrorsContent> {
  const end = await run({ spec: { kind: 'mirrors', source }, folder, on: {}, silentAfterMs })
  if (end.kind !== 'ended') throw fromRecord(end.refusal)
  if (end.result.kind !== 'mirrors') throw new Error(`bug: a search for mirrors ended with a result of ${end.result.kind}`)
  return end.result.content
}
