/**
 * How far parameters are from the nearest mirror of a symmetry, for the symmetries that have many.
 *
 *   r(θ) = ‖Oᵀθ‖ / ‖θ‖ for one mirror O; for a family the smallest r in it
 *
 * A rotation has a mirror for every direction n, so the smallest r is a singular value; a permutation has one for every two units, a rescaling three for every pair.
 * θ are the parameters of the blocks that the mirrors touch, whole: a unit that has vanished is near its mirror. θ = 0 lies on every mirror, r = 0.
 * Source: theory.md section 3 ("continuous families") and section 9.
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireMatrix, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { maxAbs, norm } from '#core/numerics/linalg/vector.ts'
import { requireLength } from '#core/numerics/require.ts'

/**
 * How far parameters are from one mirror.
 *
 *   r(θ) = ‖Oᵀθ‖ / ‖θ‖ = ‖θ − Rθ‖ / (2‖θ‖),   R = I − 2OOᵀ
 *
 * It depends on the mirror, not on the basis: O and OQ, Q orthogonal, give the same r.
 *
 * @param theta  [d], float64
 * @param o      [d, k], orthonormal columns: max |OᵀO − I| ≤ 1e-12
 * @returns      dimensionless, in [0, 1]; 0 for θ = 0; NaN if an entry of θ is NaN or ±∞
 * Accuracy: absolute rounding error √k · d · 2⁻⁵³ at worst. Of parameters born in float32, r < 2⁻²⁴ cannot be told from 0.
 * Cost: d · k multiplications.
 * Fails: 'invalid-input' if a shape disagrees.
 * Source: the O-mirror of Ziyin, arXiv 2309.16932; theory.md section 9.
 */
export function singleMirrorResidual(theta: Float64Array, o: Matrix): number {
  requireLength('singleMirrorResidual: theta', theta, o.rows)
  return ratio(norm(transposeTimes(o, theta)), norm(theta))
}

/**
 * How far a matrix is from the nearest mirror of ℓ(W) = ℓ(WQ).
 *
 *   r = min_n ‖Wn‖ / ‖W‖ = √λ_min(WᵀW) / ‖W‖,   the least singular value where rows ≥ columns, 0 where there are fewer rows
 *
 * For ℓ(W) = ℓ(QW) give the transpose. r ≤ 1/√columns; r ≈ 0 says that the rank is less than the number of columns.
 *
 * @param w  [m, r], float64
 * @returns  dimensionless, in [0, 1]; 0 for W = 0; NaN if an entry is NaN or ±∞, or for r = 0, where there is no mirror
 * Accuracy: absolute error that of the singular values over ‖W‖, a small multiple of 2⁻⁵².
 * Cost: m · r · min(m, r), times a small number.
 * Fails: 'invalid-input' if the sizes of the matrix do not fit its values.
 * Source: theory.md section 3.
 */
export function rotationResidual(w: Matrix): number {
  requireMatrix('rotationResidual: w', w)
  if (w.columns === 0 || !w.values.every(Number.isFinite)) return Number.NaN
  const size = norm(w.values)
  if (size === 0 || w.rows < w.columns) return 0 // with fewer rows some n has Wn = 0
  return ratio(singularValues(w)[w.columns - 1] ?? Number.NaN, size)
}

/**
 * How far two factors are from the nearest mirror of ℓ(U, V) = ℓ(UQ, QᵀV): of a product UV, of query and key, of value and output.
 *
 *   r = min_n √(‖Un‖² + ‖nᵀV‖²) / √(‖U‖² + ‖V‖²) = √λ_min(UᵀU + VVᵀ) / √(‖U‖² + ‖V‖²)
 *
 * That is the rotation residual of U above Vᵀ. If the k smallest eigenvalues are 0, rank(UV) ≤ inner size − k.
 *
 * @param u  [m, r], float64
 * @param v  [r, n], float64
 * @returns  dimensionless, in [0, 1]; 0 for U = V = 0; NaN if an entry is NaN or ±∞, or for r = 0
 * Accuracy: absolute error a small multiple of 2⁻⁵²: the singular values of the stack, not the roots of eigenvalues, which would lose half the digits.
 * Cost: (m + n) r · min(m + n, r), times a small number.
 * Fails: 'invalid-input' if the inner sizes differ or a size does not fit its values.
 * Source: theory.md section 3.
 */
export function doubleRotationResidual(u: Matrix, v: Matrix): number {
  requireMatrix('doubleRotationResidual: u', u)
  requireMatrix('doubleRotationResidual: v', v)
  if (u.columns !== v.rows) throw new Refusal('invalid-input', `doubleRotationResidual: v: expected ${u.columns} rows, got ${v.rows}`)
  const values = new Float64Array((u.rows + v.columns) * u.columns)
  values.set(u.values)
  for (let row = 0; row < v.columns; row++) {
    for (let k = 0; k < v.rows; k++) values[(u.rows + row) * u.columns + k] = at(v.values, k * v.columns + row)
  }
  return rotationResidual({ rows: u.rows + v.columns, columns: u.columns, values }) // U above Vᵀ, [m + n, r]
}

