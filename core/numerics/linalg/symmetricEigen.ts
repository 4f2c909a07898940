/** Eigenvalues and eigenvectors of a symmetric matrix, all of them. For the extreme ones of a matrix too large to hold: `lanczos.ts`. */
import { Refusal } from '#core/contract/errors.ts'
import { requireFinite } from '#core/numerics/require.ts'
import { columnAt, dotFrom, fromColumns, reflectBack, reflectorOf, unitColumns, type Reflector } from './householder.ts'
import { requireMatrix, type Matrix } from './matrix.ts'
import { powerOfTwoScale } from './scale.ts'
import { diagonaliseTridiagonal, type Tridiagonal } from './tridiagonal.ts'
import { maxAbs } from './vector.ts'

/** A = V diag(λ) Vᵀ. */
export interface SymmetricEigen {
  readonly values: Float64Array // [n], descending
  readonly vectors: Matrix // [n, n], orthonormal columns in the order of the values
}

/**
 * |a_ij − a_ji| allowed, against the largest size of an entry. Two orders of a float64 sum of N products differ by 2N · 2⁻⁵³ at worst: a million
 * samples pass. Entries born in float32 differ by 2⁻²⁴ and more: such a matrix is refused, and its owner averages it with its transpose on purpose.
 */
const asymmetry = 2 ** -32

/**
 * The eigenvalues and an orthonormal basis of eigenvectors of a symmetric matrix.
 *
 *   A = V diag(λ) Vᵀ
 *
 * By reflections to tridiagonal form, then implicit QL. What is decomposed is ½(A + Aᵀ). The matrix is scaled by a power of two first, so that
 * entries of 1e300 or 1e-300 neither overflow nor vanish. The sign of a vector is not specified, nor the basis inside a repeated value.
 *
 * @param a  [n, n], float64, finite, symmetric: |a_ij − a_ji| ≤ 2⁻³² max|a|
 * @returns  in the unit of a; exact values for a diagonal matrix; ±∞ for a value beyond 1.8e308
 * Accuracy: of each value an absolute error of a few √n · 2⁻⁵² max|λ|; ‖VᵀV − I‖ likewise; small values of a matrix of mixed sizes have no
 * relative accuracy. A vector is as accurate as the gap to the next value allows: about 2⁻⁵² max|λ| / gap.
 * Cost: about 9n³ operations; 256 × 256 in 0.1 s of a 2020s processor.
 * Fails: 'invalid-input' if a is not square, not symmetric, or holds NaN or ±∞.
 * Source: Householder's reduction and QL of EISPACK's tred2 and imtql2 (Martin, Reinsch & Wilkinson 1968).
 */
export function symmetricEigen(a: Matrix): SymmetricEigen {
  requireSymmetric(a)
  const largest = maxAbs(a.values)
  const scale = largest === 0 ? 1 : powerOfTwoScale(largest)
  const { tridiagonal, reflectors } = tridiagonalise(symmetricRows(a, scale))
  const vectors = unitColumns(a.rows)
  reflectBack(reflectors, vectors)
  diagonaliseTridiagonal(tridiagonal, vectors)
  return { values: tridiagonal.diagonal.map((value) => value * scale), vectors: fromColumns(vectors, a.rows) }
}

function requireSymmetric(a: Matrix): void {
  requireMatrix('symmetricEigen: a', a)
  const { rows, columns, values } = a
  if (rows !== columns) throw new Refusal('invalid-input', `symmetricEigen: a: expected a square matrix, got ${rows} × ${columns}`)
  requireFinite('symmetricEigen: a', values)
  const largest = maxAbs(values)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      const [x, y] = [at(values, i * rows + j), at(values, j * rows + i)]
      if (Math.abs(x / 2 - y / 2) <= (asymmetry / 2) * largest) continue // halves: a difference could overflow
      throw new Refusal(
        'invalid-input',
        `symmetricEigen: a: expected a symmetric matrix, got ${x} at (${i}, ${j}) and ${y} at (${j}, ${i})`,
      )
    }
  }
}

/** The rows of ½(A + Aᵀ) / scale. */
function symmetricRows({ rows, values }: Matrix, scale: number): Float64Array[] {
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: rows }, (__, j) => (at(values, i * rows + j) / scale + at(values, j * rows + i) / scale) / 2),
  )
}

/** A = QTQᵀ, Q = H₀H₁ …; the rows are destroyed. */
function tridiagonalise(rows: readonly Float64Array[]): { tridiagonal: Tridiagonal; reflectors: Reflector[] } {
  const n = rows.length
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(Math.max(0, n - 1))
  const reflectors: Reflector[] = []
  for (let k = 0; k < n; k++) {
    const row = columnAt(rows, k)
    diagonal[k] = at(row, k)
    if (k + 1 === n) break
    const { head, reflector } = reflectorOf(row, k + 1)
    beside[k] = head
    reflectors.push(reflector)
    reflectBoth(reflector, rows)
  }
  return { tridiagonal: { diagonal, beside }, reflectors }
}

/**
 * Replaces the lower right part of a symmetric A by HAH = A − vwᵀ − wvᵀ, p = τAv, w = p − ½τ(pᵀv)v. Both sums of an entry and its mirror image
 * add the same two products: A stays symmetric to the bit.
 */
function reflectBoth({ v, from, tau }: Reflector, rows: readonly Float64Array[]): void {
  if (tau === 0) return
  const w = v.map((_, i) => tau * dotFrom(v, columnAt(rows, from + i), from))
  const half = (tau / 2) * dotFrom(v, w, 0)
  for (let i = 0; i < w.length; i++) w[i] = at(w, i) - half * at(v, i)
  for (let i = 0; i < v.length; i++) {
    const row = columnAt(rows, from + i)
    const [first, second] = [at(v, i), at(w, i)]
    for (let j = 0; j < v.length; j++) row[from + j] = at(row, from + j) - (first * at(w, j) + second * at(v, j))
  }
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
