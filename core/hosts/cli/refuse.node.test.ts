import { mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jsonOf, kagami, kagamiHere, studyText, temporaryFolder, train, type TestFolder } from '#core/testing/studies.ts'

const decay = 'regularisation.weightDecay'
const isLinux = process.platform === 'linux'
const presets = readdirSync(new URL('../../../resources/presets/', import.meta.url))
  .map((file) => file.replace('.yaml', ''))
  .sort()
  .join(', ')

let place: TestFolder
beforeAll(async () => {
  place = temporaryFolder()
  place.write('small.yaml', studyText())
  place.write('table.yaml', studyText({ data: { kind: 'csv', path: 'missing.csv', target: 'y' } }))
  place.write('text.csv', 'a,b,y\n1,2,3\n1,two,3\n')
  place.write('nan.csv', 'a,b,y\n1,2,3\n1,2,3\nNaN,2,3\n')
  place.write('empty.csv', '')
  place.write('huge.csv', '')
  truncateSync(place.path('huge.csv'), 2 ** 40) // a hole: a program that read it would not come back
  mkdirSync(place.path('other'))
  place.write('other/notes.txt', 'mine')
  await train(place.path('a.kagami'), studyText())
  await train(place.path('newer.kagami'), studyText({ factors: {} }))
  setSchemaVersion(place.path('newer.kagami/project.sqlite'), 99)
})
afterAll(() => place.remove())

/** What the command answers under --json: one document on stdout, the same sentence on stderr. */
async function refused(args: readonly string[]): Promise<{ status: number | null; code: unknown; message: string }> {
  const { status, stdout, stderr } = await kagamiHere([...args, '--json'], place.folder)
  const { error } = jsonOf<{ error: { code: string; message: string } }>(stdout)
  expect(stderr).toBe(`kagami: ${error.message}\n`)
  return { status, code: error.code, message: error.message.replaceAll(place.folder, '.') }
}

const table = ['run', 'table.yaml', '--project', 'none.kagami', '--data']
const set = (assignment: string) => ['run', 'small.yaml', '--project', 'none.kagami', '--set', assignment]
const compare = ['compare', 'a.kagami', '--by', decay, '--metric']
const times = ['compare', 'a.kagami', '--by', decay, '--until']

