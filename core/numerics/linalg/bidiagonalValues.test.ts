import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { bidiagonalValues } from './bidiagonalValues.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52

describe('bidiagonalValues', () => {
  test.each([1, 2, 3, 50])('of ones beside ones, size %i: 2 cos(kπ / (2n + 1))', (n) => {
    // Closed form: BᵀB is the second difference with 1 in a corner
    const sigma = bidiagonalValues({ diagonal: new Float64Array(n).fill(1), above: new Float64Array(n - 1).fill(1) })
    const expected = Float64Array.from({ length: n }, (_, k) => 2 * Math.cos(((k + 1) * Math.PI) / (2 * n + 1)))
    // Relative: entries ± determine each value; the cosine near π/2 has an absolute error of its own
    expect(sigma).toBeAllclose(expected, { relative: 8 * epsilon, absolute: epsilon })
  })

  test('keeps the digits of a tiny value beside large ones', () => {
    // [[1, 1], [0, δ]]: the product of the values is δ, the larger √2 (1 + δ² / 8) to first order
    for (const delta of [1e-8, 1e-20, 1e-100]) {
      expect(bidiagonalValues({ diagonal: Float64Array.of(1, delta), above: Float64Array.of(1) })).toBeAllclose(
        [Math.SQRT2, delta / Math.SQRT2],
        {
          relative: 8 * epsilon,
        },
      )
    }
  })

  test('finds exact zeros, and sizes where nothing stands beside', () => {
    expect([...bidiagonalValues({ diagonal: Float64Array.of(0, 0), above: Float64Array.of(1) })]).toEqual([1, 0])
    expect([...bidiagonalValues({ diagonal: Float64Array.of(0.25, -1, 0.5), above: new Float64Array(2) })]).toEqual([1, 0.5, 0.25])
    expect([...bidiagonalValues({ diagonal: Float64Array.of(1, 0, 1), above: Float64Array.of(0, 0) })]).toEqual([1, 1, 0])
    expect(bidiagonalValues({ diagonal: new Float64Array(0), above: new Float64Array(0) })).toEqual(new Float64Array(0))
  })

  test('drops values below 2⁻⁵⁰⁰ to 0 rather than halving without end', () => {
    expect([...bidiagonalValues({ diagonal: Float64Array.of(1e-200, 1), above: Float64Array.of(1e-200) })]).toEqual([1, 0])
  })
})
