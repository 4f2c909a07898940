import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { hedgesG } from './hedgesG.ts'

const sample = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 12 })

/** The correction alone: groups whose means differ by one pooled standard deviation have g = J(ν). */
function correction(degreesOfFreedom: number): number {
  const pair = [-1, 1] // s² = 2
  const rest = Array.from({ length: degreesOfFreedom }, (_, i) => (i % 2 === 0 ? 1 : -1))
  const other = degreesOfFreedom % 2 === 0 ? rest : [...rest.slice(0, -1), 0]
  const squares = 2 + other.reduce((sum, x) => sum + x * x, 0)
  const step = Math.sqrt(squares / degreesOfFreedom)
  return (
    hedgesG(
      pair.map((x) => x + step),
      other,
    )?.g ?? Number.NaN
  )
}

describe('hedgesG', () => {
  // Origin: Python's math.lgamma: exp(lgamma(v/2) - lgamma((v-1)/2)) / sqrt(v/2)
  test.each([
    [2, 0.5641895835477561],
    [3, 0.7236012545582676],
    [5, 0.8407486824596897],
    [6, 0.8686266878274125],
    [38, 0.9801104021309475],
    [199, 0.9962256230247937],
  ])('corrects by the gamma functions at %d degrees of freedom', (degreesOfFreedom, factor) => {
    expect(correction(degreesOfFreedom)).toBeCloseTo(factor, 12)
  })

  // Origin: the formula of the doc comment in Python, with numpy's var(ddof=1), math.lgamma and scipy.stats.norm.ppf
  test('gives the reference estimate and interval', () => {
    const result = hedgesG([5.1, 4.9, 6.2, 5.8, 6.0], [4.1, 3.9, 5.0])
    expect(result?.g).toBeCloseTo(1.9120913338276948, 12)
    expect(result?.low).toBeCloseTo(0.201368161811893, 8)
    expect(result?.high).toBeCloseTo(3.622814505843497, 8)
  })

  test('is 0 with half-width z √((n + m) / nm) for equal means', () => {
    const result = hedgesG([1, 2, 3], [0, 2, 4])
    expect(result?.g).toBe(0)
    expect(result?.high).toBeCloseTo(1.959963984540054 * Math.sqrt(2 / 3), 8)
  })

  test('changes its sign when the groups are swapped, and not with a common shift or a positive factor', () => {
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: -1000, max: 1000 }), (one, two, shift) => {
        const result = hedgesG(one, two)
        const swapped = hedgesG(two, one)
        const moved = hedgesG(
          one.map((x) => 3 * x + shift),
          two.map((x) => 3 * x + shift),
        )
        if (result === null || swapped === null || moved === null) return expect([result, swapped, moved]).toEqual([null, null, null])
        expect([swapped.g + 0, swapped.low + 0, swapped.high + 0]).toEqual([-result.g + 0, -result.high + 0, -result.low + 0])
        expect(Math.abs(moved.g - result.g)).toBeLessThan(1e-10 * (1 + Math.abs(result.g))) // rounding of means of size 1150, spreads ≥ 1/√12
      }),
    )
  })

  test('does not exist for fewer than two values in a group, or without any spread', () => {
    expect(hedgesG([], [1, 2])).toBeNull()
    expect(hedgesG([1, 2], [1])).toBeNull()
    expect(hedgesG([0.1, 0.1, 0.1], [0.7, 0.7])).toBeNull()
  })

  test('refuses NaN and ±∞', () => {
    expect(() => hedgesG([1, Number.NaN], [1, 2])).toThrow(Refusal)
    expect(() => hedgesG([1, 2], [1, Number.POSITIVE_INFINITY])).toThrow('hedgesG: b: expected finite numbers, got Infinity at index 1')
  })
})
