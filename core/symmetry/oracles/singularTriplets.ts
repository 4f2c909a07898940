/**
 * Singular values and vectors of small matrices, and eigenvalues of symmetric ones through them: one-sided Jacobi rotations.
 *
 * Rotates pairs of columns of Y until all are perpendicular: Y = (columns / lengths) · lengths · (rotations)ᵀ. Slow and accurate; used where
 * a closed form needs a spectrum that shares no code with the trainer or the metrics.
 */
import { requireMatrix, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { dot, maxAbs, norm } from '#core/numerics/linalg/vector.ts'
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'
import { requireFinite, requireLength } from '#core/numerics/require.ts'
import { transpose } from './dense.ts'

/** σ ≥ 0 with its unit vectors; the vectors of a σ of 0 are zero on one side. */
export type Triplet = { readonly value: number; readonly left: Float64Array; readonly right: Float64Array }

/**
 * The singular value decomposition Y = Σ σ_i p_i q_iᵀ.
 *
 * @param y  [m, n], float64, finite
 * @returns  min(m, n) triplets, σ in decreasing order; left [m], right [n]
 * Accuracy: σ to about n · 2⁻⁵² relative to the largest.
 * Cost: about ten sweeps of m n²/2 multiplications, n the shorter side.
 * Fails: 'invalid-input' if an entry is not finite.
 * Source: Hestenes 1958; Golub and Van Loan, "Matrix computations", section 8.6.3.
 */
export function singularTriplets(y: Matrix): readonly Triplet[] {
  requireMatrix('singularTriplets: y', y)
  requireFinite('singularTriplets: y', y.values)
  if (y.columns > y.rows) return singularTriplets(transpose(y)).map(({ value, left, right }) => ({ value, left: right, right: left }))
  const largest = maxAbs(y.values)
  const scale = largest === 0 ? 1 : powerOfTwoScale(largest)
  const { values } = transpose(y)
  const columns = Array.from({ length: y.columns }, (_, i) => values.slice(i * y.rows, (i + 1) * y.rows).map((value) => value / scale))
  const rotations = columns.map((_, i) => Float64Array.from(columns, (_column, j) => (i === j ? 1 : 0))) // columns of the product of rotations
  for (let sweep = 0; sweep < 60 && rotateAll(columns, rotations); sweep += 1);
  return columns
    .map((column, i) => {
      const size = norm(column)
      const right = rotations[i] ?? new Float64Array()
      return { value: size * scale, left: size === 0 ? column : column.map((value) => value / size), right }
    })
    .toSorted((a, b) => b.value - a.value)
}

/** One sweep over all pairs; tells whether a pair was rotated by more than rounding. */
function rotateAll(columns: readonly Float64Array[], rotations: readonly Float64Array[]): boolean {
  let isMoving = false
  for (const [i, x] of columns.entries()) {
    for (const [j, y] of columns.entries()) {
      const [p, q] = [rotations[i], rotations[j]]
      if (j <= i || p === undefined || q === undefined) continue
      const [xx, yy, xy] = [dot(x, x), dot(y, y), dot(x, y)]
      if (Math.abs(xy) <= 2 ** -52 * Math.sqrt(xx * yy)) continue
      isMoving = true
      const ratio = (yy - xx) / (2 * xy)
      const tangent = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.hypot(1, ratio))
      rotate(x, y, tangent)
      rotate(p, q, tangent)
    }
  }
  return isMoving
}

/** (x, y) ← (cx − sy, sx + cy) with s/c the tangent. */
function rotate(x: Float64Array, y: Float64Array, tangent: number): void {
  const cosine = 1 / Math.hypot(1, tangent)
  const sine = tangent * cosine
  for (const [i, value] of x.entries()) {
    const other = y[i] ?? Number.NaN
    x[i] = cosine * value - sine * other
    y[i] = sine * value + cosine * other
  }
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, from the singular values of A + cI, which is positive semidefinite for c = ‖A‖_F.
 *
 * @param a  [d, d], symmetric, float64, finite
 * @returns  d pairs, eigenvalues in decreasing order
 * Accuracy: absolute, d · 2⁻⁵⁰ · ‖A‖_F or so: small eigenvalues beside large ones lose their relative digits.
 * Cost: as `singularTriplets`.
 * Fails: 'invalid-input' if the matrix is not square or an entry is not finite. Symmetry is the caller's promise.
 * Source: ours, from the above.
 */
export function symmetricPairs(a: Matrix): readonly { readonly value: number; readonly vector: Float64Array }[] {
  requireMatrix('symmetricPairs: a', a)
  requireLength('symmetricPairs: a', a.values, a.rows * a.rows)
  const shift = norm(a.values)
  const shifted = a.values.map((value, place) => value + (place % (a.columns + 1) === 0 ? shift : 0))
  return singularTriplets({ ...a, values: shifted }).map(({ value, right }) => ({ value: value - shift, vector: right }))
}
