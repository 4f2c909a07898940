import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { identity, matrixProduct, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { constraintMatrix, constraintSchema, type Constraint } from './constraint.ts'

expect.extend({ toBeAllclose })

const vector = (d: number) => [{ name: 'v', shape: [d] }]
const square = (n: number) => [{ name: 'w', shape: [n, n] }]
const column = ({ rows, columns, values }: Matrix, k: number) =>
  Array.from({ length: rows }, (_, i) => values[i * columns + k] ?? Number.NaN)
const projector = (o: Matrix) => matrixProduct(o, transposed(o)).values
const expectOrthonormal = (o: Matrix) =>
  expect(matrixProduct(transposed(o), o).values).toBeAllclose(identity(o.columns).values, { absolute: 1e-14 }) // a few roundings of lengths 1
/** The next number of an endless stream. */
const next = (stream: Iterator<number>) => Number(stream.next().value)

describe('constraintMatrix', () => {
  test('zero is every direction', () => expect(constraintMatrix({ kind: 'zero' }, vector(3))).toEqual(identity(3)))
  test('a tie joins the first half of the entries with the second, over several parameters', () => {
    const o = constraintMatrix({ kind: 'tie' }, [...vector(1), { name: 'w', shape: [1, 3] }])
    const half = Math.SQRT1_2
    expect([column(o, 0), column(o, 1)]).toEqual([
      [half, 0, -half, 0],
      [0, half, 0, -half],
    ])
  })
  test.each([2, 3, 6])("differences of %d entries, made orthonormal, are Helmert's contrasts", (d) => {
    const o = constraintMatrix({ kind: 'difference' }, vector(d))
    expect([o.rows, o.columns]).toEqual([d, d - 1])
    for (let k = 1; k < d; k += 1) {
      const contrast = Array.from({ length: d }, (_, i) => (i < k ? -1 : i === k ? k : 0) / Math.sqrt(k * (k + 1)))
      expect(column(o, k - 1)).toBeAllclose(contrast, { absolute: 1e-15 * d ** 2 }) // entries below 1, d² operations
    }
    expectOrthonormal(o)
  })
  test('what differences leave alone is constant, and what a tie leaves alone is in pairs', () => {
    const rest = (constraint: Constraint) =>
      projector(constraintMatrix(constraint, vector(4))).map((value, i) => (i % 5 === 0 ? 1 : 0) - value)
    expect(rest({ kind: 'difference' })).toBeAllclose(new Array<number>(16).fill(1 / 4), { absolute: 1e-15 })
    const pairs = Array.from({ length: 16 }, (_, i) => (Math.floor(i / 4) % 2 === i % 2 ? 1 / 2 : 0))
    expect(rest({ kind: 'tie' })).toBeAllclose(pairs, { absolute: 1e-15 })
  })
  test('a symmetric matrix has n(n − 1)/2 conditions, true for symmetric matrices alone', () => {
    const o = constraintMatrix({ kind: 'symmetric-matrix' }, square(3))
    expect(o.columns).toBe(3)
    expectOrthonormal(o)
    const matrix = [1, 2, 3, 5, 8, 13, 21, 34, 55]
    const conditions = [0, 1, 2].map((k) => column(o, k).reduce((sum, value, i) => sum + value * (matrix[i] ?? 0), 0))
    expect(conditions).toBeAllclose([2 - 5, 3 - 21, 13 - 34].map((gap) => gap * Math.SQRT1_2))
  })
  test('every matrix of several has its own conditions', () => {
    const o = constraintMatrix({ kind: 'symmetric-matrix' }, [...square(2), { name: 'z', shape: [2, 2] }])
    const half = Math.SQRT1_2
    expect([column(o, 0), column(o, 1)]).toEqual([
      [0, half, -half, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, half, -half, 0],
    ])
  })
  test('a subspace is kept whole and everything orthogonal to it is a condition, whatever vectors span it', () => {
    const entry = fc.double({ min: -2, max: 2, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 7 }), fc.infiniteStream(entry), fc.nat(5), (d, stream, more) => {
        const count = Math.min(d, 1 + more)
        const spannedBy = Array.from({ length: count }, () => Array.from({ length: d }, () => Math.round(4 * next(stream))))
        const made = () => constraintMatrix({ kind: 'subspace', spannedBy }, vector(d))
        let o: Matrix
        try {
          o = made()
        } catch (error) {
          expect(String(error)).toContain('span everything')
          expect(count).toBe(d)
          return
        }
        expectOrthonormal(o)
        const kept = spannedBy.map((v) =>
          Array.from({ length: o.columns }, (_, k) => column(o, k).reduce((sum, value, i) => sum + value * (v[i] ?? 0), 0)),
        )
        expect(kept.flat()).toBeAllclose(new Array<number>(kept.flat().length).fill(0), { absolute: 1e-12 }) // vectors of whole numbers up to 8; the basis is as sharp as their smallest singular value
        expect(o.columns).toBeGreaterThanOrEqual(d - count)
      }),
      { numRuns: 60 },
    )
  })
  test('k independent vectors leave d − k conditions: rounding is no direction, not even of a space that is everything', () => {
    const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
    for (let t = 0; t < 500; t += 1) {
      const d = 2 + (t % 7)
      const count = 1 + ((5 * t) % d)
      const entries = drawNormal(key, d * count, t) // independent but for a chance of 0
      const spannedBy = Array.from({ length: count }, (_, k) => [...entries.subarray(k * d, (k + 1) * d)])
      const made = () => constraintMatrix({ kind: 'subspace', spannedBy }, vector(d))
      if (count === d) expect(made).toThrow('span everything')
      else expect(made().columns).toBe(d - count)
    }
  })
  test('the complement of a line in three dimensions is a plane, of dependent vectors that of their line', () => {
    const once = constraintMatrix({ kind: 'subspace', spannedBy: [[1, 2, 2]] }, vector(3))
    const twice = constraintMatrix({ kind: 'subspace', spannedBy: [[1, 2, 2], [-2, -4, -4]] }, vector(3)) // prettier-ignore
    expect([once.columns, twice.columns]).toEqual([2, 2])
    const expected = [1, 2, 2].flatMap((a, i) => [1, 2, 2].map((b, j) => (i === j ? 1 : 0) - (a * b) / 9))
    for (const o of [once, twice]) expect(projector(o)).toBeAllclose(expected, { absolute: 1e-14 })
  })
  test('a subspace of nothing leaves nothing free', () => {
    expect(projector(constraintMatrix({ kind: 'subspace', spannedBy: [[0, 0]] }, vector(2)))).toBeAllclose(identity(2).values)
  })
  test('orthonormal columns are taken as they are', () => {
    const columns = [
      [0.6, 0.8, 0],
      [0, 0, 1],
    ]
    const o = constraintMatrix({ kind: 'orthonormal', columns }, vector(3))
    expect([column(o, 0), column(o, 1)]).toEqual(columns)
  })
})

