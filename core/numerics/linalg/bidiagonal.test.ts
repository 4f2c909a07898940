import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { bidiagonalise, diagonaliseBidiagonal, type Bidiagonal } from './bidiagonal.ts'
import { bidiagonalValues } from './bidiagonalValues.ts'
import { columnsOf, fromColumns, reflectBack, unitColumns } from './householder.ts'
import { identity, matrixProduct, transposed, type Matrix } from './matrix.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const dense = ({ diagonal, above }: Bidiagonal): Matrix => {
  const n = diagonal.length
  const at = (i: number, j: number): number => (i === j ? (diagonal[i] ?? 0) : j === i + 1 ? (above[i] ?? 0) : 0)
  return { rows: n, columns: n, values: Float64Array.from({ length: n * n }, (_, k) => at(Math.floor(k / n), k % n)) }
}
const copy = ({ diagonal, above }: Bidiagonal): Bidiagonal => ({ diagonal: diagonal.slice(), above: above.slice() })
const entry = fc.oneof(fc.double({ min: -1, max: 1, noNaN: true }), fc.constantFrom(0, 1e-8, 1e-200))
const list = (n: number): fc.Arbitrary<Float64Array> => fc.array(entry, { minLength: n, maxLength: n }).map((v) => Float64Array.from(v))
/** One entry is 1: what is asked is a largest entry near 1, which the callers see to by scaling. */
const bidiagonal = fc
  .integer({ min: 1, max: 10 })
  .chain((n) => fc.record({ diagonal: list(n), above: list(n - 1), place: fc.nat(n - 1) }))
  .map(({ diagonal, above, place }) => ({ diagonal: diagonal.with(place, 1), above }))

/** B = XΣYᵀ, orthonormal, with the values of the count. */
function expectDiagonal(b: Bidiagonal): void {
  const n = b.diagonal.length
  const work = copy(b)
  const vectors = { left: unitColumns(n), right: unitColumns(n) }
  diagonaliseBidiagonal(work, vectors)
  const [x, y] = [fromColumns(vectors.left, n), fromColumns(vectors.right, n)]
  const allowed = 64 * epsilon // some 20 rotations of each vector
  expect(matrixProduct(transposed(x), x).values).toBeAllclose(identity(n).values, { absolute: allowed, relative: 0 })
  expect(matrixProduct(transposed(y), y).values).toBeAllclose(identity(n).values, { absolute: allowed, relative: 0 })
  const sigma = dense({ diagonal: work.diagonal, above: new Float64Array(Math.max(0, n - 1)) })
  expect(matrixProduct(matrixProduct(x, sigma), transposed(y)).values).toBeAllclose(dense(b).values, { absolute: allowed, relative: 0 })
  expect(work.diagonal).toBeAllclose(bidiagonalValues(b), { absolute: allowed, relative: 0 })
  expect(work.above.every((value) => value === 0)).toBe(true)
}

describe('bidiagonalise', () => {
  test('gives B with A = QBPᵀ, Q and P orthogonal', () => {
    const square = fc.integer({ min: 1, max: 8 }).chain((n) => list(n * n).map((values): Matrix => ({ rows: n, columns: n, values })))
    fc.assert(
      fc.property(square, (a) => {
        const b = bidiagonalise(columnsOf(a, 1))
        const [q, p] = [unitColumns(a.rows), unitColumns(a.rows)]
        reflectBack(b.left, q)
        reflectBack(b.right, p)
        const back = matrixProduct(matrixProduct(fromColumns(q, a.rows), dense(b)), transposed(fromColumns(p, a.rows)))
        expect(back.values).toBeAllclose(a.values, { absolute: 64 * epsilon * 8, relative: 0 }) // ‖A‖ is up to 8
      }),
    )
  })
})

describe('diagonaliseBidiagonal', () => {
  test('reconstructs from orthonormal vectors, with the values of the count', () => {
    fc.assert(fc.property(bidiagonal, expectDiagonal), { numRuns: 300 })
  })

  const geometric = (n: number, ratio: number): Float64Array => Float64Array.from({ length: n }, (_, i) => ratio ** i)
  test.each<[string, Bidiagonal]>([
    ['zero diagonal', { diagonal: new Float64Array(6), above: new Float64Array(5).fill(1) }],
    ['a zero in the middle', { diagonal: Float64Array.of(1, 1, 0, 1, 1), above: new Float64Array(4).fill(1) }],
    ['a zero first', { diagonal: Float64Array.of(0, 1, 1), above: new Float64Array(2).fill(1) }],
    ['a zero last', { diagonal: Float64Array.of(1, 1, 0), above: new Float64Array(2).fill(1) }],
    ['graded down', { diagonal: geometric(20, 0.1), above: geometric(19, 0.1) }],
    ['graded up', { diagonal: geometric(20, 0.1).reverse(), above: geometric(19, 0.1).reverse() }],
    ['a cluster far below', { diagonal: Float64Array.of(1, 1e-9, 1e-9, 1e-9, 1e-9), above: Float64Array.of(0.5, 1e-9, 1e-9, 1e-9) }],
    // The next two were found by chance: decoupling by the neighbours' size alone, or by less than rounding, they never settled
    [
      'zeros and tiny entries among ones',
      {
        diagonal: Float64Array.of(0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1e-200, 1e-200, -1, -1, 0, 1),
        above: Float64Array.of(0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1e-16, 1, 0.1, 1, 0.01, 0, 1),
      },
    ],
    ['equal values an ulp apart', { diagonal: Float64Array.of(1, 1, -1), above: Float64Array.of(2 ** -52, -(2 ** -52)) }],
    ['negative', { diagonal: new Float64Array(5).fill(-1), above: new Float64Array(4).fill(-1) }],
    ['1 × 1', { diagonal: Float64Array.of(-1), above: new Float64Array(0) }],
    ['empty', { diagonal: new Float64Array(0), above: new Float64Array(0) }],
  ])('reconstructs: %s', (_, b) => {
    expectDiagonal(b)
  })
})
