import { describe, expect, test } from 'vitest'
import { benchPage } from './page.ts'
import { benchResult, type BenchResult } from './result.ts'
import type { RaceRow } from './race.ts'
import { problems } from './problems.ts'
import { benchTables, machineFacts } from './tables.ts'
import { benchWords } from './words.ts'

const row = (given: Partial<RaceRow>): RaceRow => ({
  problem: 'e1',
  program: 'Kagami',
  how: 'wasm, one process',
  engine: 'wasm',
  processes: 1,
  version: null,
  startSeconds: 0.5,
  compileSeconds: 0.25,
  lossDifference: null,
  steps: 30,
  rounds: [0.5, 0.25],
  msPerStep: { median: 0.375, least: 0.25, most: 0.5 },
  ratio: { median: 1, least: 1, most: 1 },
  isMeasure: true,
  gflops: 4,
  threads: null,
  isSame: null,
  sentence: null,
  ...given,
})
const theirs = { program: 'JAX', how: 'jit & scan', engine: null, version: '0.10', isMeasure: false, isSame: true, lossDifference: 2e-6 }
const result: BenchResult = benchResult({
  machine: {
    processor: 'A <fast> one',
    cores: 2,
    system: 'linux x64',
    node: '24.0.0',
    python: '3.11.7',
    engines: [{ engine: 'wasm', device: 'one thread', gflops: 8, versions: {} }],
    peakGflops: 40,
    load: { before: [0.1, 0.2, 0.3], after: [1, 0.5, 0.25] },
  },
  problems: problems.filter(({ name }) => name === 'e1'),
  rounds: [
    row({}),
    row({ ...theirs, rounds: [1, 1], msPerStep: { median: 1, least: 1, most: 1 } }),
    row({
      ...theirs,
      program: 'PyTorch',
      version: null,
      rounds: [],
      msPerStep: null,
      ratio: null,
      gflops: null,
      isSame: null,
      lossDifference: null,
      sentence: 'no <package>',
    }),
  ],
  whole: [
    {
      problem: 'e1',
      what: 'a sweep',
      engine: 'wasm',
      processes: 1,
      runs: 80,
      steps: 10,
      seconds: 3,
      trainingSeconds: 2,
      compileSeconds: 0.5,
      msPerStep: 0.2,
    },
  ],
})

describe('benchTables', () => {
  test('put time, spread, ratio, rate and its share of the peak into a row', () => {
    const [best, rounds, whole] = benchTables(result, benchWords('en'))
    expect(best?.rows).toEqual([['e1', 'wasm, one process', 'JAX', 'jit & scan', 3, '2–4']]) // 1 / 0.5 and 1 / 0.25
    expect(rounds?.rows[0]).toEqual(['e1', 'Kagami', 'wasm, one process', 0.375, '0.25–0.5', 1, '1–1', 4, 10, 0.5, 0.25, 30, 'reference'])
    expect(rounds?.rows[1]?.at(-1)).toBe('same, 2e-6')
    expect(rounds?.rows[2]).toEqual(['e1', 'PyTorch', 'jit & scan', null, null, null, null, null, null, 0.5, 0.25, 30, 'no <package>'])
    expect(whole?.rows).toEqual([['e1', 'wasm', 1, 3, 2, 0.5, 0.2, 'a sweep']])
  })
  test('that have no rows are left out', () => {
    expect(benchTables({ ...result, best: [], whole: [] }, benchWords('en')).map(({ title }) => title)).toEqual(['Training in turns'])
  })
  test('have as many cells as columns, in both languages', () => {
    for (const language of ['en', 'ja'] as const) {
      for (const { columns, rows } of benchTables(result, benchWords(language)))
        for (const cells of rows) expect(cells).toHaveLength(columns.length)
    }
  })
})

test('machineFacts name processor, load and every version', () => {
  const facts = Object.fromEntries(machineFacts(result, benchWords('en')))
  expect(facts).toMatchObject({
    processor: 'A <fast> one',
    versions: 'Node 24.0.0, Python 3.11.7, JAX 0.10',
    'engine wasm': 'one thread; 8 GFLOP/s',
  })
  expect(facts['load over 1, 5, 15 minutes, before; after']).toBe('0.1, 0.2, 0.3; 1.0, 0.5, 0.3')
})

describe.each(['en', 'ja'] as const)('the page in %s', (language) => {
  test('holds the tables as text, without a script or an address to load from', async () => {
    const page = await benchPage(result, language)
    expect(page).toContain(`<html lang="${language}">`)
    for (const text of [
      'A &lt;fast&gt; one',
      'no &lt;package&gt;',
      'jit &amp; scan',
      '0.375',
      ...Object.values(machineFacts(result, benchWords(language))).map(([title]) => title),
    ])
      expect(page).toContain(text)
    expect(page).not.toMatch(/<script|https?:\/\//)
    expect(await benchPage(result, language)).toBe(page)
  })
})
