/** How well a few trials pin down a proportion. */
import { Refusal } from '#core/contract/errors.ts'
import { requireLevel, requireWhole } from '#core/numerics/require.ts'
import { normalCritical } from './distributions.ts'

/**
 * Wilson's score interval of a proportion.
 *
 *   all p with (x/n − p)² ≤ z² p(1 − p) / n,   z the (1 + level) / 2 quantile of the standard normal distribution
 *   low = x² / n / (x + z²/2 + z √(x(n − x)/n + z²/4)),   high = 1 − low of n − x
 *
 * It stays inside [0, 1] and is no point for x = 0 or x = n. The probability that it covers the true p moves around `level` with n and p. At 95 % it
 * is e^{−0.18} = 84 % at worst, where np is just below 0.18: there x = 0 alone gives an interval that holds p.
 *
 * @param successes  x, whole, 0 ≤ x ≤ n
 * @param trials     n, whole, independent
 * @param level      between 0 and 1
 * @returns          share x/n and bounds with 0 ≤ low ≤ share ≤ high ≤ 1, dimensionless; low is 0 for x = 0 and high is 1 for x = n, exactly;
 *                   null for n = 0
 * Accuracy: relative error of low and of 1 − high below 1e-9, that of z.
 * Fails: 'invalid-input' if a count is not whole, x > n, or the level is not between 0 and 1.
 * Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927; method 3 of Newcombe 1998. The form without
 *   cancellation comes from the product of both roots, x² / (n(n + z²)).
 */
export function wilson(
  successes: number,
  trials: number,
  level = 0.95,
): { readonly share: number; readonly low: number; readonly high: number } | null {
  requireWhole('wilson: successes', successes)
  requireWhole('wilson: trials', trials)
  requireLevel('wilson: level', level)
  if (successes > trials) throw new Refusal('invalid-input', `wilson: successes: expected at most ${trials}, got ${successes}`)
  if (trials === 0) return null
  const z = normalCritical(level)
  const share = successes / trials
  // Rounding may put a bound on the wrong side of the share where z is tiny.
  return { share, low: Math.min(share, lowOf(successes, trials, z)), high: Math.max(share, 1 - lowOf(trials - successes, trials, z)) }
}

function lowOf(x: number, n: number, z: number): number {
  if (x === 0) return 0
  const half = z * Math.sqrt(x * ((n - x) / n) + (z * z) / 4)
  return (x * (x / n)) / (x + (z * z) / 2 + half)
}