describe('bad input is refused in one sentence with field, rule and value; the exit status is 2', () => {
  test.each<[string, readonly string[], string]>([
    ['an unknown field', set('optimiser.learnignRate=1'), 'optimiser.learnignRate: unknown field; did you mean learningRate?'],
    ['a wrong type', set('training.steps=many'), 'training.steps: expected a whole number ≥ 1 and ≤ 16000000, got "many"'],
    ['negative steps', set('training.steps=-5'), 'training.steps: expected a whole number ≥ 1 and ≤ 16000000, got -5'],
    ['an unknown factor', set('factors={"regularisation.weightDecya":[1]}'), 'unknown field; did you mean weightDecay?'],
    ['10⁷ runs', set('seeds.count=5000000'), 'factors × seeds: expected at most 100000 runs, got 10000000'],
    ['an override without a value', set('training.steps'), 'got "training.steps"'],
    [
      'a missing study file',
      ['run', 'diabets-lasso'],
      `STUDY: expected a file or one of the presets ${presets}, got "diabets-lasso"; did you mean diabetes-lasso?`,
    ],
    [
      'an unknown preset',
      ['preset', 'check', 'rescalling-sparsity'],
      `preset: expected one of ${presets}, got "rescalling-sparsity"; did you mean rescaling-sparsity?`,
    ],
    ['a missing CSV', ['plan', 'table.yaml'], 'data.path: expected a file that can be read, got "missing.csv" (ENOENT)'],
    ['text in a number column', [...table, 'text.csv'], 'text.csv row 2, column "b": expected a number, got "two"'],
    ['NaN in the data', [...table, 'nan.csv'], 'nan.csv row 3, column "a": expected a number, got a missing value ("NaN")'],
    ['an empty CSV', [...table, 'empty.csv'], 'empty.csv: expected a header line and rows of numbers, got an empty file'],
    [
      'a CSV above 256 MB, unread',
      [...table, 'huge.csv'],
      'data.path: expected a file of at most 268435456 bytes, got 1099511627776 in "./huge.csv"',
    ],
    [
      'an unknown command',
      ['rnu', 'small.yaml'],
      'COMMAND: expected one of run, plan, preset, runs, compare, structure, mirrors, report, export, verify, doctor, engine, bench, serve, open, got "rnu"; did you mean run?',
    ],
    ['an unknown option', ['run', 'small.yaml', '--jbos', '2'], '--jbos: unknown option; did you mean --jobs?'],
    ['an option that must be there', ['compare', 'a.kagami', '--by', decay], '--metric: expected a value, got nothing'],
    ['a time without a rule', [...times, 'loss=1'], '--until: expected METRIC<=VALUE or METRIC>=VALUE with a finite number, got "loss=1"'],
    [
      'a time without a number',
      [...times, 'loss<='],
      '--until: expected METRIC<=VALUE or METRIC>=VALUE with a finite number, got "loss<="',
    ],
    ['a time without an end', [...times, 'loss<=-Infinity'], 'with a finite number, got "loss<=-Infinity"'],
    ['a time of an unknown metric', [...times, 'los<=1'], 'got "los"; did you mean loss?'],
    ['a time and a value', [...times, 'loss<=1', '--metric', 'loss'], '--until: expected no --metric beside it, got both'],
    ['a test of values for times', [...times, 'loss<=1', '--test', 'welch'], '--test: expected nothing beside --until'],
    ['a step to count a value from', [...compare, 'loss', '--after', '5'], '--after: expected --until beside it, got 5 alone'],
    ['a step that is none', [...times, 'loss<=1', '--after', '-5'], '--after: expected a whole number ≥ 0, got "-5"'],
    ['a missing argument', ['run'], 'STUDY: expected a value, got nothing'],
    ['an argument too many', ['runs', 'a.kagami', 'b.kagami'], 'runs: expected 1 argument, got 2'],
    [
      'an unknown engine',
      ['run', 'small.yaml', '--engine', 'wams'],
      '--engine: expected one of wasm, tensorflow, webgpu, cpu, got "wams"; did you mean wasm?',
    ],
    ['no jobs', ['run', 'small.yaml', '--jobs', '0'], '--jobs: expected a whole number ≥ 1, got "0"'],
    [
      'a checkpoint every 0 s',
      ['run', 'small.yaml', '--checkpoint-every', '0'],
      '--checkpoint-every: expected seconds > 0 and ≤ 86400, got "0"',
    ],
    ['a port that is none', ['serve', '--port', '70000'], '--port: expected a whole number in 0 … 65535, got "70000"'],
    ['an unknown metric', [...compare, 'los'], 'got "los"; did you mean loss?'],
    [
      'an unknown factor of a comparison',
      ['compare', 'a.kagami', '--by', 'model', '--metric', 'loss'],
      `factor: expected one of ${decay}, got "model"`,
    ],
    ['an unknown baseline', [...compare, 'loss', '--baseline', '0.06'], 'baseline: expected one of the levels "0.05", "0.5", got "0.06"'],
    [
      'an unknown level to hold',
      ['runs', 'a.kagami', '--where', `${decay}=0.7`],
      `where.${decay}: expected one of 0.05, 0.5, got "0.7"; did you mean 0.5?`,
    ],
    ['a level without a factor', ['runs', 'a.kagami', '--where', 'linear'], '--where: expected factor=level, got "linear"'],
    ['an unknown column', ['runs', 'a.kagami', '--columns', 'loss,zero'], 'got "zero"; did you mean zeros?'],
    ['an unknown run', ['verify', 'a.kagami', 'nope'], 'RUN: expected a run of this project, got "nope"'],
    [
      'a report of another kind',
      ['run', 'small.yaml', '--report', 'r.docx'],
      'report: expected a name that ends in .html or .md, got "r.docx"',
    ],
    [
      'an export of another kind',
      ['export', 'a.kagami', '--what', 'runs', '--out', 'r.xml'],
      '--out: expected a name that ends in .csv or .json, got ".xml"',
    ],
    ['a folder that is no project', ['runs', 'other'], 'project: expected a folder that holds project.sqlite, got "./other"'],
    [
      'a folder with other files',
      ['run', 'small.yaml', '--project', 'other'],
      'project: expected a new or empty folder, got "./other", which holds "notes.txt"',
    ],
    [
      'a file where a folder is needed',
      ['run', 'small.yaml', '--project', 'text.csv'],
      'project: expected a folder, got a file: "./text.csv"',
    ],
  ])('%s', async (_, args, sentence) => {
    const { status, code, message } = await refused(args)
    expect(message).toContain(sentence)
    expect(message).not.toContain('\n')
    expect(['invalid-input', 'not-found']).toContain(code)
    expect(status).toBe(2)
  })

  test('and nothing of it made a project', () => {
    expect(
      readdirSync(place.folder)
        .filter((name) => name.endsWith('.kagami'))
        .toSorted(),
    ).toEqual(['a.kagami', 'newer.kagami'])
  })

  test('a command of a group left out, an option without its value, and the program as it is started', async () => {
    const answers = await Promise.all(
      [['preset'], ['compare', 'a.kagami', '--by'], ['runs', 'none.kagami']].map((args) => kagami(args, place.folder)),
    )
    expect(answers.map(({ status, stdout, stderr }) => [status, stdout, stderr.replaceAll(place.folder, '.')])).toEqual([
      [2, '', 'kagami: COMMAND: expected one of list, show, check, got nothing\n'],
      [2, '', 'kagami: --by: expected a value, got nothing\n'],
      [2, '', 'kagami: project: expected a folder that holds project.sqlite, got "./none.kagami"\n'],
    ])
  })

  test('several problems of one study are all told, a sentence each', async () => {
    const { status, stderr } = await kagamiHere([...set('training.steps=-1'), '--set', 'seeds.count=0'], place.folder)
    expect(stderr.trim().split('\n')).toHaveLength(2)
    expect(stderr).toMatch(/^kagami: .*training\.steps.*\nkagami: .*seeds\.count.*\n$/)
    expect(status).toBe(2)
  })
})