describe('constraintMatrix refuses', () => {
  test.each<[string, Constraint, { name: string; shape: number[] }[], string]>([
    ['an odd number to tie', { kind: 'tie' }, vector(3), 'expected an even number of entries to tie, got 3'],
    ['nothing to tie', { kind: 'tie' }, vector(0), 'expected an even number of entries to tie, got 0'],
    ['one entry to differ', { kind: 'difference' }, vector(1), 'expected at least two entries to differ, got 1'],
    ['a vector to be symmetric', { kind: 'symmetric-matrix' }, vector(4), 'expected square matrices to be symmetric, got "v" of shape [4]'],
    ['an oblong', { kind: 'symmetric-matrix' }, [{ name: 'w', shape: [2, 3] }], 'expected square matrices to be symmetric, got "w" of shape [2, 3]'],
    ['a matrix of one entry', { kind: 'symmetric-matrix' }, square(1), 'expected a matrix with entries beside its diagonal, got none'],
    ['columns of another length', { kind: 'orthonormal', columns: [[1, 0]] }, vector(3), '.columns: expected vectors of 3 numbers, one for each entry of the parameters, got 2'],
    ['vectors of another length', { kind: 'subspace', spannedBy: [[1, 0, 0], [1]] }, vector(3), '.spannedBy: expected vectors of 3 numbers, one for each entry of the parameters, got 1'],
    ['more vectors than entries', { kind: 'subspace', spannedBy: [[1], [2]] }, vector(1), '.spannedBy: expected at most 1 vectors, got 2'],
    ['columns that are not of length 1', { kind: 'orthonormal', columns: [[1, 1]] }, vector(2), '.columns: expected orthonormal columns, got 2 as the product of columns 1 and 1'],
    ['columns that are not orthogonal', { kind: 'orthonormal', columns: [[1, 0], [0.6, 0.8]] }, vector(2), '.columns: expected orthonormal columns, got 0.6 as the product of columns 1 and 2'],
    ['vectors that span everything', { kind: 'subspace', spannedBy: [[1, 2], [3, 4]] }, vector(2), '.spannedBy: expected a subspace, got vectors that span everything'],
  ])('%s', (_, constraint, targets, sentence) => expect(() => constraintMatrix(constraint, targets)).toThrow(sentence)) // prettier-ignore
  test('numbers that are none, and lists that are empty', () => {
    for (const columns of [[], [[]], [[Number.NaN]], [[Number.POSITIVE_INFINITY]]])
      expect(constraintSchema.safeParse({ kind: 'orthonormal', columns }).success).toBe(false)
  })
})
