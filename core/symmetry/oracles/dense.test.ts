import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matrixTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { combine, multiply, solve, transpose } from './dense.ts'

expect.extend({ toBeAllclose })

const matrix = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  values: Float64Array.from(rows.flat()),
})
const entry = fc.double({ min: -5, max: 5, noNaN: true })
const of = (rows: number, columns: number) =>
  fc
    .array(entry, { minLength: rows * columns, maxLength: rows * columns })
    .map((values): Matrix => ({ rows, columns, values: Float64Array.from(values) }))

describe('multiply and transpose', () => {
  test('of the textbook', () => {
    expect(
      multiply(
        matrix([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        matrix([
          [1, 0, -1],
          [2, 1, 0],
        ]),
      ),
    ).toEqual(
      matrix([
        [5, 2, -1],
        [11, 4, -3],
        [17, 6, -5],
      ]),
    )
    expect(
      transpose(
        matrix([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
    ).toEqual(
      matrix([
        [1, 4],
        [2, 5],
        [3, 6],
      ]),
    )
  })
  test('(AB)ᵀ = BᵀAᵀ, and twice transposed is the matrix', () => {
    fc.assert(
      fc.property(of(3, 2), of(2, 4), (a, b) => {
        expect(transpose(multiply(a, b)).values).toBeAllclose(multiply(transpose(b), transpose(a)).values, { absolute: 1e-13 }) // sums of 2 products below 25
        expect(transpose(transpose(b))).toEqual(b)
      }),
    )
  })
  test('of nothing are nothing, and sizes that disagree are refused', () => {
    const empty: Matrix = { rows: 0, columns: 0, values: new Float64Array() }
    expect(multiply(empty, empty)).toEqual(empty)
    expect(transpose(empty)).toEqual(empty)
    expect(() => multiply(matrix([[1, 2]]), matrix([[1, 2]]))).toThrow('expected 1 entries, got 2')
  })
})

test('combine adds multiples entry by entry', () => {
  expect(combine(2, matrix([[1, 2]]), { b: -1, y: matrix([[3, 4]]) }).values).toEqual(Float64Array.of(-1, 0))
  expect(() => combine(1, matrix([[1]]), { b: 1, y: matrix([[1, 2]]) })).toThrow('expected 1 entries, got 2')
})

describe('solve', () => {
  test('needs a pivot below the diagonal', () =>
    expect(
      solve(
        matrix([
          [0, 2],
          [3, 1],
        ]),
        Float64Array.of(4, 5),
      ),
    ).toBeAllclose([1, 2]))
  test('undoes the product with a matrix whose diagonal dominates', () => {
    fc.assert(
      fc.property(of(4, 4), fc.array(entry, { minLength: 4, maxLength: 4 }), (a, x) => {
        const strong: Matrix = {
          ...a,
          values: a.values.map((value, place) => (place % 5 === 0 ? value + Math.sign(value || 1) * 20 : value)),
        }
        expect(solve(strong, matrixTimes(strong, Float64Array.from(x)))).toBeAllclose(x, { absolute: 1e-12 }) // condition below 40
      }),
    )
  })
  test('refuses dependent columns, zero and NaN, and of nothing gives nothing', () => {
    for (const bad of [
      matrix([
        [1, 2],
        [2, 4],
      ]),
      matrix([
        [0, 0],
        [0, 0],
      ]),
      matrix([
        [Number.NaN, 0],
        [0, 1],
      ]),
    ]) {
      expect(() => solve(bad, Float64Array.of(1, 1))).toThrow('solve: a: expected a matrix of full rank')
    }
    expect(() => solve(matrix([[1, 2]]), Float64Array.of(1))).toThrow('solve: a: expected 1 entries, got 2')
    expect(solve({ rows: 0, columns: 0, values: new Float64Array() }, new Float64Array())).toEqual(new Float64Array())
  })
})
