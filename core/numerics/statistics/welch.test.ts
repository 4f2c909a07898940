import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { welch } from './welch.ts'
import type { WelchResult } from './welch.ts'

const a = [5.1, 4.9, 6.2, 5.8, 6.0]
const b = [4.1, 3.9, 5.0]
// Whole numbers: means and deviations of a shifted sample then differ by rounding alone
const sample = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 12 })

function made(result: WelchResult | null): WelchResult {
  if (result === null) throw new Error('expected a result')
  return result
}

describe('welch', () => {
  // Origin: SciPy 1.17.1, r = stats.ttest_ind(a, b, equal_var=False); r.confidence_interval(level)
  test('gives the reference t, degrees of freedom, p and interval', () => {
    const result = made(welch(a, b))
    expect(result.difference).toBeCloseTo(5.6 - 13 / 3, 12)
    expect(result.t).toBeCloseTo(2.990180006385607, 10)
    expect(result.degreesOfFreedom).toBeCloseTo(4.234088534004322, 10)
    expect(result.p).toBeCloseTo(0.03752466051832192, 10)
    expect(result.low).toBeCloseTo(0.11574567008054215, 9)
    expect(result.high).toBeCloseTo(2.417587663252791, 9)
    const narrow = made(welch(a, b, 0.8))
    expect(narrow.low).toBeCloseTo(0.6240634714214391, 9)
    expect(narrow.high).toBeCloseTo(1.909269861911894, 9)
  })

  test('keeps the digits of a very small p', () => {
    const far = made(
      welch(
        a.map((x) => x + 100),
        b,
      ),
    )
    expect(far.p / 6.594430322199679e-10).toBeCloseTo(1, 8) // same origin; shifting by 100 costs two digits of s
  })

  test('of two pairs of equal spread has two degrees of freedom and a closed form', () => {
    // s² = 2 in both, e² = 2: t = 10 / √2; p = 1 − t / √(2 + t²) = 1 − √(50 / 52)
    const result = made(welch([10, 12], [0, 2]))
    expect(result.degreesOfFreedom).toBeCloseTo(2, 12)
    expect(result.t).toBeCloseTo(10 / Math.SQRT2, 12)
    expect(result.p).toBeCloseTo(1 - Math.sqrt(50 / 52), 12)
  })

  test('negates the difference when the groups are swapped, and leaves p', () => {
    fc.assert(
      fc.property(sample, sample, (one, two) => {
        const forth = welch(one, two)
        const back = welch(two, one)
        if (forth === null || back === null) return expect(forth).toBe(back)
        expect(back.difference + 0).toBe(-forth.difference + 0)
        expect([back.p, back.degreesOfFreedom, back.low + 0]).toEqual([forth.p, forth.degreesOfFreedom, -forth.high + 0])
      }),
    )
  })

  test('is unmoved by a common shift', () => {
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: -1000, max: 1000 }), (one, two, shift) => {
        const before = welch(one, two)
        const after = welch(
          one.map((x) => x + shift),
          two.map((x) => x + shift),
        )
        if (before === null || after === null) return expect(before).toBe(after)
        // The means round to 2⁻⁵² · 1050; spreads are ≥ 1/√12, so that t moves by less than 1e-11 and p by less
        expect(after.difference).toBeCloseTo(before.difference, 10)
        expect(after.p).toBeCloseTo(before.p, 9)
      }),
    )
  })

  test('has degrees of freedom between the smaller group and both together', () => {
    fc.assert(
      fc.property(sample, sample, (one, two) => {
        const result = welch(one, two)
        if (result === null) return
        expect(result.degreesOfFreedom).toBeGreaterThanOrEqual((Math.min(one.length, two.length) - 1) * (1 - 1e-14)) // a few roundings
        expect(result.degreesOfFreedom).toBeLessThanOrEqual((one.length + two.length - 2) * (1 + 1e-14))
      }),
    )
  })

  test('does not exist for fewer than two values in a group, or without any spread', () => {
    expect(welch([], b)).toBeNull()
    expect(welch(a, [1])).toBeNull()
    expect(welch([0.1, 0.1, 0.1], [0.7, 0.7])).toBeNull()
  })

  test('exists when only one group has spread', () => {
    const result = made(welch([3, 3, 3], [1, 2]))
    expect(result.degreesOfFreedom).toBe(1) // all of e² is the pair's
    expect(result.t).toBeCloseTo(3, 12) // 1.5 / (√½ / √2)
  })

  test('of values near the ends of float64 equals that of ordinary ones', () => {
    const ordinary = made(welch(a, b))
    for (const scale of [2 ** 1000, 2 ** -1000]) {
      const scaled = made(
        welch(
          a.map((x) => x * scale),
          b.map((x) => x * scale),
        ),
      )
      expect([scaled.t, scaled.p]).toEqual([ordinary.t, ordinary.p])
    }
  })

  test('refuses NaN and ±∞', () => {
    expect(() => welch(a, [1, Number.NaN])).toThrow(new Refusal('invalid-input', 'welch: b: expected finite numbers, got NaN at index 1'))
    expect(() => welch([Number.NEGATIVE_INFINITY, 1], b)).toThrow(Refusal)
  })
})
