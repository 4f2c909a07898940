import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { erf } from './erf.ts'

expect.extend({ toBeAllclose })

/** (2/√π) Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), for |x| ≤ 1, where the terms fall from the first on. */
function series(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 60; n += 1) {
    term *= -(x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

describe('erf', () => {
  test('is the sum of its series', () => {
    const grid = Array.from({ length: 2001 }, (_, i) => (i - 1000) / 1000)
    // the alternating series loses a factor of 3 at 1
    expect(grid.map(erf)).toBeAllclose(grid.map(series), { relative: 12 * 2 ** -53 })
  })
  test('has the values of the handbook', () => {
    // Origin: NIST Digital Library of Mathematical Functions, table 7.23 and Abramowitz & Stegun table 7.1, to the digits printed there.
    const table = [
      [0.5, 0.5204998778],
      [1, 0.8427007929],
      [1.5, 0.9661051465],
      [2, 0.995322265],
    ] as const
    for (const [x, value] of table) expect(erf(x)).toBeAllclose(value, { absolute: 5.1e-11 }) // ten digits
  })
  test('its complement keeps relative accuracy in the tail as far as 1 − erf can show it', () => {
    // erfc x = exp(−x²)/(x√π) · (1 − 1/(2x²) + 3/(4x⁴) − 15/(8x⁶) + 105/(16x⁸) − …); at 5 the terms fall below 1e-7 of the first
    const [x, t] = [5, 1 / 50]
    const erfc = (Math.exp(-x * x) / (x * Math.sqrt(Math.PI))) * (1 - t + 3 * t ** 2 - 15 * t ** 3 + 105 * t ** 4 - 945 * t ** 5)
    expect(1 - erf(x)).toBeAllclose(erfc, { relative: 1e-4 }) // 1.5e-12 in steps of 2⁻⁵³
  })
  test('is odd, grows, and meets across the borders of its formulas', () => {
    const grid = Array.from({ length: 6200 }, (_, i) => i / 1000)
    for (const [i, x] of grid.entries()) {
      expect(erf(-x)).toBe(-erf(x))
      expect(erf(x)).toBeGreaterThanOrEqual(erf(grid[i - 1] ?? 0))
    }
    for (const border of [0.5, 4, 6]) {
      const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-border * border)
      const gap = erf(border + 1e-9) - erf(border - 1e-9)
      expect(gap).toBeAllclose(2e-9 * slope, { absolute: 4 * 2 ** -53 }) // two roundings of numbers below 1
    }
  })
  test('of NaN is NaN, of ±∞ is ±1, of ±0 and the smallest numbers is as small', () => {
    expect([Number.NaN, Infinity, -Infinity, 0, -0].map(erf)).toEqual([Number.NaN, 1, -1, 0, -0])
    expect(erf(1e-300)).toBeAllclose((2 / Math.sqrt(Math.PI)) * 1e-300)
    expect(erf(Number.MIN_VALUE)).toBe(Number.MIN_VALUE)
  })
})
