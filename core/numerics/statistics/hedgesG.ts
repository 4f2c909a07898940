/** How large a difference of means is, in units of the spread. */
import { requireFinite, requireLevel } from '#core/numerics/require.ts'
import { normalCritical } from './distributions.ts'
import { mean, standardDeviation } from './moments.ts'
import type { Sample } from './moments.ts'

/**
 * Hedges' g, the standardised difference of means without its small-sample bias, and its interval.
 *
 *   g = J(ν) (m_a − m_b) / s_p,   s_p² = ((n − 1)s_a² + (m − 1)s_b²) / ν,   ν = n + m − 2
 *   J(ν) = Γ(ν/2) / (√(ν/2) Γ((ν − 1)/2)),   interval g ± z √((n + m)/(nm) + g² / (2(n + m)))
 *
 * The interval is the large-sample one, too narrow where the effect is large and the groups are small. Coverage of the 95 % interval,
 * 100,000 to 400,000 simulated pairs of equal normal groups:
 *
 *   true effect   n = m = 2     3     5    10
 *   0 or 1             .96   .96   .96   .95
 *   3                  .86   .92   .93   .94
 *   10                 .60   .81   .89   .93
 *
 * @param a      [n], float64, finite
 * @param b      [m], float64, finite
 * @param level  of the interval, between 0 and 1
 * @returns      dimensionless; null if n < 2 or m < 2, or if both groups have spread 0, where g does not exist
 * Accuracy: relative error about (n + m) · 2⁻⁵³ plus that of the means' difference and s_p.
 * Cost: n + m.
 * Fails: 'invalid-input' if a value is NaN or ±∞ or the level is not between 0 and 1.
 * Source: J is equation 6e of Hedges, "Distribution theory for Glass's estimator of effect size and related estimators", 1981;
 *   the variance is that of Hedges and Olkin, "Statistical methods for meta-analysis", 1985, for the unbiased estimator.
 */
export function hedgesG(a: Sample, b: Sample, level = 0.95): { g: number; low: number; high: number } | null {
  requireFinite('hedgesG: a', a)
  requireFinite('hedgesG: b', b)
  requireLevel('hedgesG: level', level)
  const n = a.length
  const m = b.length
  if (n < 2 || m < 2) return null
  const degreesOfFreedom = n + m - 2
  const shareA = Math.sqrt((n - 1) / degreesOfFreedom)
  const shareB = Math.sqrt((m - 1) / degreesOfFreedom)
  const pooled = Math.hypot(shareA * standardDeviation(a), shareB * standardDeviation(b))
  if (pooled === 0) return null
  const g = biasCorrection(degreesOfFreedom) * ((mean(a) - mean(b)) / pooled)
  const halfWidth = normalCritical(level) * Math.sqrt((n + m) / (n * m) + (g * g) / (2 * (n + m)))
  return { g, low: g - halfWidth, high: g + halfWidth }
}

/** J(ν) for whole ν ≥ 2, without a gamma function: J(2) = 1/√π, J(3) = √π / (2√1.5), J(ν + 2) = J(ν) · ν / (ν − 1) · √(ν / (ν + 2)). */
function biasCorrection(degreesOfFreedom: number): number {
  const isEven = degreesOfFreedom % 2 === 0
  let factor = isEven ? 1 / Math.sqrt(Math.PI) : Math.sqrt(Math.PI / 1.5) / 2
  for (let from = isEven ? 2 : 3; from < degreesOfFreedom; from += 2) factor *= (from / (from - 1)) * Math.sqrt(from / (from + 2))
  return factor
}
