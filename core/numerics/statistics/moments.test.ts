import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mean, standardDeviation } from './moments.ts'

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
const sample = fc.array(value, { minLength: 2, maxLength: 30 })

describe('mean', () => {
  test('equals known means', () => {
    expect(mean([1, 2, 3, 4])).toBe(2.5)
    expect(mean([7])).toBe(7)
    expect(mean(Float64Array.of(-1, 1))).toBe(0)
    expect(mean([0, 0])).toBe(0)
  })

  test('of equal values is exactly their value', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 50 }),
        (x, n) => mean(Array<number>(n).fill(x)) === x,
      ),
    )
  })

  test('lies between the smallest and the largest value, in any order', () => {
    fc.assert(
      fc.property(sample, (values) => {
        const centre = mean(values)
        expect(centre).toBeGreaterThanOrEqual(Math.min(...values))
        expect(centre).toBeLessThanOrEqual(Math.max(...values))
        // Two orders of summation: each result is within an ulp of the largest value
        expect(Math.abs(mean(values.toReversed()) - centre)).toBeLessThanOrEqual(2 ** -52 * Math.max(...values.map(Math.abs)))
      }),
    )
  })

  test('does not overflow where its result exists', () => {
    expect(mean([Number.MAX_VALUE, Number.MAX_VALUE])).toBe(Number.MAX_VALUE)
    expect(mean([Number.MIN_VALUE, Number.MIN_VALUE])).toBe(Number.MIN_VALUE)
  })

  test('of nothing, or with NaN or ±∞ among the values, is NaN', () => {
    expect(mean([])).toBeNaN()
    expect(mean([1, Number.NaN])).toBeNaN()
    expect(mean([Number.POSITIVE_INFINITY, 1])).toBeNaN()
  })
})

describe('standardDeviation', () => {
  test('equals known deviations, with n − 1', () => {
    expect(standardDeviation([1, 3])).toBeCloseTo(Math.SQRT2, 15)
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 15)
  })

  test('keeps its digits on a large offset', () => {
    // 1e9 + {4, 7, 13, 16}: variance 30 exactly; Σx² − nm² would have no digit left
    expect(standardDeviation([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBeCloseTo(Math.sqrt(30), 14)
  })

  test('of equal values is exactly 0', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 2, max: 50 }),
        (x, n) => standardDeviation(Array<number>(n).fill(x)) === 0,
      ),
    )
  })

  test('scales with the values, exactly for powers of two, also beyond the range of their squares', () => {
    const values = [1, 2.5, -3, 4]
    const deviation = standardDeviation(values)
    for (const scale of [2 ** 1000, 2 ** -1000, -2]) {
      expect(standardDeviation(values.map((x) => x * scale))).toBe(deviation * Math.abs(scale))
    }
  })

  test('needs two finite values', () => {
    expect(standardDeviation([])).toBeNaN()
    expect(standardDeviation([1])).toBeNaN()
    expect(standardDeviation([1, 2, Number.NaN])).toBeNaN()
    expect(standardDeviation([1, 2, Number.NEGATIVE_INFINITY])).toBeNaN()
  })
})
