import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { mean } from './moments.ts'
import { tInterval } from './tInterval.ts'

describe('tInterval', () => {
  test('of two values is the closed form m ± tan(π level / 2) |x₁ − x₂| / 2', () => {
    const interval = tInterval([1, 3], 0.95)
    expect(interval?.high).toBeCloseTo(2 + Math.tan((Math.PI * 0.95) / 2), 10)
    expect(interval?.low).toBeCloseTo(2 - Math.tan((Math.PI * 0.95) / 2), 10)
  })

  // Origin: SciPy 1.17.1, stats.t.interval(level, len(x) - 1, loc=mean(x), scale=stats.sem(x))
  test.each([
    [[5.1, 4.9, 6.2, 5.8, 6.0], 0.95, 4.892142611508864, 6.3078573884911355],
    [[5.1, 4.9, 6.2, 5.8, 6.0], 0.99, 4.426181520427696, 6.773818479572303],
    [[4.1, 3.9, 5.0], 0.95, 2.877761466784155, 5.788905199882511],
  ])('gives the reference interval of %j at %d', (values, level, low, high) => {
    const interval = tInterval(values, level)
    expect(interval?.low).toBeCloseTo(low, 9)
    expect(interval?.high).toBeCloseTo(high, 9)
  })

  test('holds the mean, and a higher level holds a lower one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 20 }), (values) => {
        const narrow = tInterval(values, 0.8)
        const wide = tInterval(values, 0.99)
        if (narrow === null || wide === null) throw new Error('two values give an interval')
        expect(narrow.low).toBeLessThanOrEqual(mean(values))
        expect(narrow.high).toBeGreaterThanOrEqual(mean(values))
        expect(wide.low).toBeLessThanOrEqual(narrow.low)
        expect(wide.high).toBeGreaterThanOrEqual(narrow.high)
      }),
    )
  })

  test('does not exist for one value or none, and has width 0 for equal ones', () => {
    expect(tInterval([])).toBeNull()
    expect(tInterval([3])).toBeNull()
    expect(tInterval([0.1, 0.1, 0.1])).toEqual({ low: 0.1, high: 0.1 })
  })

  test('refuses NaN, ±∞ and a level outside (0, 1)', () => {
    expect(() => tInterval([1, Number.NaN])).toThrow(
      new Refusal('invalid-input', 'tInterval: values: expected finite numbers, got NaN at index 1'),
    )
    expect(() => tInterval([Number.POSITIVE_INFINITY, 1])).toThrow(Refusal)
    expect(() => tInterval([1, 2], 1)).toThrow(Refusal)
  })
})
