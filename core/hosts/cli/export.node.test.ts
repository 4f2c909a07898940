import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'csv-parse/sync'
import { cpSync, rmSync } from 'node:fs'
import type { Run } from '#core/contract/runs.ts'
import { listArtifacts, pathOf } from '#core/store/artifacts.ts'
import { openProject } from '#core/store/project.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readRunSeries } from '#core/store/readSeries.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import { readStudy } from '#core/study/study.ts'
import { jsonOf, kagamiHere, studyText, temporaryFolder, train, type TestFolder } from '#core/testing/studies.ts'

/** Half of the runs diverge, so that every export has NaN in it. */
const text = studyText({ training: { steps: 200, record: { every: 10 } }, factors: { 'optimiser.learningRate': [0.02, 1e6] } })

let place: TestFolder
let runs: readonly Run[]
let study: string
beforeAll(async () => {
  place = temporaryFolder()
  await train(place.path('a.kagami'), text)
  const project = openProject(place.path('a.kagami'), { mode: 'read' })
  runs = readRuns(project.db, {}).runs
  study = runs[0]?.study ?? ''
  project.close()
})
afterAll(() => place.remove())

async function exported(what: string, form: 'csv' | 'json' | 'yaml'): Promise<string> {
  const { status, stderr } = await kagamiHere(['export', 'a.kagami', '--what', what, '--out', `${what}.${form}`], place.folder)
  expect([status, stderr]).toEqual([0, ''])
  return readFileSync(place.path(`${what}.${form}`), 'utf8')
}

/** Read by csv-parse, which shares nothing with our writer. */
const csv = (content: string) => parse<Record<string, string>>(content, { columns: true })
const json = (content: string) => jsonOf<Record<string, unknown>[]>(content)

describe('export', () => {
  test('runs hold every digit, and NaN where a run diverged', async () => {
    const [rows, records] = [csv(await exported('runs', 'csv')), json(await exported('runs', 'json'))]
    expect(rows.map(({ run }) => run)).toEqual(runs.map(({ id }) => id))
    for (const [i, { values, outcome, parametersSha256 }] of runs.entries()) {
      const [row, record] = [rows[i], records[i]]
      for (const [metric, value] of Object.entries(values)) {
        expect([metric, Number(row?.[metric])]).toEqual([metric, value])
        expect([metric, record?.[metric]]).toEqual([metric, Number.isFinite(value) ? value : String(value)])
      }
      expect([row?.['outcome'], record?.['outcome'], row?.['parameters_sha256']]).toEqual([outcome?.kind, outcome?.kind, parametersSha256])
      expect(record?.['outcome_step']).toBe(outcome?.kind === 'diverged' ? outcome.step : null)
    }
    expect(rows.filter(({ loss }) => loss === 'NaN')).toHaveLength(2)
    expect(records.filter(({ loss }) => loss === 'NaN')).toHaveLength(2)
  })

  test('series are those of the store, in both forms', async () => {
    const [rows, records] = [csv(await exported('series', 'csv')), json(await exported('series', 'json'))]
    const project = openProject(place.path('a.kagami'), { mode: 'read' })
    const stored = runs.flatMap(({ id }) =>
      readRunSeries(project.db, id).flatMap(({ metric, steps, values }) =>
        [...steps].map((step, i) => [id, metric, step, values[i]] as const),
      ),
    )
    project.close()
    expect(stored.length).toBeGreaterThan(4 * 21) // more than one metric of 21 rows
    expect(rows.map((row) => [row['run'], row['metric'], Number(row['step']), Number(row['value'])])).toEqual(stored)
    expect(records.map((row) => [row['run'], row['metric'], row['step'], Number(row['value'])])).toEqual(stored)
  })

  test('coefficients name what the lasso predicts beside what was measured', async () => {
    const rows = csv(await exported('coefficients', 'csv'))
    const project = openProject(place.path('a.kagami'), { mode: 'read' })
    const stored = [...readCoefficients(project.db, study)].flatMap(({ run, names, measured, predicted }) =>
      names.map((name, j) => [run, name, measured[j], predicted?.[j]]),
    )
    project.close()
    expect(rows.map((row) => [row['run'], row['name'], Number(row['measured']), Number(row['predicted'])])).toEqual(stored)
  })

  test('a study is the frozen one, and can be run as it is', async () => {
    const [yaml, frozen] = [await exported('study', 'yaml'), jsonOf<unknown>(await exported('study', 'json'))]
    expect(readStudy({ text: yaml, name: 'study.yaml', overrides: [] })).toEqual(frozen)
    const { status, stdout } = await kagamiHere(['run', 'study.yaml', '--project', 'a.kagami'], place.folder)
    const told = '4 runs: 4 finished, 2 of them diverged, nothing was left to train. Project: a.kagami\nSee it: kagami open "a.kagami"\n'
    expect([status, stdout]).toEqual([0, told])
  })
})