/** The pair is null where there is none, or where a row holds NaN or ±∞. */
export interface PermutationResidual {
  readonly residual: number
  readonly pair: readonly [number, number] | null
}

/**
 * How far a layer is from the nearest mirror that exchanges two of its units.
 *
 *   r = min_{a<b} ‖θ_a − θ_b‖ / (√2 ‖θ‖),   θ_a the row of unit a, ‖θ‖ that of all rows
 *
 * Rows of units with an odd activation come with `canonicalSigns` first, of ReLU units with `normaliseScales`: two copies that differ by what the activation
 * hides are one unit. Two units that have both vanished are near their mirror too; `homogeneity` tells them apart.
 *
 * @param rows  [units, row length], float64
 * @returns     residual dimensionless, in [0, 1]; the first of the nearest pairs; 0 and the pair (0, 1) for rows of zeros; NaN for fewer than two units
 * Accuracy: relative error row length · 2⁻⁵³ beyond that of the differences, which are exact for rows within a factor 2.
 * Cost: units² · row length / 2 multiplications.
 * Fails: 'invalid-input' if the sizes of the matrix do not fit its values.
 * Source: theory.md section 3.
 */
export function permutationResidual(rows: Matrix): PermutationResidual {
  requireMatrix('permutationResidual: rows', rows)
  const largest = maxAbs(rows.values)
  if (rows.rows < 2 || !Number.isFinite(largest)) return { residual: Number.NaN, pair: null }
  if (largest === 0) return { residual: 0, pair: [0, 1] }
  const scale = powerOfTwoScale(largest) // else the squares of 1e200 overflow
  const values = rows.values.map((value) => value / scale)
  let least = Number.POSITIVE_INFINITY
  let pair: readonly [number, number] = [0, 1]
  for (let a = 0; a < rows.rows; a++) {
    for (let b = a + 1; b < rows.rows; b++) {
      const squares = squaredDistance(values, { a, b, columns: rows.columns })
      if (squares >= least) continue
      least = squares
      pair = [a, b]
    }
  }
  return { residual: ratio(Math.sqrt(least / 2), norm(values)), pair }
}

function squaredDistance(values: Float64Array, { a, b, columns }: { a: number; b: number; columns: number }): number {
  let sum = 0
  for (let k = 0; k < columns; k++) sum += (at(values, a * columns + k) - at(values, b * columns + k)) ** 2
  return sum
}

/** One number for each pair (u_i, w_i) and each of its three mirrors; `nearest` is the smallest of all. */
export interface RescalingResiduals {
  readonly zero: Float64Array // u_i = w_i = 0
  readonly equal: Float64Array // u_i = w_i
  readonly opposite: Float64Array // u_i = −w_i
  readonly nearest: number
}

/**
 * How far each pair of factors is from its mirrors under ℓ(u, w) = ℓ(ρu, w/ρ).
 *
 *   zero √(u_i² + w_i²) / ‖θ‖,   equal |u_i − w_i| / (√2 ‖θ‖),   opposite |u_i + w_i| / (√2 ‖θ‖),   ‖θ‖² = ‖u‖² + ‖w‖²
 *
 * zero² = equal² + opposite² in every pair, and the squares of zero add up to 1.
 *
 * @param u  [d], float64
 * @param w  [d], float64
 * @returns  three times [d], dimensionless, in [0, 1]; zeros for θ = 0; NaN throughout if an entry is NaN or ±∞; nearest NaN for d = 0
 * Accuracy: relative error a few 2⁻⁵³ beyond that of the norm.
 * Fails: 'invalid-input' if the lengths differ.
 * Source: theory.md section 3.
 */
export function rescalingResiduals(u: Float64Array, w: Float64Array): RescalingResiduals {
  requireLength('rescalingResiduals: w', w, u.length)
  const size = norm(Float64Array.of(norm(u), norm(w)))
  const each = (of: (u: number, w: number) => number) => u.map((value, i) => ratio(of(value, at(w, i)), size))
  const zero = each(Math.hypot)
  const equal = each((a, b) => Math.abs(a - b) * Math.SQRT1_2)
  const opposite = each((a, b) => Math.abs(a + b) * Math.SQRT1_2)
  // The zero of a pair is on both of its other mirrors, never nearer than they are. Math.min keeps NaN.
  const nearest = u.length === 0 ? Number.NaN : [...equal, ...opposite].reduce((least, value) => Math.min(least, value))
  return { zero, equal, opposite, nearest }
}

/** component / size, at most 1: rounding can pass it. On every mirror where the size is 0; NaN where it is not finite. */
function ratio(component: number, size: number): number {
  if (!Number.isFinite(size)) return Number.NaN
  return size === 0 ? 0 : Math.min(1, component / size)
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
