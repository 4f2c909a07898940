/** Do two groups have the same mean, when their spreads may differ? */
import { requireFinite, requireLevel } from '#core/numerics/require.ts'
import { tCritical, twoSidedP } from './distributions.ts'
import { mean, standardDeviation } from './moments.ts'
import type { Sample } from './moments.ts'

/** `difference` and the interval are a − b; `p` is two-sided. */
export interface WelchResult {
  readonly difference: number
  readonly degreesOfFreedom: number
  readonly t: number
  readonly p: number
  readonly low: number
  readonly high: number
}

/**
 * Welch's t test of equal means, with the interval of the difference.
 *
 *   d = m_a − m_b,  e² = s_a²/n + s_b²/m,  t = d / e
 *   ν = e⁴ / ((s_a²/n)² / (n − 1) + (s_b²/m)² / (m − 1)),   interval d ± t_ν e
 *
 * Swapping a and b negates difference and t, exchanges the bounds and leaves ν and p; a common shift leaves all.
 *
 * @param a      [n], float64, finite
 * @param b      [m], float64, finite
 * @param level  of the interval, between 0 and 1
 * @returns      min(n, m) − 1 ≤ ν ≤ n + m − 2; null if n < 2 or m < 2, or if both groups have spread 0, where t does not exist
 * Accuracy: the relative error of e is that of s; of p about ν · 2⁻⁵³ · t² / (1 + t² / ν) more. p below 1e-308 is 0.
 * Fails: 'invalid-input' if a value is NaN or ±∞ or the level is not between 0 and 1.
 * Source: Welch, "The generalization of 'Student's' problem when several different population variances are involved", 1947;
 *   ν is that of Satterthwaite, 1946.
 */
export function welch(a: Sample, b: Sample, level = 0.95): WelchResult | null {
  requireFinite('welch: a', a)
  requireFinite('welch: b', b)
  requireLevel('welch: level', level)
  if (a.length < 2 || b.length < 2) return null
  const errorA = standardDeviation(a) / Math.sqrt(a.length)
  const errorB = standardDeviation(b) / Math.sqrt(b.length)
  const error = Math.hypot(errorA, errorB)
  if (error === 0) return null
  const difference = mean(a) - mean(b)
  // As shares of e² the formula for ν cannot overflow: (s²)² of 1e100 would.
  const shareA = (errorA / error) ** 2
  const shareB = (errorB / error) ** 2
  const degreesOfFreedom = 1 / (shareA ** 2 / (a.length - 1) + shareB ** 2 / (b.length - 1))
  const t = difference / error
  const halfWidth = tCritical(level, degreesOfFreedom) * error
  return { difference, degreesOfFreedom, t, p: twoSidedP(t, degreesOfFreedom), low: difference - halfWidth, high: difference + halfWidth }
}
