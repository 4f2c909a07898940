import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { dot } from '#core/numerics/linalg/vector.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { multiply, transpose } from './dense.ts'
import { singularTriplets, symmetricPairs } from './singularTriplets.ts'

expect.extend({ toBeAllclose })

const of = (rows: number, columns: number) =>
  fc
    .array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: rows * columns, maxLength: rows * columns })
    .map((values): Matrix => ({ rows, columns, values: Float64Array.from(values) }))
const shapes = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([rows, columns]) => of(rows, columns))
const square = (...values: number[]): Matrix => ({ rows: 2, columns: 2, values: Float64Array.from(values) })

describe('singularTriplets', () => {
  // Origin: theory.md 8.5
  test('of [[1,2],[3,4]] are the handbook’s', () =>
    expect(singularTriplets(square(1, 2, 3, 4)).map(({ value }) => value)).toBeAllclose([5.4649857042, 0.3659661906], { absolute: 5e-11 })) // ten printed digits
  test('rebuild the matrix in falling order from perpendicular unit vectors', () => {
    fc.assert(
      fc.property(shapes, (y) => {
        const triplets = singularTriplets(y)
        const rebuilt = y.values.map((_, place) => {
          const [row, column] = [Math.floor(place / y.columns), place % y.columns]
          return triplets.reduce(
            (sum, { value, left, right }) => sum + value * (left[row] ?? Number.NaN) * (right[column] ?? Number.NaN),
            0,
          )
        })
        expect(rebuilt).toBeAllclose(y.values, { absolute: 1e-13 }) // four terms below 20
        const largest = triplets[0]?.value ?? 0
        for (const [i, a] of triplets.entries()) {
          expect(a.value).toBeLessThanOrEqual(triplets[i - 1]?.value ?? Number.POSITIVE_INFINITY)
          for (const b of triplets.slice(i)) {
            const longer = y.rows >= y.columns ? 'right' : 'left' // the rotations' side is orthonormal to rounding
            expect(dot(a[longer], b[longer])).toBeAllclose(a === b ? 1 : 0, { absolute: 1e-13 })
            if (b.value > 1e-3 * largest)
              expect(dot(a.left, b.left) + dot(a.right, b.right)).toBeAllclose(a === b ? 2 : 0, { absolute: 1e-10 }) // divided by 1e-3
          }
        }
      }),
    )
  })
  test('of a rank-one, a zero, a repeated, a huge and a tiny matrix', () => {
    expect(singularTriplets(square(1, 2, 2, 4)).map(({ value }) => value)).toBeAllclose([5, 0], { absolute: 1e-15 }) // one rounding of 5
    expect(singularTriplets(square(0, 0, 0, 0)).map(({ value }) => value)).toEqual([0, 0])
    expect(singularTriplets(square(0, 2, -2, 0)).map(({ value }) => value)).toEqual([2, 2])
    expect(singularTriplets(square(1e200, 2e200, 3e200, 4e200))[0]?.value).toBeAllclose(5.4649857042e200, { relative: 1e-10 })
    expect(singularTriplets(square(1e-300, 0, 0, 1e-301)).map(({ value }) => value)).toBeAllclose([1e-300, 1e-301])
  })
  test('of nothing is nothing, and NaN is refused', () => {
    expect(singularTriplets({ rows: 3, columns: 0, values: new Float64Array() })).toEqual([])
    expect(() => singularTriplets(square(Number.NaN, 0, 0, 1))).toThrow('singularTriplets: y: expected finite numbers')
  })
})

describe('symmetricPairs', () => {
  test('of [[2,1],[1,2]] are 3 and 1, and of opposite signs keep them apart', () => {
    expect(symmetricPairs(square(2, 1, 1, 2)).map(({ value }) => value)).toBeAllclose([3, 1])
    expect(symmetricPairs(square(0, 1, 1, 0)).map(({ value }) => value)).toBeAllclose([1, -1])
    expect(symmetricPairs(square(0, 0, 0, 0)).map(({ value }) => value)).toEqual([0, 0])
  })
  test('Av = λv, trace and order', () => {
    fc.assert(
      fc.property(of(4, 4), (x) => {
        const xt = transpose(x)
        const a: Matrix = { ...x, values: x.values.map((value, i) => value + (xt.values[i] ?? Number.NaN)) }
        const pairs = symmetricPairs(a)
        for (const { value, vector } of pairs) {
          const image = multiply(a, { rows: 4, columns: 1, values: vector })
          expect(image.values).toBeAllclose(
            vector.map((v) => value * v),
            { absolute: 1e-12 },
          ) // ‖A‖ ≤ 40
        }
        expect(pairs.reduce((sum, { value }) => sum + value, 0)).toBeAllclose(
          [0, 5, 10, 15].reduce((sum, i) => sum + (a.values[i] ?? 0), 0),
          { absolute: 1e-12 },
        )
        expect(pairs.map(({ value }) => value)).toEqual(pairs.map(({ value }) => value).toSorted((p, q) => q - p))
      }),
    )
  })
  test('refuses what is not square', () =>
    expect(() => symmetricPairs({ rows: 1, columns: 2, values: new Float64Array(2) })).toThrow('expected 1 entries, got 2'))
})
