/** Real matrices in float64, row after row, their products with vectors and with each other. */
import { Refusal } from '#core/contract/errors.ts'
import { requireLength, requireWhole } from '#core/numerics/require.ts'
import { norm } from './vector.ts'

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

/**
 * The product of two matrices.
 *
 *   (AB)ᵢⱼ = Σ_k A_ik B_kj, added from the first k on
 *
 * @param a  [m, k], float64
 * @param b  [k, n], float64
 * @returns  [m, n]; zeros for k = 0; NaN and ±∞ as IEEE arithmetic gives them
 * Accuracy: absolute error of entry (i, j) at most k · 2⁻⁵³ · Σ|A_ik B_kj| to first order.
 * Cost: m · k · n multiplications, in the order of memory.
 * Fails: 'invalid-input' if a size disagrees.
 */
export function matrixProduct(a: Matrix, b: Matrix): Matrix {
  requireMatrix('matrixProduct: a', a)
  requireMatrix('matrixProduct: b', b)
  if (b.rows !== a.columns) throw new Refusal('invalid-input', `matrixProduct: b: expected ${a.columns} rows, got ${b.rows}`)
  const values = new Float64Array(a.rows * b.columns)
  for (let i = 0; i < a.rows; i++) {
    const out = values.subarray(i * b.columns, (i + 1) * b.columns)
    for (let k = 0; k < a.columns; k++) {
      const weight = at(a.values, i * a.columns + k)
      const start = k * b.columns
      for (let j = 0; j < out.length; j++) out[j] = at(out, j) + weight * at(b.values, start + j)
    }
  }
  return { rows: a.rows, columns: b.columns, values }
}

/**
 * The transpose, as a matrix of its own.
 *
 * @param x  [rows, columns], float64
 * @returns  [columns, rows]; the same numbers, bit for bit
 * Fails: 'invalid-input' if a size disagrees.
 */
export function transposed(x: Matrix): Matrix {
  requireMatrix('transposed: x', x)
  const values = new Float64Array(x.values.length)
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < x.columns; j++) values[j * x.rows + i] = at(x.values, i * x.columns + j)
  }
  return { rows: x.columns, columns: x.rows, values }
}

/**
 * The identity matrix.
 *
 * @param size  whole, ≥ 0
 * @returns     [size, size]
 * Fails: 'invalid-input' if size is no such number.
 */
export function identity(size: number): Matrix {
  requireWhole('identity: size', size)
  const values = new Float64Array(size * size)
  for (let i = 0; i < size; i++) values[i * size + i] = 1
  return { rows: size, columns: size, values }
}

/**
 * The Frobenius norm.
 *
 *   ‖X‖_F = √Σ X_ij² = √Σ σᵢ²
 *
 * @param x  [rows, columns], float64
 * @returns  ≥ 0; 0 for no entries; NaN if an entry is NaN, else ∞ if one is ±∞ or the norm is beyond 1.8e308
 * Accuracy: relative error at most (rows · columns / 2 + 1) · 2⁻⁵³ to first order.
 * Fails: 'invalid-input' if a size disagrees.
 */
export function frobenius(x: Matrix): number {
  requireMatrix('frobenius: x', x)
  return norm(x.values)
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
