/** How well a few runs pin down a mean. */
import { requireFinite, requireLevel } from '#core/numerics/require.ts'
import { tCritical } from './distributions.ts'
import { mean, standardDeviation } from './moments.ts'
import type { Sample } from './moments.ts'

/**
 * Student's confidence interval of a mean.
 *
 *   m ± t s / √n,   t the (1 + level) / 2 quantile of Student's t with n − 1 degrees of freedom
 *
 * It covers the true mean with probability `level` when the values are independent and normal; it is an approximation otherwise, poor for
 * skewed values and small n.
 *
 * @param values  [n], float64, finite
 * @param level   between 0 and 1
 * @returns       the values' unit; null for n < 2: one value says nothing about its spread. Equal values give an interval of width 0
 * Accuracy: relative error of the half-width below 1e-10 plus that of s.
 * Fails: 'invalid-input' if a value is NaN or ±∞ or the level is not between 0 and 1.
 * Source: Student, "The probable error of a mean", 1908.
 */
export function tInterval(values: Sample, level = 0.95): { low: number; high: number } | null {
  requireFinite('tInterval: values', values)
  requireLevel('tInterval: level', level)
  const n = values.length
  if (n < 2) return null
  const centre = mean(values)
  const halfWidth = (tCritical(level, n - 1) * standardDeviation(values)) / Math.sqrt(n)
  return { low: centre - halfWidth, high: centre + halfWidth }
}
