import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { frobenius, identity, matrixProduct, transposed, type Matrix } from './matrix.ts'
import { qr } from './qr.ts'
import { symmetricEigen } from './symmetricEigen.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const from = (n: number, entry: (i: number, j: number) => number): Matrix => ({
  rows: n,
  columns: n,
  values: Float64Array.from({ length: n * n }, (_, k) => entry(Math.floor(k / n), k % n)),
})
// Numbers below 1e-100 become 0: subnormal ones round when scaled
const square = (n: number): fc.Arbitrary<Matrix> =>
  fc
    .array(
      fc.double({ min: -10, max: 10, noNaN: true }).map((x) => (Math.abs(x) < 1e-100 ? 0 : x)),
      { minLength: n * n, maxLength: n * n },
    )
    .map((v) => ({ rows: n, columns: n, values: Float64Array.from(v) }))
const symmetrised = (m: Matrix): Matrix =>
  from(m.rows, (i, j) => ((m.values[i * m.rows + j] ?? Number.NaN) + (m.values[j * m.rows + i] ?? Number.NaN)) / 2)
const symmetric = fc.integer({ min: 1, max: 8 }).chain(square).map(symmetrised)
const sizeOf = (values: Float64Array): number => Math.max(0, ...values.map(Math.abs))

function expectEigen(a: Matrix): void {
  const { values, vectors } = symmetricEigen(a)
  const allowed = 64 * epsilon // sums of n products and some 2n rotations, n ≤ 30
  expect([...values]).toEqual([...values].sort((x, y) => y - x))
  expect(matrixProduct(transposed(vectors), vectors).values).toBeAllclose(identity(a.rows).values, { absolute: allowed, relative: 0 })
  const scaled = from(a.rows, (i, j) => (vectors.values[i * a.rows + j] ?? Number.NaN) * (values[j] ?? Number.NaN))
  expect(matrixProduct(scaled, transposed(vectors)).values).toBeAllclose(a.values, { absolute: allowed * sizeOf(values), relative: 0 })
}

describe('symmetricEigen, known spectra', () => {
  test("Wilkinson's W21+, whose largest pair agrees to 14 digits", () => {
    // Origin: Wilkinson, "The algebraic eigenvalue problem", section 5.45; digits by mpmath 1.3 eigsy at 60
    const { values } = symmetricEigen(from(21, (i, j) => (i === j ? Math.abs(10 - i) : Math.abs(i - j) === 1 ? 1 : 0)))
    const expected = [10.746194182903393, 10.746194182903322, 9.210678647361332, 9.210678647304919]
    expect(values.slice(0, 4)).toBeAllclose(expected, { relative: 8 * epsilon })
  })

  test('27720 × Hilbert of size 6, whose entries are whole', () => {
    // Origin: mpmath 1.3 eigsy at 60 digits
    const expected = [44875.90408938268, 6718.243332344808, 452.4325709869578, 17.06854437794327, 0.34846138743917043, 0.003001520171215704]
    expect(symmetricEigen(from(6, (i, j) => 27720 / (i + j + 1))).values).toBeAllclose(expected, {
      absolute: 8 * epsilon * 44876,
      relative: 0,
    })
  })

  test('the block of the permutation mirror of a tanh network', () => {
    // Origin: theory.md 2.5 B; the entries there have 10 digits, so that the values have as many
    const block = Float64Array.of(
      0,
      -1.6820411818,
      3.2665807488,
      -1.6820411818,
      0.323828289,
      -0.343008741,
      3.2665807488,
      -0.343008741,
      -0.0205988654,
    )
    const { values } = symmetricEigen({ rows: 3, columns: 3, values: block })
    expect(values).toBeAllclose([3.85884773, -0.02733676, -3.52828154], { absolute: 6e-9, relative: 0 })
    expect(-(values[2] ?? 0) / 2).toBeAllclose(1.7641407708, { absolute: 2e-10, relative: 0 })
  })

  test.each([1, 2, 3, 30])('the second difference of size %i: 2 − 2 cos(kπ / (n + 1)), vectors sin', (n) => {
    const { values, vectors } = symmetricEigen(from(n, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)))
    const expected = Float64Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)))
    expect(values).toBeAllclose(expected, { absolute: 32 * epsilon, relative: 0 })
    const first = Float64Array.from({ length: n }, (_, i) => vectors.values[i * n] ?? Number.NaN)
    const sine = Float64Array.from({ length: n }, (_, i) => Math.sqrt(2 / (n + 1)) * Math.sin(((i + 1) * n * Math.PI) / (n + 1)))
    const sign = Math.sign(first[0] ?? 0) * Math.sign(sine[0] ?? 0)
    // Gap to the next value at n = 30: 0.03, of a largest value of 4: 130 times the rounding
    expect(first.map((x) => sign * x)).toBeAllclose(sine, { absolute: 32 * 130 * epsilon, relative: 0 })
  })

  test('of a diagonal matrix are its entries to the bit, from 1e8 to −1e8', () => {
    const d = [1e-8, -1e8, 0, 1e8, 1, 1e-4]
    const { values, vectors } = symmetricEigen(from(6, (i, j) => (i === j ? (d[i] ?? 0) : 0)))
    expect([...values]).toEqual([1e8, 1, 1e-4, 1e-8, 0, -1e8])
    expect([...vectors.values].filter((x) => x !== 0)).toHaveLength(6)
  })
})

