import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleStudy, temporaryFolder } from '../fixtures/sampleStudy.ts'
import { openProject } from '../project.ts'
import { readRuns } from '../readRuns.ts'
import { endRuns } from '../runs.ts'
import { appendRows } from '../series.ts'
import { endStack, beginStack, noPrograms } from '../stacks.ts'
import { query } from '../statements.ts'
import { insertStudy } from '../studies.ts'
import { readCoefficients } from '../vectors.ts'
import { verifyProject } from '../verify.ts'
import { first } from './0001-first.ts'

const applicationId = 0x4b676d69
const design = sampleStudy('a', { perStack: 2 })
const [stack = ''] = design.stacks.map(({ id }) => id)
const [a = '', b = ''] = design.runs.map(({ id }) => id)
const ended = { parametersSha256: 'ab'.repeat(32), coefficients: null }
const write = { mode: 'write', create: true, nowMs: 1 } as const

let place: ReturnType<typeof temporaryFolder>
beforeEach(() => (place = temporaryFolder()))
afterEach(() => place.remove())

/** A project with a study of which one stack has ended: one run at the last step, one diverged. */
function fill(folder: string): void {
  const project = openProject(folder, write)
  insertStudy(project.db, design)
  beginStack(project.db, stack, { device: 'Test CPU', versions: {}, nowMs: 2 })
  appendRows(project.db, stack, { steps: Float64Array.of(0, 1_000), values: { loss: Float64Array.of(1, 2, 3, Number.NaN) }, step: 1_000 })
  const coefficients = { names: ['x'], measured: Float64Array.of(1.5), predicted: null, margin: null }
  endRuns(project.db, [{ run: a, outcome: { kind: 'reached-last-step' }, ...ended, coefficients }], 3)
  endRuns(project.db, [{ run: b, outcome: { kind: 'diverged', step: 7, place: 'u' }, ...ended }], 4)
  endStack(project.db, stack, { state: 'finished', reason: null, trainingMs: 5, programs: noPrograms, nowMs: 6 })
  project.close()
}

/** The same data in a database of version 1, in a project folder of its own. */
function asVersion1(from: string, to: string): void {
  openProject(to, write).close() // the folder with all that a project has
  const path = join(to, 'project.sqlite')
  const db = new DatabaseSync(path)
  for (const { type, name } of db.prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'table') ORDER BY type DESC").all())
    db.exec(`PRAGMA foreign_keys = OFF; DROP ${String(type)} "${String(name)}"`)
  db.exec(first.sql)
  db.exec(`PRAGMA user_version = 1; PRAGMA application_id = ${applicationId}; ATTACH '${join(from, 'project.sqlite')}' AS newer`)
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    const columns = db
      .prepare(`SELECT name FROM pragma_table_info('${String(name)}', 'main')`)
      .all()
      .map((column) => String(column['name']))
      .join(', ')
    db.exec(`INSERT INTO main.${String(name)} (${columns}) SELECT ${columns} FROM newer.${String(name)}`)
  }
  db.close()
}

test('a project of version 1 keeps every run, and may then hold one that a gate stopped', () => {
  const [newer, older] = [join(place.folder, 'newer.kagami'), join(place.folder, 'older.kagami')]
  fill(newer)
  asVersion1(newer, older)
  const [before, after] = [openProject(newer, write), openProject(older, write)]
  try {
    expect(after.db.pragma('user_version', { simple: true })).toBe(before.db.pragma('user_version', { simple: true }))
    expect(readRuns(after.db, {})).toEqual(readRuns(before.db, {}))
    expect(readRuns(after.db, {}).runs.map(({ state }) => state)).toEqual(['finished', 'finished', 'interrupted', 'interrupted'])
    expect(readCoefficients(after.db, design.study.id)).toEqual(readCoefficients(before.db, design.study.id))
    expect(verifyProject(after)).toEqual([])
    const schema = 'SELECT type, name, sql FROM sqlite_schema ORDER BY type, name'
    expect(query(after.db, schema).all()).toEqual(query(before.db, schema).all())

    const stopped = { kind: 'stopped-by-gate', step: 500, gate: 2 } as const
    endRuns(after.db, [{ run: b, outcome: stopped, values: { loss: 0.5 }, ...ended }], 9)
    expect(readRuns(after.db, {}).runs[1]).toMatchObject({ outcome: stopped, values: { loss: 0.5 } })
    expect(query(after.db, `SELECT outcome FROM readable_runs WHERE id = '${b}'`).all()).toEqual([
      { outcome: 'stopped at step 500 by gate 2' },
    ])
    expect(() => query(after.db, "DELETE FROM cells WHERE id = 'c0'").run()).toThrow(/FOREIGN KEY/)
  } finally {
    before.close()
    after.close()
  }
})
