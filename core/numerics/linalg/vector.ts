/** Products and sizes of real vectors in float64. */
import { requireLength } from '#core/numerics/require.ts'
import { powerOfTwoScale } from './scale.ts'

/**
 * The inner product.
 *
 *   xᵀy = Σᵢ xᵢyᵢ, added from the first entry on
 *
 * @param x  [n], float64
 * @param y  [n], float64
 * @returns  0 for n = 0; NaN or ±∞ as IEEE arithmetic gives them
 * Accuracy: absolute error at most n · 2⁻⁵³ · Σ|xᵢyᵢ| to first order (Higham, "Accuracy and stability of numerical algorithms", section 3.1).
 * Fails: 'invalid-input' if the lengths differ.
 */
export function dot(x: Float64Array, y: Float64Array): number {
  requireLength('dot: y', y, x.length)
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += at(x, i) * at(y, i)
  return sum
}

/**
 * The Euclidean length.
 *
 *   ‖x‖₂ = s √Σ(xᵢ / s)², s a power of two near the largest |xᵢ|
 *
 * The scale keeps the squares of 1e200 from overflowing and those of 1e-200 from vanishing, and adds no rounding.
 *
 * @param x  [n], float64
 * @returns  ≥ 0; 0 for n = 0; NaN if an entry is NaN, else ∞ if one is ±∞ or the length is beyond 1.8e308
 * Accuracy: relative error at most (n / 2 + 1) · 2⁻⁵³ to first order.
 */
export function norm(x: Float64Array): number {
  const largest = maxAbs(x)
  if (largest === 0 || !Number.isFinite(largest)) return largest
  const scale = powerOfTwoScale(largest)
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += (at(x, i) / scale) ** 2
  return scale * Math.sqrt(sum)
}

/**
 * The largest size of an entry.
 *
 *   ‖x‖∞ = maxᵢ |xᵢ|
 *
 * @param x  [n], float64
 * @returns  ≥ 0; 0 for n = 0; NaN if an entry is NaN
 * Accuracy: exact.
 */
export function maxAbs(x: Float64Array): number {
  let largest = 0
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(at(x, i))) // Math.max keeps NaN, `>` would lose it
  return largest
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
