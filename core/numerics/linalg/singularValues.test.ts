import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { frobenius, matrixProduct, transposed, type Matrix } from './matrix.ts'
import { qr } from './qr.ts'
import { singularValues } from './singularValues.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const matrixOf = (...rows: number[][]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  values: Float64Array.from(rows.flat()),
})
const from = (rows: number, columns: number, entry: (i: number, j: number) => number): Matrix => ({
  rows,
  columns,
  values: Float64Array.from({ length: rows * columns }, (_, k) => entry(Math.floor(k / columns), k % columns)),
})
// Numbers below 1e-100 become 0: subnormal ones round when scaled
const entries = (count: number): fc.Arbitrary<Float64Array> =>
  fc
    .array(
      fc.double({ min: -10, max: 10, noNaN: true }).map((x) => (Math.abs(x) < 1e-100 ? 0 : x)),
      { minLength: count, maxLength: count },
    )
    .map((v) => Float64Array.from(v))
const sized = (rows: number, columns: number): fc.Arbitrary<Matrix> => entries(rows * columns).map((values) => ({ rows, columns, values }))
const anyMatrix = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })).chain(([m, n]) => sized(m, n))
/** Errors of a few ε σ₁, for values compared with others of the same spectrum; products of up to three matrices add some of their own. */
const near = (sigma: Float64Array, units: number): { absolute: number; relative: number } => ({
  absolute: units * epsilon * (sigma[0] ?? 0) + 1e-300,
  relative: 0,
})

describe('singularValues, known spectra', () => {
  // Origin: theory.md 9, to 10 digits
  test.each<[string, Matrix, number[]]>([
    ['diag(3, 2, 1)', matrixOf([3, 0, 0], [0, 2, 0], [0, 0, 1]), [3, 2, 1]],
    ['[[1,2],[3,4]]', matrixOf([1, 2], [3, 4]), [5.4649857042, 0.3659661906]],
    ['rank one', matrixOf([1, 2], [2, 4], [3, 6]), [8.3666002653, 0]],
    ['4 × 3', matrixOf([2, 0, 1], [0, 1, 0], [1, 0, 2], [0, 0, 1]), [3.0872526418, 1.211969936, 1]],
  ])('of the handbook: %s', (_, m, expected) => {
    expect(singularValues(m)).toBeAllclose(expected, { absolute: 6e-11, relative: 0 }) // half a unit of the tenth digit
  })

  test('of integers, against 60 digits', () => {
    // Origin: mpmath 1.3 svd_r, 60 digits
    const m = from(6, 4, (i, j) => ((3 * i + 5 * j) % 11) - 4)
    const expected = [10.685506987273786, 7.903550664341952, 7.142349960750921, 5.508236047889042]
    expect(singularValues(m)).toBeAllclose(expected, near(Float64Array.from(expected), 4))
  })

  test('of columns graded from 2²⁶ to 2⁻²⁶, against 60 digits', () => {
    // Origin: mpmath 1.3 svd_r, 60 digits
    const m = from(7, 5, (i, j) => (((3 * i + 5 * j) % 11) - 4) * 2 ** (26 - 13 * j))
    const expected = [536870913.265625, 58931.1776779519, 8.127308288116038, 0.001026208216390937, 1.1435690637941421e-7]
    expect(singularValues(m)).toBeAllclose(expected, near(Float64Array.from(expected), 4))
  })

  test.each([1, 2, 3, 10, 40])('of the triangle of ones of size %i: 1 / (2 sin((2k − 1)π / (4n + 2)))', (n) => {
    const m = from(n, n, (i, j) => (i >= j ? 1 : 0))
    const expected = Float64Array.from({ length: n }, (_, k) => 1 / (2 * Math.sin(((2 * k + 1) * Math.PI) / (4 * n + 2))))
    expect(singularValues(m)).toBeAllclose(expected, near(expected, 8))
  })

  test('of a diagonal matrix are its sizes, to the bit, from 1e8 to 1e-8 and from 1e150 to 1e-150', () => {
    const sizes = [1e-8, -1e8, 1, 1e-4, 0, 1e4]
    const of = (d: number[]): number[] => [...singularValues(from(d.length, d.length, (i, j) => (i === j ? (d[i] ?? 0) : 0)))]
    expect(of(sizes)).toEqual([1e8, 1e4, 1, 1e-4, 1e-8, 0])
    expect(of([1e-150, 1e150, 1])).toEqual([1e150, 1, 1e-150])
  })

  test('repeated: an orthogonal matrix has ones, a matrix of ones one value √(mn)', () => {
    const { q } = qr(from(9, 9, (i, j) => Math.cos(i * i + 3 * j)))
    expect(singularValues(q)).toBeAllclose(new Float64Array(9).fill(1), { absolute: 16 * epsilon, relative: 0 })
    const ones = singularValues(from(12, 5, () => 1))
    expect(ones).toBeAllclose([Math.sqrt(60), 0, 0, 0, 0], near(ones, 4))
  })
})

