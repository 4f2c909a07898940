/** Real matrices in float64, row after row, and their products with a vector. */
import { Refusal } from '#core/contract/errors.ts'
import { requireLength, requireWhole } from '#core/numerics/require.ts'

/** The entry of row r and column c is values[r · columns + c]. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly values: Float64Array // [rows · columns]
}

/** Refuses a matrix whose sizes are not whole or do not fit its values. */
export function requireMatrix(name: string, x: Matrix): void {
  requireWhole(`${name}: rows`, x.rows)
  requireWhole(`${name}: columns`, x.columns)
  if (x.values.length !== x.rows * x.columns) {
    throw new Refusal('invalid-input', `${name}: expected ${x.rows} × ${x.columns} entries, got ${x.values.length}`)
  }
}

/**
 * A matrix times a vector.
 *
 *   (Xv)ᵣ = Σ_c X_rc v_c
 *
 * @param x  [rows, columns], float64
 * @param v  [columns], float64
 * @returns  [rows]; zeros for a matrix without columns; NaN and ±∞ as IEEE arithmetic gives them
 * Accuracy: absolute error of entry r at most columns · 2⁻⁵³ · Σ_c |X_rc v_c| to first order.
 * Cost: rows · columns multiplications.
 * Fails: 'invalid-input' if a size disagrees.
 */
export function matrixTimes(x: Matrix, v: Float64Array): Float64Array {
  requireMatrix('matrixTimes: x', x)
  requireLength('matrixTimes: v', v, x.columns)
  const out = new Float64Array(x.rows)
  for (let row = 0; row < x.rows; row++) {
    const start = row * x.columns
    let sum = 0
    for (let column = 0; column < x.columns; column++) sum += at(x.values, start + column) * at(v, column)
    out[row] = sum
  }
  return out
}

/**
 * The transpose of a matrix times a vector, without making the transpose.
 *
 *   (Xᵀu)_c = Σᵣ X_rc uᵣ
 *
 * @param x  [rows, columns], float64
 * @param u  [rows], float64
 * @returns  [columns]; zeros for a matrix without rows; NaN and ±∞ as IEEE arithmetic gives them
 * Accuracy: absolute error of entry c at most rows · 2⁻⁵³ · Σᵣ |X_rc uᵣ| to first order.
 * Cost: rows · columns multiplications, in the order of memory.
 * Fails: 'invalid-input' if a size disagrees.
 */
export function transposeTimes(x: Matrix, u: Float64Array): Float64Array {
  requireMatrix('transposeTimes: x', x)
  requireLength('transposeTimes: u', u, x.rows)
  const out = new Float64Array(x.columns)
  for (let row = 0; row < x.rows; row++) {
    const start = row * x.columns
    const weight = at(u, row)
    for (let column = 0; column < x.columns; column++) out[column] = at(out, column) + at(x.values, start + column) * weight
  }
  return out
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
