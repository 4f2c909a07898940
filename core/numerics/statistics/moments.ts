/** Mean, median and standard deviation of a sample in float64. */
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'

/** The values of one group; their order has no meaning. */
export type Sample = readonly number[] | Float64Array

/**
 * The arithmetic mean.
 *
 *   m = m₀ + (1/n) Σ(xᵢ − m₀),   m₀ = (1/n) Σxᵢ
 *
 * The second pass takes back what rounding did to the first: equal values have exactly their value as mean. A scale by a power of two
 * keeps the sum from overflowing.
 *
 * @param values  [n], float64
 * @returns       the values' unit, between the smallest and the largest; NaN for n = 0 or if a value is NaN or ±∞
 * Accuracy: relative to the largest |xᵢ|, 2⁻⁵³ and terms of order (n · 2⁻⁵³)².
 * Source: the correction is that of Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983.
 */
export function mean(values: Sample): number {
  const { scale, centre } = centreOf(values)
  return scale * centre
}

/**
 * The median: the middle value, or the mean of the two middle ones.
 *
 * @param values  [n], float64
 * @returns       the values' unit, between the smallest and the largest; NaN for n = 0 or if a value is NaN
 * Cost: n log n.
 */
export function median(values: Sample): number {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length === 0 || sorted.some(Number.isNaN)) return Number.NaN
  const half = (sorted.length - 1) / 2
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(half)], sorted[Math.ceil(half)]]
  return low === high ? low : low / 2 + high / 2 // the sum itself may leave float64
}

/**
 * The sample standard deviation.
 *
 *   s² = (Σ(xᵢ − m)² − (Σ(xᵢ − m))² / n) / (n − 1)
 *
 * Two passes: Σx² − nm² would lose every digit when the values differ little.
 *
 * @param values  [n], float64
 * @returns       the values' unit, ≥ 0; exactly 0 for equal values; NaN for n < 2 or if a value is NaN or ±∞
 * Accuracy: relative error about n · 2⁻⁵³ plus 2⁻⁵³ · max|xᵢ| / s, which is the rounding that the values bring with them.
 * Source: Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983, the corrected two-pass algorithm.
 */
export function standardDeviation(values: Sample): number {
  const n = values.length
  if (n < 2) return Number.NaN
  const { scale, centre } = centreOf(values)
  let sum = 0
  let squares = 0
  for (const value of values) {
    const deviation = value / scale - centre
    sum += deviation
    squares += deviation * deviation
  }
  return scale * Math.sqrt(Math.max(0, squares - (sum * sum) / n) / (n - 1)) // Math.max keeps NaN
}

/** The mean as scale · centre, the scale a power of two near the largest size. */
function centreOf(values: Sample): { readonly scale: number; readonly centre: number } {
  let largest = values.length === 0 ? Number.NaN : 0
  for (const value of values) largest = Math.max(largest, Math.abs(value))
  if (largest === 0) return { scale: 1, centre: 0 }
  if (!Number.isFinite(largest)) return { scale: 1, centre: Number.NaN }
  const scale = powerOfTwoScale(largest)
  let sum = 0
  for (const value of values) sum += value / scale
  const first = sum / values.length
  let rest = 0
  for (const value of values) rest += value / scale - first
  return { scale, centre: first + rest / values.length }
}
