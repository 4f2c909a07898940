import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { normalCritical } from './distributions.ts'
import { wilson } from './wilson.ts'

expect.extend({ toBeAllclose })

const counts = fc
  .integer({ min: 1, max: 100_000 })
  .chain((trials) => fc.record({ trials: fc.constant(trials), successes: fc.integer({ min: 0, max: trials }) }))

describe('wilson', () => {
  // Origin: statsmodels 0.15.0, proportion_confint(x, n, alpha=1 - level, method='wilson'). The first four are also the examples of
  // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, to his four digits.
  test.each([
    [81, 263, 0.95, 0.2552885198782742, 0.36620957698280004],
    [15, 148, 0.95, 0.06238639953073628, 0.16048724172330803],
    [0, 20, 0.95, 0, 0.1611251580528194],
    [1, 29, 0.95, 0.006113214292762667, 0.17175521879320294],
    [23, 60, 0.8, 0.30701938855262545, 0.46586411678231476],
    [7, 10, 0.99, 0.32002467920110256, 0.9204336834769342],
    [400, 400, 0.95, 0.9904877056657034, 1],
  ])('of %i of %i at level %f is the reference interval', (successes, trials, level, low, high) => {
    const result = wilson(successes, trials, level)
    expect([result?.low, result?.high]).toBeAllclose([low, high], { relative: 1e-9 }) // that of the normal quantile
  })

  test('has bounds where the score test just rejects', () => {
    fc.assert(
      fc.property(counts, fc.double({ min: 0.5, max: 0.999, noNaN: true }), ({ successes, trials }, level) => {
        const result = wilson(successes, trials, level)
        const z = normalCritical(level)
        for (const p of [result?.low ?? Number.NaN, result?.high ?? Number.NaN]) {
          if (p === 0 || p === 1) continue
          // Rounding of p by 2⁻⁵³ moves the left side by about z √(p(1 − p)/n) 2⁻⁵³ and 1 − p near 1 by up to n · 2⁻⁵³ of itself
          const tolerance = { relative: 1e-9 }
          expect((successes / trials - p) ** 2).toBeAllclose((z * z * p * (1 - p)) / trials, tolerance)
        }
      }),
    )
  })

  test('contains the share, stays inside [0, 1], and mirrors when successes and failures change places', () => {
    fc.assert(
      fc.property(counts, fc.double({ min: 1e-9, max: 0.999999, noNaN: true }), ({ successes, trials }, level) => {
        const result = wilson(successes, trials, level)
        const mirrored = wilson(trials - successes, trials, level)
        if (result === null || mirrored === null) return expect.unreachable()
        expect(result.low).toBeGreaterThanOrEqual(0)
        expect(result.low).toBeLessThanOrEqual(result.share)
        expect(result.high).toBeGreaterThanOrEqual(result.share)
        expect(result.high).toBeLessThanOrEqual(1)
        expect([1 - mirrored.high, 1 - mirrored.low]).toBeAllclose([result.low, result.high], { absolute: 1e-15, relative: 1e-15 })
      }),
    )
  })

  test('grows with the level', () => {
    const widths = [0.5, 0.8, 0.95, 0.999].map((level) => {
      const result = wilson(3, 40, level)
      return (result?.high ?? Number.NaN) - (result?.low ?? Number.NaN)
    })
    expect(widths).toEqual([...widths].sort((a, b) => a - b))
    expect(new Set(widths).size).toBe(4)
  })

  test('starts at exactly 0 without a success and ends at exactly 1 without a failure', () => {
    expect(wilson(0, 1)?.low).toBe(0)
    expect(wilson(1, 1)?.high).toBe(1)
    // high of none of n = z² / (n + z²), low of all the rest of 1
    const z = normalCritical(0.95)
    expect(wilson(0, 1)?.high).toBeAllclose((z * z) / (1 + z * z))
    expect(wilson(1, 1)?.low).toBeAllclose(1 / (1 + z * z))
  })

  test('keeps the digits of a small bound among many trials', () => {
    // For n → ∞ the lower bound of one success is λ/n, λ + z²/2 − z√(λ + z²/4) = 0 at x = 1: λ = 1 + z²/2 − z √(1 + z²/4)
    const z = normalCritical(0.95)
    const λ = 1 + (z * z) / 2 - z * Math.sqrt(1 + (z * z) / 4)
    expect((wilson(1, 1e12)?.low ?? Number.NaN) * 1e12).toBeAllclose(λ, { relative: 1e-11 }) // the limit's own error is z²/n
  })

  test('does not exist without a trial', () => {
    expect(wilson(0, 0)).toBeNull()
  })

  test('refuses counts that are not whole, more successes than trials, and a level outside (0, 1)', () => {
    expect(() => wilson(3, 2)).toThrow(new Refusal('invalid-input', 'wilson: successes: expected at most 2, got 3'))
    expect(() => wilson(0.5, 2)).toThrow(Refusal)
    expect(() => wilson(-1, 2)).toThrow(Refusal)
    expect(() => wilson(1, Number.NaN)).toThrow(Refusal)
    expect(() => wilson(1, Number.POSITIVE_INFINITY)).toThrow(Refusal)
    expect(() => wilson(1, 2, 1)).toThrow(Refusal)
  })
})
