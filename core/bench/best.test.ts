import { describe, expect, test } from 'vitest'
import { bestOf } from './best.ts'
import type { RaceRow } from './race.ts'
import { spreadOf } from './ratios.ts'

/** A row with these times of its rounds; none is one that failed. */
function row(program: string, rounds: readonly number[], given: Partial<RaceRow> = {}): RaceRow {
  return {
    problem: 'e1',
    program,
    how: 'somehow',
    engine: null,
    processes: 1,
    version: null,
    startSeconds: null,
    compileSeconds: null,
    lossDifference: 0,
    steps: 10,
    rounds,
    msPerStep: rounds.length > 0 ? spreadOf(rounds) : null,
    ratio: null,
    isMeasure: false,
    gflops: null,
    threads: null,
    isSame: true,
    sentence: null,
    ...given,
  }
}
const ours = row('Kagami', [2, 4], {
  how: 'tensorflow, one process',
  engine: 'tensorflow',
  isMeasure: true,
  lossDifference: null,
  isSame: null,
})
const slower = row('Kagami', [8, 8], { engine: 'wasm' })

describe('bestOf', () => {
  test('holds the fastest way of each peer against Kagami at its fastest, round by round', () => {
    const rows = [ours, slower, row('JAX', [9, 9]), row('JAX', [4, 2], { how: 'jit' }), row('PyTorch', [6, 12])]
    expect(bestOf(rows)).toEqual([
      { problem: 'e1', ours: 'tensorflow, one process', program: 'JAX', how: 'jit', ratio: { median: 1.25, least: 0.5, most: 2 } },
      { problem: 'e1', ours: 'tensorflow, one process', program: 'PyTorch', how: 'somehow', ratio: { median: 3, least: 3, most: 3 } },
    ])
  })
  test('leaves out what trains another thing, and what did not run', () => {
    const fastButWrong = row('JAX', [1, 1], { isSame: false, how: 'wrong' })
    expect(bestOf([ours, fastButWrong, row('PyTorch', [])])).toEqual([])
    expect(bestOf([ours, fastButWrong, row('JAX', [2, 4])]).map(({ how }) => how)).toEqual(['somehow'])
  })
  test('keeps problems apart, and is empty without Kagami', () => {
    expect(bestOf([ours, row('JAX', [1, 1], { problem: 'e5' })])).toEqual([])
    expect(bestOf([row('JAX', [1, 1])])).toEqual([])
  })
})
