import { describe, expect, test } from 'vitest'
import { comparison, comparisonQuery } from './comparison.ts'

const query = { study: 'abc123', factor: 'regularisation.weightDecay', metric: 'loss' }
const level = {
  label: '0.1',
  value: 0.1,
  n: 1,
  diverged: 0,
  infinite: 0,
  stopped: 0,
  values: [{ run: 'abc123-0', value: 2 }],
  mean: 2,
  standardDeviation: null,
  interval: null,
  difference: null,
  need: { seeds: 2 },
}
const result = { factor: 'f', metric: 'm', baseline: '0.1', test: 'welch', confidence: 0.95, where: {}, pooled: [], levels: [level] }

describe('comparisonQuery', () => {
  test('defaults to Welch at 95 % over all levels of the other factors', () => {
    expect(comparisonQuery.parse(query)).toEqual({ ...query, test: 'welch', level: 0.95, where: {} })
  })

  test('refuses unknown fields, unknown tests and levels that are no confidence', () => {
    expect(comparisonQuery.safeParse({ ...query, alpha: 0.05 }).success).toBe(false)
    expect(comparisonQuery.safeParse({ ...query, test: 'anova' }).success).toBe(false)
    for (const bad of [0, 1, 95, Number.NaN]) expect(comparisonQuery.safeParse({ ...query, level: bad }).success).toBe(false)
  })
})

describe('comparison', () => {
  test('holds a level with one run', () => {
    expect(comparison.parse(result)).toEqual(result)
  })

  test('refuses NaN and ±∞ in place of null', () => {
    expect(comparison.safeParse({ ...result, levels: [{ ...level, standardDeviation: Number.NaN }] }).success).toBe(false)
    expect(comparison.safeParse({ ...result, levels: [{ ...level, mean: Number.POSITIVE_INFINITY }] }).success).toBe(false)
  })
})
