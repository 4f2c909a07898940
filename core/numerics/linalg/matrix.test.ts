import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { matrixTimes, transposeTimes } from './matrix.ts'
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
