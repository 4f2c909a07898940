import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sparsity } from './sparsity.ts'

const of = (values: readonly number[], threshold: number) => sparsity(Float64Array.from(values), threshold)

describe('sparsity', () => {
  test('is the share of values strictly below the threshold in size', () => {
    expect(of([0, 1e-4, -1e-4, 0.5], 1e-3)).toBe(3 / 4)
    expect(of([1e-3, -1e-3], 1e-3)).toBe(0)
    expect(of([0, -0], Number.MIN_VALUE)).toBe(1)
  })
  test('grows with the threshold, does not know signs or order, and scales with its values', () => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 })
    const threshold = fc.double({ min: 1e-9, max: 1, noNaN: true })
    fc.assert(
      fc.property(values, threshold, threshold, (list, a, b) => {
        expect(of(list, Math.min(a, b))).toBeLessThanOrEqual(of(list, Math.max(a, b)))
        expect(of(list.map((value) => -value).reverse(), a)).toBe(of(list, a))
        expect(
          of(
            list.map((value) => 8 * value),
            8 * a,
          ),
        ).toBe(of(list, a)) // a power of two rounds nothing
      }),
    )
  })
  test('of nothing, and with NaN or ±∞ anywhere, is NaN', () => {
    const bad = [[], [Number.NaN, 0], [0, 1, Number.NaN], [0, Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]]
    for (const values of bad) expect(of(values, 1)).toBeNaN()
  })
})
