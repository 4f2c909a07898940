/** How many seeds an interval needs. */
import { Refusal } from '#core/contract/errors.ts'
import { requireLevel, requireWhole } from '#core/numerics/require.ts'
import { tCritical } from './distributions.ts'

/** What a pilot measured and what is wanted: the interval's half-width, in the metric's unit. */
export interface Pilot {
  readonly standardDeviation: number
  readonly halfWidth: number
}

const mostSeeds = 1e12 // the t quantile is proven up to here; no plan comes near it

/**
 * The least number of seeds that gives an interval of a mean, or one as narrow as is wanted, and how many of them are still missing.
 *
 *   total = 2 without a pilot, else the least n ≥ 2 with t s / √n ≤ h,   t the (1 + level) / 2 quantile with n − 1 degrees of freedom
 *
 * The left side falls with n, so that bisection finds the least. s is taken as the true spread: a pilot of few seeds leaves it uncertain, and
 * the interval of the new runs comes out wider than h about every second time.
 *
 * @param have   seeds with a finite value, whole, ≥ 0
 * @param pilot  s ≥ 0 and h > 0, finite, same unit
 * @param level  of the interval, between 0 and 1
 * @returns      total ≥ 2; more = max(0, total − have); ∞ both where even 1e12 seeds are too few
 * Cost: log₂ of total quantiles.
 * Fails: 'invalid-input' if an argument breaks its rule.
 * Source: the definition of the t interval.
 */
export function seedsNeeded({ have, pilot, level = 0.95 }: { have: number; pilot?: Pilot; level?: number }): {
  total: number
  more: number
} {
  requireWhole('seedsNeeded: have', have)
  requireLevel('seedsNeeded: level', level)
  const total = pilot === undefined ? 2 : leastCount(pilot, level)
  return { total, more: Math.max(0, total - have) }
}

function leastCount(pilot: Pilot, level: number): number {
  const { standardDeviation, halfWidth } = pilot
  requireSize('seedsNeeded: pilot.standardDeviation', standardDeviation, 0)
  requireSize('seedsNeeded: pilot.halfWidth', halfWidth, Number.MIN_VALUE)
  const isEnough = (n: number): boolean => (tCritical(level, n - 1) * standardDeviation) / Math.sqrt(n) <= halfWidth
  if (isEnough(2)) return 2
  if (!isEnough(mostSeeds)) return Number.POSITIVE_INFINITY
  let tooFew = 2
  let enough = 4
  while (!isEnough(enough)) {
    tooFew = enough
    enough *= 2
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2)
    if (isEnough(middle)) enough = middle
    else tooFew = middle
  }
  return enough
}

function requireSize(name: string, value: number, least: number): void {
  if (value >= least && value < Number.POSITIVE_INFINITY) return
  throw new Refusal('invalid-input', `${name}: expected a finite number ${least === 0 ? '≥ 0' : '> 0'}, got ${value}`)
}