describe('verify', () => {
  let folder: string
  beforeEach(() => {
    folder = place.path('copy.kagami')
    rmSync(folder, { recursive: true, force: true })
    cpSync(place.path('a.kagami'), folder, { recursive: true })
  })
  const verify = (...args: string[]) => kagamiHere(['verify', 'copy.kagami', ...args], place.folder)

  test('passes on an untouched project, and trains the stack of a run again by the short id that the table shows', async () => {
    const { stdout: table } = await kagamiHere(['runs', 'copy.kagami'], place.folder)
    const [, , last] = table.split('\n').map((line) => line.split(' ')[0])
    const { status, stdout } = await verify(last ?? '')
    expect(stdout).toBe(`✓ files: every checksum and hash agrees\n✓ ${study}.stack-1: 4 runs trained again, equal to the last bit\n`)
    expect(status).toBe(0)
  })

  test('finds a flipped bit in an artifact, and trains nothing then', async () => {
    const project = openProject(folder, { mode: 'read' })
    const { sha256 = '' } = listArtifacts(project.db).find(({ kind }) => kind === 'parameters') ?? {}
    const path = pathOf(project, sha256)
    project.close()
    flipBit(path, -1)
    const { status, stdout } = await verify('--json')
    const { problems, compared, ok } = jsonOf<{ problems: string[]; compared: unknown[]; ok: boolean }>(stdout)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(sha256)
    expect([status, compared, ok]).toEqual([1, [], false])
  })

  test('finds a flipped bit in a chunk of a series', async () => {
    // The last loss of the first run as its eight bytes stand in the file: found, and its lowest bit turned.
    const database = `${folder}/project.sqlite`
    const value = Buffer.from(Float64Array.of(runs[0]?.values['loss'] ?? 0).buffer)
    const bytes = readFileSync(database)
    const places = [...placesOf(bytes, value)]
    expect(places.length).toBeGreaterThan(0)
    for (const at of places) flipBit(database, at)
    const { status, stdout } = await verify('--files-only')
    expect(stdout).toMatch(/^✗ stack .*, metric loss.*: .*damaged/m)
    expect(status).toBe(1)
  })

  test('finds a run whose stored series is not what its study gives', async () => {
    // A bit of the frozen study itself: another noise in the data, a checksum that agrees.
    const database = `${folder}/project.sqlite`
    const bytes = readFileSync(database)
    const places = [...placesOf(bytes, Buffer.from('"noise":0.3,'))]
    expect(places.length).toBeGreaterThan(0)
    for (const at of places) bytes.write('"noise":0.4,', at)
    writeFileSync(database, bytes)
    const { status, stdout } = await verify()
    expect(stdout).toMatch(/^✗ .*: the final parameters have another hash$/m)
    expect(stdout).toMatch(/^✗ .*: loss differs from step 0 on$/m)
    expect(status).toBe(1)
  })
})

function* placesOf(bytes: Buffer, wanted: Buffer): Generator<number> {
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) yield at
}

/** Turns the lowest bit of one byte; a negative place counts from the end. */
function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path)
  const place = at < 0 ? bytes.length + at : at
  bytes[place] = (bytes[place] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
