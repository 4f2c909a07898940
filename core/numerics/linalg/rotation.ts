/** Rotations of a plane in float64, the step of every iteration that makes a matrix diagonal. */
import { powerOfTwoScale } from './scale.ts'

/** [first, second] ↦ [c · first + s · second, c · second − s · first]. */
export interface Rotation {
  readonly c: number
  readonly s: number
}

/**
 * The length of a plane vector.
 *
 *   √(a² + b²)
 *
 * Not Math.hypot, which costs several times as much and is called for every rotation.
 *
 * @param a  real
 * @param b  real
 * @returns  ≥ 0; NaN if one is NaN, else ∞ if one is ±∞ or the length is beyond 1.8e308
 * Accuracy: relative error at most 2 · 2⁻⁵³ to first order; below 2.2e-308 also that of a subnormal number.
 */
export function hypotenuse(a: number, b: number): number {
  const largest = Math.max(Math.abs(a), Math.abs(b))
  // 2^±480: the larger square is normal, and a smaller square that underflows is below half an ulp of it
  if (largest > 2 ** -480 && largest < 2 ** 480) return Math.sqrt(a * a + b * b)
  if (largest === 0 || !Number.isFinite(largest)) return largest
  const scale = powerOfTwoScale(largest)
  return scale * Math.sqrt((a / scale) ** 2 + (b / scale) ** 2)
}

/**
 * Rotates two vectors of one length in their plane, in place.
 *
 * @param x  [n], becomes c · x + s · y
 * @param y  [n], becomes c · y − s · x
 */
export function rotate(x: Float64Array, y: Float64Array, { c, s }: Rotation): void {
  for (let i = 0; i < x.length; i++) {
    const first = x[i] ?? Number.NaN
    const second = y[i] ?? Number.NaN
    x[i] = c * first + s * second
    y[i] = c * second - s * first
  }
}