describe('singularValues, degenerate and extreme input', () => {
  test('a zero matrix has zeros, an empty one nothing, a 1 × 1 matrix its size', () => {
    expect(singularValues(from(3, 2, () => 0))).toEqual(new Float64Array(2))
    for (const [m, n] of [
      [0, 0],
      [0, 3],
      [3, 0],
    ] as const)
      expect(singularValues(from(m, n, () => 1))).toEqual(new Float64Array(0))
    expect([...singularValues(matrixOf([-7]))]).toEqual([7])
    expect([...singularValues(matrixOf([Number.MIN_VALUE]))]).toEqual([Number.MIN_VALUE])
  })

  test('a row or a column has its length', () => {
    expect(singularValues(matrixOf([3, -4]))).toBeAllclose([5], { relative: 4 * epsilon })
    expect(singularValues(matrixOf([3], [-4]))).toBeAllclose([5], { relative: 4 * epsilon })
  })

  test('NaN or ±∞ anywhere makes all values NaN', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect([...singularValues(matrixOf([1, 2, 3], [4, bad, 6]))]).toEqual([Number.NaN, Number.NaN])
    }
    expect(singularValues(from(0, 3, () => Number.NaN))).toEqual(new Float64Array(0))
  })

  test('1e300 and 1e-300 neither overflow nor vanish; beyond the largest number is ∞', () => {
    for (const size of [2 ** 1000, 2 ** -1000, 2 ** -1060]) {
      expect(singularValues(matrixOf([size, size], [size, -size]))).toBeAllclose([size * Math.SQRT2, size * Math.SQRT2], {
        relative: 4 * epsilon,
        absolute: 5e-324,
      })
    }
    const huge = Number.MAX_VALUE
    expect([...singularValues(matrixOf([huge, huge], [huge, huge]))]).toEqual([Number.POSITIVE_INFINITY, expect.any(Number)])
  })

  test('a matrix with an exactly dependent column has a value of the size of rounding or 0', () => {
    const sigma = singularValues(from(5, 3, (i, j) => (j === 2 ? 2 * i + 1 : j === 1 ? i : i + 1)))
    expect(sigma).toHaveLength(3)
    expect(sigma[2]).toBeLessThanOrEqual(4 * epsilon * (sigma[0] ?? 0))
  })

  test('refuses sizes that disagree', () => {
    expect(() => singularValues({ rows: 2, columns: 2, values: new Float64Array(3) })).toThrow(Refusal)
  })
})

describe('singularValues, laws', () => {
  test('descend, are not negative, and their squares add up to ‖M‖²', () => {
    fc.assert(
      fc.property(anyMatrix, (m) => {
        const sigma = singularValues(m)
        expect(sigma).toHaveLength(Math.min(m.rows, m.columns))
        expect([...sigma]).toEqual([...sigma].sort((a, b) => b - a))
        expect(sigma.every((value) => value >= 0)).toBe(true)
        expect(Math.hypot(...sigma)).toBeAllclose(frobenius(m), { relative: 32 * epsilon, absolute: 1e-300 }) // 8 values, a few ε each
      }),
    )
  })

  test('do not change under transposition and orthogonal maps, and scale with powers of two exactly', () => {
    const cases = anyMatrix.chain((m) => fc.tuple(fc.constant(m), sized(m.rows, m.rows), sized(m.columns, m.columns)))
    fc.assert(
      fc.property(cases, ([m, left, right]) => {
        const sigma = singularValues(m)
        expect(singularValues(transposed(m))).toBeAllclose(sigma, near(sigma, 8))
        const turned = matrixProduct(matrixProduct(qr(left).q, m), qr(right).q)
        expect(singularValues(turned)).toBeAllclose(sigma, near(sigma, 64)) // two products of 8 terms round too
        expect([...singularValues({ ...m, values: m.values.map((x) => x * 2 ** 40) })]).toEqual([...sigma].map((x) => x * 2 ** 40))
      }),
    )
  })

  test('their product is |det| of a square matrix of small integers', () => {
    // Numbers below 1e-100 become 0: subnormal ones round when scaled
    const square = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 9, maxLength: 9 })
    fc.assert(
      fc.property(square, (v) => {
        const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = v
        const determinant = Math.abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) // exact
        const [s = 0, t = 0, u = 0] = singularValues({ rows: 3, columns: 3, values: Float64Array.from(v) })
        expect(Math.abs(s * t * u - determinant)).toBeLessThanOrEqual(16 * epsilon * s * s * s) // an error of ε s in each factor
      }),
    )
  })

  test('interlace: without its last column a matrix has values between', () => {
    const wider = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 2, max: 7 })).chain(([m, n]) => sized(m, n))
    fc.assert(
      fc.property(wider, (m) => {
        const sigma = singularValues(m)
        const slack = 16 * epsilon * (sigma[0] ?? 0)
        const fewer = singularValues(from(m.rows, m.columns - 1, (i, j) => m.values[i * m.columns + j] ?? Number.NaN))
        for (const [i, value] of fewer.entries()) {
          expect(value).toBeLessThanOrEqual((sigma[i] ?? Number.NaN) + slack)
          expect(value).toBeGreaterThanOrEqual((sigma[i + 1] ?? 0) - slack)
        }
      }),
    )
  })
})
