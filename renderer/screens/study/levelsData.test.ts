import { describe, expect, test } from 'vitest'
import type { ComparedLevel, Comparison, Prediction } from '#core/contract/index.ts'
import { aStudy, byId, eightRuns, weightDecay } from '../../testing/fixtures.ts'
import type { HeldLevel } from './curvesData.ts'
import { levelsData } from './levelsData.ts'

const level: ComparedLevel = {
  label: '0.1',
  value: 0.1,
  n: 2,
  diverged: 0,
  infinite: 0,
  stopped: 0,
  values: [
    { run: '0.1-linear-0', value: 1 },
    { run: '0.1-linear-1', value: 3 },
  ],
  mean: 2,
  standardDeviation: 1.4,
  interval: { low: 0, high: 4 },
  difference: null,
  need: null,
}
const comparison: Comparison = {
  factor: weightDecay,
  metric: 'loss',
  baseline: '0.1',
  test: 'welch',
  confidence: 0.95,
  where: {},
  pooled: [],
  levels: [level],
}
const theory = (cell: string, replicate: number, value: number): Prediction => ({
  metric: 'loss',
  oracle: '8.2',
  cell,
  replicate,
  over: 'last',
  value,
})

function only(predictions: readonly Prediction[], held: HeldLevel | null = null) {
  return levelsData({ study: aStudy(), comparison, runs: byId(eightRuns()), predictions, held }).groups[0]?.levels[0]
}

describe('levelsData', () => {
  test('a level keeps the numbers of the comparison', () => {
    const data = levelsData({ study: aStudy(), comparison, runs: new Map(), predictions: [], held: null })
    expect([data.n, data.oracle, data.confidence, data.factor.ordered]).toEqual([2, null, 0.95, true])
    expect(data.groups[0]?.levels[0]).toMatchObject({ label: '0.1', value: 0.1, points: [1, 3], mean: 2, low: 0, high: 4 })
  })

  test('the mean of the runs is held against the mean of their theory', () => {
    const predictions = ['0.1-linear', '0.1-product-linear'].flatMap((cell) => [theory(cell, 0, 1), theory(cell, 1, 2)])
    expect(only(predictions)?.prediction).toBe(1.5)
  })

  test('a level that pools runs with and without a theory has none', () => {
    expect(only([theory('0.1-product-linear', 0, 1)])?.prediction).toBeNull()
  })

  test('last values are not held against the theory of a mean over the last half', () => {
    const predictions = ['0.1-linear', '0.1-product-linear'].map((cell) => ({ ...theory(cell, 0, 1), over: 'last-half' as const }))
    expect(only(predictions)?.prediction).toBeNull()
  })

  test('held at the level that has a theory, it is held against it', () => {
    expect(only([theory('0.1-product-linear', 0, 1)], { factor: 'model', label: 'product-linear' })?.prediction).toBe(1)
    expect(only([theory('0.1-product-linear', 0, 1)], { factor: 'model', label: 'linear' })?.prediction).toBeNull()
  })
})