describe('symmetricEigen, laws', () => {
  test('reconstructs from an orthonormal basis, and keeps trace and Frobenius norm', () => {
    fc.assert(
      fc.property(symmetric, (a) => {
        expectEigen(a)
        const { values } = symmetricEigen(a)
        const size = sizeOf(values)
        const trace = Array.from({ length: a.rows }, (_, i) => a.values[i * (a.rows + 1)] ?? Number.NaN).reduce((x, y) => x + y)
        expect(values.reduce((x, y) => x + y)).toBeAllclose(trace, { absolute: 128 * epsilon * size, relative: 0 }) // 8 values
        expect(Math.hypot(...values)).toBeAllclose(frobenius(a), { relative: 64 * epsilon })
      }),
    )
  })

  test('the values do not change under orthogonal similarity, change sign with A, shift and scale with it', () => {
    const pair = fc.integer({ min: 1, max: 7 }).chain((n) => fc.tuple(square(n).map(symmetrised), square(n)))
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const { values } = symmetricEigen(a)
        const absolute = 64 * epsilon * (sizeOf(values) + 3) // + 3: the shift below
        const { q } = qr(b)
        const turned = symmetrised(matrixProduct(matrixProduct(transposed(q), a), q))
        expect(symmetricEigen(turned).values).toBeAllclose(values, { absolute, relative: 0 })
        const negative = symmetricEigen({ ...a, values: a.values.map((x) => -x) }).values
        expect(negative.map((x) => -x).reverse()).toBeAllclose(values, { absolute, relative: 0 })
        const shifted = symmetricEigen(from(a.rows, (i, j) => (a.values[i * a.rows + j] ?? Number.NaN) + (i === j ? 3 : 0))).values
        expect(shifted.map((x) => x - 3)).toBeAllclose(values, { absolute, relative: 0 })
        expect([...symmetricEigen({ ...a, values: a.values.map((x) => x * 2 ** 40) }).values]).toEqual([...values].map((x) => x * 2 ** 40))
      }),
    )
  })

  test("interlace with those of the leading part (Cauchy's theorem)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }).chain(square).map(symmetrised), (a) => {
        const { values } = symmetricEigen(a)
        const slack = 32 * epsilon * sizeOf(values)
        const part = symmetricEigen(from(a.rows - 1, (i, j) => a.values[i * a.rows + j] ?? Number.NaN)).values
        for (const [i, value] of part.entries()) {
          expect(value).toBeLessThanOrEqual((values[i] ?? Number.NaN) + slack)
          expect(value).toBeGreaterThanOrEqual((values[i + 1] ?? Number.NaN) - slack)
        }
      }),
    )
  })
})

describe('symmetricEigen, degenerate and extreme input', () => {
  test.each<[string, Matrix]>([
    ['zero', from(4, () => 0)],
    ['1 × 1', from(1, () => -5)],
    ['empty', from(0, () => 0)],
    ['rank one', from(6, (i, j) => (i + 1) * (j + 1))],
    ['repeated values', from(5, () => 1)],
    ['zero diagonal', from(8, (i, j) => (Math.abs(i - j) === 1 ? 1 : 0))],
    ['graded down', from(9, (i, j) => 10 ** (8 - 2 * Math.max(i, j)) * Math.cos(i + j))],
    ['graded up', from(9, (i, j) => 10 ** (-8 + 2 * Math.min(i, j)) * Math.cos(i + j))],
    ['huge', from(3, (i, j) => 1e300 * Math.cos(i + j))],
    ['tiny', from(3, (i, j) => 1e-290 * Math.cos(i + j))],
  ])('reconstructs: %s', (_, a) => {
    expectEigen(a)
  })

  test('the nonzero values of [[0, cᵀ], [c, 0]] are ±‖c‖', () => {
    const { values } = symmetricEigen(
      from(3, (i, j) => (i === 0 && j > 0 ? ([3, 4][j - 1] ?? 0) : j === 0 && i > 0 ? ([3, 4][i - 1] ?? 0) : 0)),
    )
    expect(values).toBeAllclose([5, 0, -5], { absolute: 8 * 5 * epsilon, relative: 0 })
  })

  test('refuses what is not square, not finite, not symmetric, and names the place', () => {
    const of = (...values: number[]): Matrix => ({ rows: 2, columns: 2, values: Float64Array.from(values) })
    const refused = (a: Matrix, sentence: string): void => {
      expect(() => symmetricEigen(a)).toThrow(new Refusal('invalid-input', `symmetricEigen: a: ${sentence}`))
    }
    refused({ rows: 1, columns: 2, values: Float64Array.of(1, 2) }, 'expected a square matrix, got 1 × 2')
    refused(of(1, 2, Number.NaN, 1), 'expected finite numbers, got NaN at index 2')
    refused(of(1, Number.NEGATIVE_INFINITY, 2, 1), 'expected finite numbers, got -Infinity at index 1')
    refused(of(1, 2, 3, 1), 'expected a symmetric matrix, got 3 at (1, 0) and 2 at (0, 1)')
    refused(of(0, 1e308, -1e308, 0), 'expected a symmetric matrix, got -1e+308 at (1, 0) and 1e+308 at (0, 1)')
  })

  test('takes asymmetry of rounding in float64 and refuses that of float32', () => {
    const off = (delta: number): Matrix => ({ rows: 2, columns: 2, values: Float64Array.of(1, 0.5, 0.5 + delta, 1) })
    expect(symmetricEigen(off(2 ** -34)).values).toBeAllclose([1.5, 0.5], { absolute: 2 ** -34, relative: 0 }) // ½(A + Aᵀ)
    expect(() => symmetricEigen(off(2 ** -24))).toThrow(Refusal)
  })
})
