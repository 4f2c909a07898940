import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { identity, matrixProduct, transposed, type Matrix } from './matrix.ts'
import { singularValues } from './singularValues.ts'
import { svd } from './svd.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const from = (rows: number, columns: number, entry: (i: number, j: number) => number): Matrix => ({
  rows,
  columns,
  values: Float64Array.from({ length: rows * columns }, (_, k) => entry(Math.floor(k / columns), k % columns)),
})
const columnsTimes = (m: Matrix, weights: Float64Array): Matrix =>
  from(m.rows, m.columns, (i, j) => (m.values[i * m.columns + j] ?? Number.NaN) * (weights[j] ?? Number.NaN))

/** Reconstruction, orthonormal U and V, and the values of `singularValues`. */
function expectSvd(m: Matrix): void {
  const { u, sigma, v } = svd(m)
  const k = Math.min(m.rows, m.columns)
  expect([u.rows, u.columns, v.rows, v.columns, sigma.length]).toEqual([m.rows, k, m.columns, k, k])
  expect(sigma).toEqual(singularValues(m))
  const allowed = 64 * epsilon // sums of up to 60 products, and some 2k rotations
  expect(matrixProduct(transposed(u), u).values).toBeAllclose(identity(k).values, { absolute: allowed, relative: 0 })
  expect(matrixProduct(transposed(v), v).values).toBeAllclose(identity(k).values, { absolute: allowed, relative: 0 })
  const back = matrixProduct(columnsTimes(u, sigma), transposed(v))
  expect(back.values).toBeAllclose(m.values, { absolute: allowed * (sigma[0] ?? 0) + 1e-300, relative: 0 })
}

describe('svd', () => {
  test('reconstructs any matrix from orthonormal columns', () => {
    const entry = fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constantFrom(0, 0, 1, -1)) // zeros make it rank-deficient
    const anyMatrix = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([rows, columns]) =>
        fc
          .array(entry, { minLength: rows * columns, maxLength: rows * columns })
          .map((v): Matrix => ({ rows, columns, values: Float64Array.from(v) })),
      )
    fc.assert(fc.property(anyMatrix, expectSvd), { numRuns: 200 })
  })

  test.each<[string, Matrix]>([
    ['1 × 1, negative', from(1, 1, () => -3)],
    ['zero, tall', from(4, 2, () => 0)],
    ['zero, wide', from(2, 4, () => 0)],
    ['rank one', from(6, 5, (i, j) => (i + 1) * (j + 1))],
    ['a zero row and a zero column', from(5, 5, (i, j) => (i === 2 || j === 3 ? 0 : i + 2 * j + 1))],
    ['repeated values', identity(7)],
    ['a permutation', from(6, 6, (i, j) => (j === (i + 1) % 6 ? 1 : 0))],
    ['nilpotent', from(6, 6, (i, j) => (j === i + 1 ? 1 : 0))],
    ['graded down', from(8, 8, (i, j) => 10 ** (8 - 2.2 * Math.max(i, j)) * Math.cos(i + 2 * j))],
    ['graded up', from(8, 8, (i, j) => 10 ** (-8 + 2.2 * Math.min(i, j)) * Math.cos(i + 2 * j))],
    ['Hilbert', from(10, 10, (i, j) => 1 / (i + j + 1))],
    ['tall, normal', { rows: 60, columns: 20, values: drawNormal([1, 2], 1200) }],
    ['wide, normal', { rows: 20, columns: 60, values: drawNormal([1, 2], 1200) }],
    ['square, normal', { rows: 30, columns: 30, values: drawNormal([1, 2], 900) }],
    ['huge', from(3, 3, (i, j) => 1e300 * Math.cos(i + 2 * j))],
    ['tiny', from(3, 3, (i, j) => 1e-290 * Math.cos(i + 2 * j))],
    ['empty', from(0, 0, () => 0)],
    ['no rows', from(0, 3, () => 0)],
    ['no columns', from(3, 0, () => 0)],
  ])('reconstructs: %s', (_, m) => {
    expectSvd(m)
  })

  test('the vectors are those of the values: Mv = σu', () => {
    const { u, v } = svd(from(2, 2, (i, j) => (i === 0 ? 1 + j : 3 + j)))
    // Closed form of [[1,2],[3,4]]: the first right vector is along (MᵀM − σ₂²)(1, 0) = (10 − σ₂², 14), σ₂² = 15 − √221
    const tangent = 14 / (10 - (15 - Math.sqrt(221)))
    expect((v.values[2] ?? 0) / (v.values[0] ?? 0)).toBeAllclose(tangent, { relative: 16 * epsilon })
    expect(Math.sign((u.values[0] ?? 0) * (v.values[0] ?? 0))).toBe(1) // Mv of a positive v is positive
  })

  test('refuses NaN, ±∞ and sizes that disagree', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => svd({ rows: 1, columns: 2, values: Float64Array.of(1, bad) })).toThrow(
        new Refusal('invalid-input', `svd: m: expected finite numbers, got ${bad} at index 1`),
      )
    }
    expect(() => svd({ rows: 2, columns: 2, values: new Float64Array(3) })).toThrow(Refusal)
  })
})
