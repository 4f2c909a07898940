/** Orthonormal bases: the thin QR decomposition and the column space of a matrix. */
import { Refusal } from '#core/contract/errors.ts'
import { requireFinite } from '#core/numerics/require.ts'
import { columnAt, columnsOf, fromColumns, reflectBack, triangularise, unitColumns } from './householder.ts'
import { requireMatrix, type Matrix } from './matrix.ts'
import { machineRank } from './rank.ts'
import { powerOfTwoScale } from './scale.ts'
import { svd } from './svd.ts'
import { maxAbs } from './vector.ts'

/** M = QR, k = min(rows, columns). */
export interface Qr {
  readonly q: Matrix // [rows, k], orthonormal columns
  readonly r: Matrix // [k, columns], upper triangular, diagonal ≥ 0
}

/**
 * The thin QR decomposition with a non-negative diagonal, which makes it unique where the first k columns are independent.
 *
 *   M = QR,   QᵀQ = I,   R_ij = 0 for i > j,   R_ii ≥ 0
 *
 * Without pivoting: dependent columns give zeros (or numbers of the size of rounding) on the diagonal, and Q is orthonormal still.
 *
 * @param m  [rows, columns], float64, finite
 * @returns  Q dimensionless, R in the unit of m; ∞ in R where a length is beyond 1.8e308
 * Accuracy: ‖QᵀQ − I‖ and ‖QR − M‖ / ‖M‖ at most a few √(rows · columns) · 2⁻⁵³; each column of QR relative to its own length.
 * Cost: 4k²(max(rows, columns) − k/3) multiplications and additions.
 * Fails: 'invalid-input' if m holds NaN or ±∞.
 * Source: Householder 1958; Golub & Van Loan, "Matrix Computations", algorithm 5.2.1.
 */
export function qr(m: Matrix): Qr {
  requireMatrix('qr: m', m)
  requireFinite('qr: m', m.values)
  const k = Math.min(m.rows, m.columns)
  const largest = maxAbs(m.values)
  const scale = largest === 0 ? 1 : powerOfTwoScale(largest)
  const columns = columnsOf(m, scale)
  const reflectors = triangularise(columns)
  const basis = unitColumns(k, m.rows)
  reflectBack(reflectors, basis)
  const r = new Float64Array(k * m.columns)
  for (let i = 0; i < k; i++) {
    const sign = at(columnAt(columns, i), i) < 0 ? -1 : 1
    if (sign < 0) columnAt(basis, i).forEach((value, row, vector) => (vector[row] = -value))
    for (let j = i; j < m.columns; j++) r[i * m.columns + j] = sign * at(columnAt(columns, j), i) * scale + 0 // + 0: no −0
  }
  return { q: fromColumns(basis, m.rows), r: { rows: k, columns: m.columns, values: r } }
}

/**
 * An orthonormal basis of the column space.
 *
 * The rank r is #{σᵢ > tolerance · σ₁}. Independent columns (r = columns) give the Q of `qr`, which is m itself where m is orthonormal;
 * dependent ones the first r left singular vectors.
 *
 * @param m          [rows, columns], float64, finite; columns of very different length should be scaled first, since the rank compares them
 * @param tolerance  ≥ 0; max(rows, columns) · 2⁻⁵² where absent, the rounding of a matrix born in float64
 * @returns          [rows, r]; r = 0 for a zero matrix or one without columns
 * Accuracy: ‖QᵀQ − I‖ at most a few √(rows · columns) · 2⁻⁵³; the space is as sharp as the gap of σ at the tolerance: about 2⁻⁵² σ₁ / σ_r.
 * Cost: that of `svd`.
 * Fails: 'invalid-input' if m holds NaN or ±∞, or the tolerance is no such number.
 */
export function orthonormalise(m: Matrix, tolerance?: number): Matrix {
  if (tolerance !== undefined && !(tolerance >= 0)) {
    throw new Refusal('invalid-input', `orthonormalise: tolerance: expected a number ≥ 0, got ${tolerance}`)
  }
  requireMatrix('orthonormalise: m', m)
  requireFinite('orthonormalise: m', m.values)
  const scale = powerOfTwoScale(maxAbs(m.values) || 1)
  const { u, sigma } = svd({ ...m, values: m.values.map((value) => value / scale) }) // σ₁ itself could be beyond the largest number
  const first = sigma[0] ?? 0
  const rank =
    tolerance === undefined
      ? machineRank(sigma, { rows: m.rows, columns: m.columns, epsilon: 2 ** -52 })
      : sigma.filter((value) => value > tolerance * first).length
  if (rank === m.columns) return qr(m).q
  const values = new Float64Array(m.rows * rank)
  for (let i = 0; i < m.rows; i++) values.set(u.values.subarray(i * u.columns, i * u.columns + rank), i * rank)
  return { rows: m.rows, columns: rank, values }
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
