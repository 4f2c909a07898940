/** The distributions that the tests and intervals need: the one door to stdlib's incomplete beta and error functions. */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import tCdf from '@stdlib/stats-base-dists-t-cdf'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import { requireLevel } from '#core/numerics/require.ts'

/**
 * The probability that Student's t lies at least as far from 0 as a value, on either side.
 *
 *   p = 2 F(−|t|; ν)
 *
 * The lower tail is computed as such: 1 − F(|t|) would lose every digit of a small p.
 *
 * @param t                 dimensionless; ±∞ gives 0
 * @param degreesOfFreedom  ν > 0, finite, not necessarily whole
 * @returns                 [0, 1]; NaN if t is NaN
 * Accuracy: relative error below 1e-10 for 1 ≤ ν ≤ 1e12 and |t| ≤ 50, against SciPy 1.17.
 */
export function twoSidedP(t: number, degreesOfFreedom: number): number {
  return Math.min(1, 2 * tCdf(-Math.abs(t), degreesOfFreedom))
}

/**
 * The half-width of a central interval of Student's t.
 *
 *   F(−c; ν) = (1 − level) / 2
 *
 * @param level             between 0 and 1
 * @param degreesOfFreedom  ν > 0, finite, not necessarily whole
 * @returns                 > 0, dimensionless
 * Accuracy: relative error below 1e-10 for 1 ≤ ν ≤ 1e12 and 0.4 ≤ level ≤ 1 − 2e-9, against SciPy 1.17; nearer to 0 it is worse for large ν.
 * Fails: 'invalid-input' if the level is not between 0 and 1.
 */
export function tCritical(level: number, degreesOfFreedom: number): number {
  requireLevel('tCritical: level', level)
  return -tQuantile((1 - level) / 2, degreesOfFreedom)
}

/**
 * The half-width of a central interval of the standard normal distribution.
 *
 *   Φ(−c) = (1 − level) / 2
 *
 * @param level  between 0 and 1
 * @returns      > 0, dimensionless; 1.96 for 0.95
 * Accuracy: relative error below 1e-9 for 0.4 ≤ level ≤ 1 − 2e-9, against SciPy 1.17.
 * Fails: 'invalid-input' if the level is not between 0 and 1.
 */
export function normalCritical(level: number): number {
  requireLevel('normalCritical: level', level)
  return -normalQuantile((1 - level) / 2, 0, 1)
}
