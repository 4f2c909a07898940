/**
 * How far parameters are from a mirror, relative to their own size.
 *
 *   r(θ) = ‖Oᵀθ‖₂ / ‖θ‖₂ = ‖θ − Rθ‖₂ / (2‖θ‖₂),   R = I − 2OOᵀ
 *
 * The sine of the angle between θ and the fixed space Oᵀθ = 0 of R. It depends on the mirror, not on the basis: O and OQ, Q orthogonal,
 * give the same r. For isotropic random θ the mean of r² is k / d: that is the value that means "no structure".
 *
 * @param theta  [d], float64, finite; the parameters flattened in the model's order
 * @param o      [d, k], 1 ≤ k ≤ d, orthonormal columns: max |OᵀO − I| ≤ 1e-12
 * @returns      dimensionless, in [0, 1]; 0 for θ = 0, which lies on every mirror; NaN if an entry of θ is NaN or ±∞
 * Accuracy: absolute rounding error √k · d · 2⁻⁵³ at worst. Of parameters born in float32, r < 2⁻²⁴ cannot be told from 0.
 * Cost: d · k multiplications.
 * Fails: 'invalid-input' if a shape disagrees.
 * Source: the O-mirror of Ziyin, arXiv 2309.16932; the ratio is ours; k / d is the mean of Beta(k / 2, (d − k) / 2).
 */
import { transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'

export function mirrorDistance(theta: Float64Array, o: Matrix): number {
  const size = norm(theta)
  if (size === 0) return 0 // 0 / 0 would say NaN
  const component = transposeTimes(o, theta) // Oᵀθ, [k]
  return Math.min(1, norm(component) / size) // rounding can lift the ratio to 1 + 2⁻⁵²
}