describe('what is nobody’s bad input has exit status 1', () => {
  test('a project of a newer program is a conflict', async () => {
    for (const args of [
      ['runs', 'newer.kagami'],
      ['run', 'small.yaml', '--project', 'newer.kagami'],
    ]) {
      const { status, code, message } = await refused(args)
      expect([status, code]).toEqual([1, 'conflict'])
      expect(message).toMatch(/^project: expected .*99/)
    }
  })

  test.skipIf(!isLinux)('a place that even root cannot write (skipped but on Linux, which has one)', async () => {
    for (const args of [
      ['run', 'small.yaml', '--project', '/proc/a.kagami'],
      ['run', 'small.yaml', '--project', 'none.kagami', '--report', '/proc/r.html'],
      ['report', 'a.kagami', '--out', '/proc/r.html'],
      ['export', 'a.kagami', '--what', 'runs', '--out', '/proc/r.csv'],
    ]) {
      const { status, code, message } = await refused(args)
      expect([status, code]).toEqual([1, 'store-failed'])
      expect(message).toMatch(/: expected a place that can be written, got "\/proc\/.*" \([A-Z]+\)$/)
    }
    expect(readdirSync(place.folder)).not.toContain('none.kagami') // the report's place is tried before anything trains
  })
})

/** Bytes 60 to 63 of a SQLite file are its user_version, big-endian. Source: the file format, sqlite.org/fileformat2.html. */
function setSchemaVersion(path: string, version: number): void {
  const bytes = readFileSync(path)
  bytes.writeUInt32BE(version, 60)
  writeFileSync(path, bytes)
}
