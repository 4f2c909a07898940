import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { multiply, transpose } from './dense.ts'
import { sslMinimum, sslToy } from './sslToy.ts'

expect.extend({ toBeAllclose })

const a = Float64Array.of(2, 1, 0.5, 0.1)
const s = Float64Array.of(1, 0.5, 2, 1)

/** The loss of any W, by its definition. */
function loss(w: Matrix, weightDecay: number, diagonals: { a: Float64Array; s: Float64Array }): number {
  const scaled = (d: Float64Array): Matrix => ({
    ...w,
    values: w.values.map((value, place) => value * (d[place % w.columns] ?? Number.NaN)),
  })
  const attraction = w.values.reduce((sum, value, place) => sum + value * (scaled(diagonals.a).values[place] ?? Number.NaN), 0)
  const repulsion = multiply(scaled(diagonals.s), transpose(w)).values.reduce((sum, value) => sum + value * value, 0)
  return -attraction / 2 + repulsion / 4 + weightDecay * w.values.reduce((sum, value) => sum + value * value, 0)
}
const diagonalRoot = (values: Float64Array): Matrix => ({
  rows: values.length,
  columns: values.length,
  values: Float64Array.from({ length: values.length ** 2 }, (_, place) =>
    place % (values.length + 1) === 0 ? Math.sqrt(values[place % values.length] ?? 0) : 0,
  ),
})

describe('sslMinimum', () => {
  test('carries its number', () => expect(sslToy.number).toBe('8.16'))

  // Origin: theory.md 8.16
  test.each([
    [0, 4, [2, 4, 0.125, 0.1]],
    [0.1, 4, [1.8, 3.2, 0.075, 0]],
    [0.3, 4, [1.4, 1.6, 0, 0]],
    [0.6, 4, [0.8, 0, 0, 0]],
    [0.1, 2, [1.8, 3.2, 0, 0]],
  ])('at γ = %d and width %d is %j', (weightDecay, width, expected) =>
    expect(sslMinimum({ a, s, weightDecay, width })).toBeAllclose(expected, { absolute: 1e-15 }),
  ) // a − 2γ rounds

  test('no W of the width costs less', () => {
    const entries = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(entries, fc.double({ min: 0, max: 1, noNaN: true }), (values, weightDecay) => {
        const best = loss(diagonalRoot(sslMinimum({ a, s, weightDecay, width: 2 })), weightDecay, { a, s })
        expect(best).toBeLessThanOrEqual(loss({ rows: 2, columns: 4, values: Float64Array.from(values) }, weightDecay, { a, s }) + 1e-12) // losses below 500
      }),
    )
  })

  test('collapses each dimension continuously at γ = a/2, in the order of a', () => {
    for (const [i, value] of a.entries()) {
      expect(sslMinimum({ a, s, weightDecay: value / 2 })[i]).toBe(0)
      expect(sslMinimum({ a, s, weightDecay: (value / 2) * (1 - 1e-9) })[i]).toBeAllclose((value * 1e-9) / (s[i] ?? 0) ** 2, {
        relative: 1e-6,
      }) // cancellation
    }
  })

  test('of width 0 or of negative a is 0, of nothing nothing', () => {
    expect(sslMinimum({ a, s, weightDecay: 0, width: 0 })).toEqual(new Float64Array(4))
    expect(sslMinimum({ a: Float64Array.of(-1), s: Float64Array.of(2), weightDecay: 0 })).toEqual(new Float64Array(1))
    expect(sslMinimum({ a: new Float64Array(), s: new Float64Array(), weightDecay: 0 })).toEqual(new Float64Array())
  })

  test('refuses lengths that disagree, s = 0, NaN', () => {
    expect(() => sslMinimum({ a, s: Float64Array.of(1), weightDecay: 0 })).toThrow('sslMinimum: s: expected 4 entries, got 1')
    expect(() => sslMinimum({ a: Float64Array.of(1), s: Float64Array.of(0), weightDecay: 0 })).toThrow(
      'sslMinimum: s: expected a finite number > 0, got 0',
    )
    expect(() => sslMinimum({ a: Float64Array.of(Number.NaN), s: Float64Array.of(1), weightDecay: 0 })).toThrow('sslMinimum: a')
    expect(() => sslMinimum({ a, s, weightDecay: -1 })).toThrow('sslMinimum: weightDecay')
  })
})
