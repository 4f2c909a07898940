import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { frobenius, identity, matrixProduct, matrixTimes, transposed, transposeTimes } from './matrix.ts'
import type { Matrix } from './matrix.ts'
import { dot } from './vector.ts'

const entry = fc.integer({ min: -100, max: 100 }) // whole numbers: every product and sum is exact
const vectorOf = (n: number): fc.Arbitrary<Float64Array> => fc.array(entry, { minLength: n, maxLength: n }).map((v) => Float64Array.from(v))
const system = fc.tuple(fc.nat(6), fc.nat(6)).chain(([rows, columns]) =>
  fc.record({
    x: vectorOf(rows * columns).map((values): Matrix => ({ rows, columns, values })),
    v: vectorOf(columns),
    w: vectorOf(columns),
    u: vectorOf(rows),
  }),
)
const example: Matrix = { rows: 2, columns: 3, values: Float64Array.of(1, 2, 3, 4, 5, 6) }

describe('matrixTimes and transposeTimes', () => {
  test('give a product done by hand', () => {
    expect([...matrixTimes(example, Float64Array.of(1, 0, -1))]).toEqual([-2, -2])
    expect([...transposeTimes(example, Float64Array.of(1, -1))]).toEqual([-3, -3, -3])
  })

  test('are adjoint: uᵀ(Xv) = (Xᵀu)ᵀv', () => {
    fc.assert(
      fc.property(system, ({ x, v, u }) => {
        expect(dot(u, matrixTimes(x, v)) + 0).toBe(dot(transposeTimes(x, u), v) + 0) // + 0: −0 and 0 are one number here
      }),
    )
  })

  test('are linear', () => {
    fc.assert(
      fc.property(system, ({ x, v, w }) => {
        const of = matrixTimes(x, w)
        const both = matrixTimes(
          x,
          v.map((value, i) => value + 2 * (w[i] ?? Number.NaN)),
        )
        expect([...both].map((value) => value + 0)).toEqual([...matrixTimes(x, v)].map((value, i) => value + 2 * (of[i] ?? Number.NaN) + 0))
      }),
    )
  })

  test('give zeros for a matrix without columns or without rows', () => {
    const none = new Float64Array(0)
    expect([...matrixTimes({ rows: 2, columns: 0, values: none }, none)]).toEqual([0, 0])
    expect([...transposeTimes({ rows: 0, columns: 2, values: none }, none)]).toEqual([0, 0])
    expect([...matrixTimes({ rows: 0, columns: 0, values: none }, none)]).toEqual([])
  })

  test('multiply a 1 × 1 matrix and keep NaN in its row', () => {
    expect([...matrixTimes({ rows: 1, columns: 1, values: Float64Array.of(3) }, Float64Array.of(-2))]).toEqual([-6])
    const holed: Matrix = { rows: 2, columns: 2, values: Float64Array.of(1, Number.NaN, 1, 1) }
    expect([...matrixTimes(holed, Float64Array.of(1, 1))]).toEqual([Number.NaN, 2])
    expect([...transposeTimes(holed, Float64Array.of(1, 1))]).toEqual([2, Number.NaN])
  })

  test('refuse sizes that disagree', () => {
    expect(() => matrixTimes(example, Float64Array.of(1, 2))).toThrow(
      new Refusal('invalid-input', 'matrixTimes: v: expected 3 entries, got 2'),
    )
    expect(() => transposeTimes(example, Float64Array.of(1, 2, 3))).toThrow(Refusal)
    expect(() => matrixTimes({ ...example, rows: 3 }, Float64Array.of(1, 2, 3))).toThrow('matrixTimes: x: expected 3 × 3 entries, got 6')
    expect(() => matrixTimes({ ...example, rows: -2 }, Float64Array.of(1, 2, 3))).toThrow(Refusal)
  })
})

const whole = (rows: number, columns: number): fc.Arbitrary<Matrix> => vectorOf(rows * columns).map((values) => ({ rows, columns, values }))
const threeSizes = fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5), fc.nat(5))
const plain = ({ values }: Matrix): number[] => [...values].map((value) => value + 0) // + 0: −0 and 0 are one number here

describe('matrixProduct, transposed, identity, frobenius', () => {
  test('give results done by hand', () => {
    expect(matrixProduct(example, transposed(example))).toEqual({ rows: 2, columns: 2, values: Float64Array.of(14, 32, 32, 77) })
    expect(transposed(example)).toEqual({ rows: 3, columns: 2, values: Float64Array.of(1, 4, 2, 5, 3, 6) })
    expect(identity(2)).toEqual({ rows: 2, columns: 2, values: Float64Array.of(1, 0, 0, 1) })
    expect(frobenius({ rows: 2, columns: 2, values: Float64Array.of(1, -1, 1, -1) })).toBe(2)
  })

  test('the product is associative, has the identity as unit, and agrees with the product with a vector', () => {
    const triple = threeSizes.chain(([m, k, n, p]) => fc.tuple(whole(m, k), whole(k, n), whole(n, p), vectorOf(n)))
    fc.assert(
      fc.property(triple, ([a, b, c, v]) => {
        expect(plain(matrixProduct(matrixProduct(a, b), c))).toEqual(plain(matrixProduct(a, matrixProduct(b, c))))
        expect(plain(matrixProduct(identity(a.rows), a))).toEqual(plain(a))
        expect(plain(matrixProduct(a, identity(a.columns)))).toEqual(plain(a))
        expect([...matrixTimes(matrixProduct(a, b), v)].map((x) => x + 0)).toEqual([...matrixTimes(a, matrixTimes(b, v))].map((x) => x + 0))
      }),
    )
  })

  test('transposing twice is nothing, and reverses a product', () => {
    const pair = threeSizes.chain(([m, k, n]) => fc.tuple(whole(m, k), whole(k, n)))
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(transposed(transposed(a))).toEqual(a)
        expect(plain(transposed(matrixProduct(a, b)))).toEqual(plain(matrixProduct(transposed(b), transposed(a))))
        expect(frobenius(transposed(a))).toBeCloseTo(frobenius(a), 8)
      }),
    )
  })

  test('zero sizes, NaN and huge entries have an answer', () => {
    const none = new Float64Array(0)
    expect(matrixProduct({ rows: 2, columns: 0, values: none }, { rows: 0, columns: 1, values: none }).values).toEqual(
      Float64Array.of(0, 0),
    )
    expect(identity(0)).toEqual({ rows: 0, columns: 0, values: none })
    expect(frobenius(identity(0))).toBe(0)
    const holed: Matrix = { rows: 2, columns: 2, values: Float64Array.of(1, Number.NaN, 1, 1) }
    expect([...matrixProduct(holed, identity(2)).values]).toEqual([Number.NaN, Number.NaN, 1, 1])
    expect(frobenius(holed)).toBeNaN()
    expect(frobenius({ rows: 1, columns: 2, values: Float64Array.of(3 * 2 ** 1000, 4 * 2 ** 1000) })).toBe(5 * 2 ** 1000)
  })

  test('refuse sizes that disagree', () => {
    expect(() => matrixProduct(example, example)).toThrow(new Refusal('invalid-input', 'matrixProduct: b: expected 3 rows, got 2'))
    expect(() => identity(1.5)).toThrow(Refusal)
    expect(() => transposed({ ...example, rows: 3 })).toThrow(Refusal)
    expect(() => frobenius({ ...example, rows: 3 })).toThrow(Refusal)
  })
})
