import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { frobenius, identity, matrixProduct, transposed, type Matrix } from './matrix.ts'
import { orthonormalise, qr } from './qr.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const from = (rows: number, columns: number, entry: (i: number, j: number) => number): Matrix => ({
  rows,
  columns,
  values: Float64Array.from({ length: rows * columns }, (_, k) => entry(Math.floor(k / columns), k % columns)),
})
const entry = fc.oneof(fc.double({ min: -10, max: 10, noNaN: true }), fc.constantFrom(0, 0, 1, -1))
const anyMatrix = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
  .chain(([rows, columns]) =>
    fc
      .array(entry, { minLength: rows * columns, maxLength: rows * columns })
      .map((v): Matrix => ({ rows, columns, values: Float64Array.from(v) })),
  )
const allowed = 32 * epsilon // sums of up to 10 products, 8 reflections

function expectQr(m: Matrix): void {
  const { q, r } = qr(m)
  const k = Math.min(m.rows, m.columns)
  expect([q.rows, q.columns, r.rows, r.columns]).toEqual([m.rows, k, k, m.columns])
  expect(matrixProduct(transposed(q), q).values).toBeAllclose(identity(k).values, { absolute: allowed, relative: 0 })
  expect(matrixProduct(q, r).values).toBeAllclose(m.values, { absolute: allowed * frobenius(m), relative: 0 })
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < i; j++) expect(r.values[i * m.columns + j]).toBe(0)
    expect(r.values[i * m.columns + i]).toBeGreaterThanOrEqual(0)
  }
}

describe('qr', () => {
  test('reconstructs any matrix from orthonormal columns and a triangle with diagonal ≥ 0', () => {
    fc.assert(fc.property(anyMatrix, expectQr), { numRuns: 200 })
  })

  test.each<[string, Matrix]>([
    ['zero', from(4, 3, () => 0)],
    ['1 × 1, negative', from(1, 1, () => -2)],
    ['rank one', from(5, 4, (i, j) => (i + 1) * (j - 2))],
    ['a zero column', from(4, 3, (i, j) => (j === 1 ? 0 : i + j))],
    ['repeated columns', from(4, 4, (i) => i + 1)],
    ['graded', from(6, 5, (i, j) => 10 ** (8 - 4 * j) * Math.cos(i + 2 * j))],
    ['huge', from(3, 3, (i, j) => 1e300 * Math.cos(i + 2 * j))],
    ['tiny', from(3, 3, (i, j) => 1e-290 * Math.cos(i + 2 * j))],
    ['empty', from(0, 0, () => 0)],
    ['no rows', from(0, 3, () => 0)],
    ['no columns', from(3, 0, () => 0)],
  ])('reconstructs: %s', (_, m) => {
    expectQr(m)
  })

  test('gives a decomposition done by hand', () => {
    const { q, r } = qr(from(2, 2, (i, j) => [3, 1, 4, 2][2 * i + j] ?? 0))
    expect(q.values).toBeAllclose([0.6, -0.8, 0.8, 0.6], { absolute: 4 * epsilon })
    expect(r.values).toBeAllclose([5, 2.2, 0, 0.4], { absolute: 8 * epsilon })
  })

  test('keeps columns of 1e-200 beside columns of 1', () => {
    const { q, r } = qr(from(2, 2, (i, j) => (j === 0 ? [1e-200 * 3, 1e-200 * 4][i] : [-4, 3][i]) ?? 0))
    expect(q.values).toBeAllclose([0.6, -0.8, 0.8, 0.6], { absolute: 4 * epsilon })
    expect(r.values).toBeAllclose([5e-200, 0, 0, 5], { relative: 4 * epsilon, absolute: 8 * epsilon })
    expect(r.values[0]).toBeAllclose(5e-200, { relative: 4 * epsilon })
  })

  test('refuses NaN, ±∞ and sizes that disagree', () => {
    expect(() => qr(from(2, 2, (i, j) => (i + j === 2 ? Number.NaN : 1)))).toThrow(
      new Refusal('invalid-input', 'qr: m: expected finite numbers, got NaN at index 3'),
    )
    expect(() => qr(from(1, 1, () => Number.POSITIVE_INFINITY))).toThrow(Refusal)
    expect(() => qr({ rows: 2, columns: 2, values: new Float64Array(3) })).toThrow(Refusal)
  })
})

describe('orthonormalise', () => {
  const projector = (q: Matrix): Matrix => matrixProduct(q, transposed(q))

  test('gives an orthonormal basis whose projector keeps the columns, for any rank', () => {
    fc.assert(
      fc.property(anyMatrix, (m) => {
        const q = orthonormalise(m)
        expect(q.columns).toBeLessThanOrEqual(Math.min(m.rows, m.columns))
        expect(matrixProduct(transposed(q), q).values).toBeAllclose(identity(q.columns).values, { absolute: allowed, relative: 0 })
        // What the rank leaves out is at most max(m, n) ε σ₁
        expect(matrixProduct(projector(q), m).values).toBeAllclose(m.values, { absolute: 2 * allowed * frobenius(m), relative: 0 })
      }),
    )
  })

  test('gives an orthonormal matrix back, to rounding, in its order', () => {
    const { q } = qr(from(6, 3, (i, j) => Math.cos(i * i + 3 * j)))
    expect(orthonormalise(q).values).toBeAllclose(q.values, { absolute: allowed, relative: 0 })
  })

  test('finds the rank of dependent columns, and the space does not depend on their order or length', () => {
    const m = from(6, 4, (i, j) => (i + 1) * (j + 1) + (j % 2 === 0 ? 1 : -1) * Math.cos(i))
    const moved = from(6, 4, (i, j) => (j + 2) * (m.values[i * 4 + ((j + 1) % 4)] ?? Number.NaN))
    const [q, other] = [orthonormalise(m), orthonormalise(moved)]
    expect([q.columns, other.columns]).toEqual([2, 2])
    expect(projector(other).values).toBeAllclose(projector(q).values, { absolute: 32 * allowed, relative: 0 }) // σ₁ / σ₂ is about 20
  })

  test('finds the rank of a matrix whose σ₁ is beyond the largest number', () => {
    expect(orthonormalise(from(3, 3, (i, j) => (j === 2 ? 0 : Number.MAX_VALUE * (i === j ? 1 : 0.5)))).columns).toBe(2)
  })

  test('takes a tolerance; zero and empty matrices have no column', () => {
    const m = from(2, 2, (i, j) => (i === j ? 10 ** (-6 * i) : 0))
    expect(orthonormalise(m).columns).toBe(2)
    expect(orthonormalise(m, 1e-5).columns).toBe(1)
    for (const zero of [from(3, 2, () => 0), from(0, 2, () => 0), from(3, 0, () => 0)]) {
      expect(orthonormalise(zero)).toEqual({ rows: zero.rows, columns: 0, values: new Float64Array(0) })
    }
    expect(() => orthonormalise(from(1, 1, () => Number.NaN))).toThrow(Refusal)
    expect(() => orthonormalise(m, -1)).toThrow(new Refusal('invalid-input', 'orthonormalise: tolerance: expected a number ≥ 0, got -1'))
  })
})
