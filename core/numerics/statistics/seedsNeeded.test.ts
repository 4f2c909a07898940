import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { seedsNeeded } from './seedsNeeded.ts'
import { tInterval } from './tInterval.ts'

describe('seedsNeeded', () => {
  test('asks for two seeds when only an interval is wanted', () => {
    expect(seedsNeeded({ have: 0 })).toEqual({ total: 2, more: 2 })
    expect(seedsNeeded({ have: 1 })).toEqual({ total: 2, more: 1 })
    expect(seedsNeeded({ have: 5 })).toEqual({ total: 2, more: 0 })
  })

  // Origin: SciPy 1.17.1, the least n ≥ 2 with stats.t.ppf((1 + level) / 2, n - 1) * s / sqrt(n) <= h, by counting up
  test.each([
    [1, 1, 0.95, 7],
    [1, 0.5, 0.95, 18],
    [1, 0.1, 0.95, 387],
    [2, 0.05, 0.99, 10_620],
    [1, 9, 0.95, 2],
    [1, 8.9, 0.95, 3],
  ])('for s = %d, h = %d at %d asks for %d seeds', (standardDeviation, halfWidth, level, total) => {
    expect(seedsNeeded({ have: 1, pilot: { standardDeviation, halfWidth }, level })).toEqual({ total, more: total - 1 })
  })

  test('gives an interval of the wanted half-width with one seed fewer too wide', () => {
    // n values of standard deviation 1: ±√((n − 1) / n), one more 0 for odd n with ±1
    const unitSample = (n: number): number[] => {
      const size = n % 2 === 0 ? Math.sqrt((n - 1) / n) : 1
      return Array.from({ length: n }, (_, i) => (i === n - 1 && n % 2 === 1 ? 0 : i % 2 === 0 ? size : -size))
    }
    const halfWidthOf = (n: number): number => tInterval(unitSample(n))?.high ?? Number.POSITIVE_INFINITY
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 5, noNaN: true }), (halfWidth) => {
        const { total } = seedsNeeded({ have: 0, pilot: { standardDeviation: 1, halfWidth } })
        expect(halfWidthOf(total)).toBeLessThanOrEqual(halfWidth * (1 + 1e-12)) // the sample's deviation is 1 up to rounding
        if (total > 2) expect(halfWidthOf(total - 1)).toBeGreaterThan(halfWidth * (1 - 1e-12))
      }),
    )
  })

  test('asks for two seeds when the pilot has no spread, and for ∞ when no number is enough', () => {
    expect(seedsNeeded({ have: 0, pilot: { standardDeviation: 0, halfWidth: 1e-300 } }).total).toBe(2)
    expect(seedsNeeded({ have: 3, pilot: { standardDeviation: 1, halfWidth: 1e-9 } })).toEqual({ total: Infinity, more: Infinity })
  })

  test('refuses NaN, a half-width of 0 and a negative spread', () => {
    expect(() => seedsNeeded({ have: 0, pilot: { standardDeviation: 1, halfWidth: 0 } })).toThrow(
      new Refusal('invalid-input', 'seedsNeeded: pilot.halfWidth: expected a finite number > 0, got 0'),
    )
    expect(() => seedsNeeded({ have: 0, pilot: { standardDeviation: Number.NaN, halfWidth: 1 } })).toThrow(Refusal)
    expect(() => seedsNeeded({ have: 0, pilot: { standardDeviation: -1, halfWidth: 1 } })).toThrow(Refusal)
    expect(() => seedsNeeded({ have: -1 })).toThrow(Refusal)
    expect(() => seedsNeeded({ have: 1, level: 0 })).toThrow(Refusal)
  })
})
