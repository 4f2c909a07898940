/** Products and equations of small dense matrices, for the closed forms that need them. Nothing here is fast, and nothing of it is the trainer's. */
import { Refusal } from '#core/contract/errors.ts'
import { requireMatrix, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { requireLength } from '#core/numerics/require.ts'

/**
 * AB.
 *
 * @param a  [m, k], float64
 * @param b  [k, n], float64
 * @returns  [m, n]
 * Cost: m · k · n multiplications.
 * Fails: 'invalid-input' if the sizes disagree.
 */
export function multiply(a: Matrix, b: Matrix): Matrix {
  requireMatrix('multiply: a', a)
  const values = new Float64Array(a.rows * b.columns)
  for (let row = 0; row < a.rows; row += 1) {
    values.set(transposeTimes(b, a.values.subarray(row * a.columns, (row + 1) * a.columns)), row * b.columns)
  }
  return { rows: a.rows, columns: b.columns, values }
}

/** Aᵀ, [n, m] of [m, n]. */
export function transpose(a: Matrix): Matrix {
  requireMatrix('transpose: a', a)
  const values = Float64Array.from({ length: a.values.length }, (_, place) => {
    const [row, column] = [place % a.rows, Math.floor(place / a.rows)]
    return a.values[row * a.columns + column] ?? Number.NaN
  })
  return { rows: a.columns, columns: a.rows, values }
}

/** aA + bB, entry by entry, for two matrices of one shape. */
export function combine(a: number, x: Matrix, { b, y }: { readonly b: number; readonly y: Matrix }): Matrix {
  requireLength('combine: y', y.values, x.values.length)
  return { rows: x.rows, columns: x.columns, values: x.values.map((value, i) => a * value + b * (y.values[i] ?? Number.NaN)) }
}

/**
 * The solution of Ax = b, by Gaussian elimination with the largest pivot of each column.
 *
 * @param a  [d, d], float64, finite
 * @param b  [d], float64, finite
 * @returns  [d]; empty for d = 0
 * Accuracy: relative error of about d · 2⁻⁵³ · condition of A.
 * Cost: d³ / 3 multiplications.
 * Fails: 'invalid-input' if the sizes disagree or a pivot is 0 to rounding.
 */
export function solve(a: Matrix, b: Float64Array): Float64Array {
  requireMatrix('solve: a', a)
  requireLength('solve: b', b, a.rows)
  requireLength('solve: a', a.values, a.rows * a.rows)
  const rows = Array.from(b, (value, i) => [...a.values.subarray(i * a.columns, (i + 1) * a.columns), value])
  const smallest = a.rows * 2 ** -52 * maxAbs(a.values)
  for (const [column, row] of rows.entries()) {
    const pivot = rows.slice(column).reduce((best, other) => (size(other, column) > size(best, column) ? other : best), row)
    rows[rows.indexOf(pivot)] = row
    rows[column] = pivot
    if (!(size(pivot, column) > smallest)) {
      throw new Refusal('invalid-input', `solve: a: expected a matrix of full rank, got a dependent column ${column + 1}`)
    }
    for (const other of rows.slice(column + 1)) subtract(other, pivot, column)
  }
  const x = new Float64Array(a.rows)
  for (const [back, row] of rows.toReversed().entries()) {
    const i = a.rows - 1 - back
    const known = x.reduce((sum, value, j) => sum + (row[j] ?? 0) * value, 0) // entries not yet found are 0
    x[i] = ((row[a.rows] ?? 0) - known) / (row[i] ?? 0)
  }
  return x
}

function size(row: readonly number[], column: number): number {
  return Math.abs(row[column] ?? 0)
}

/** Takes the multiple of the pivot's row that makes this row 0 in the column. */
function subtract(row: number[], pivot: readonly number[], column: number): void {
  const factor = (row[column] ?? 0) / (pivot[column] ?? 0)
  for (let j = column; j < row.length; j += 1) row[j] = (row[j] ?? 0) - factor * (pivot[j] ?? 0)
}
