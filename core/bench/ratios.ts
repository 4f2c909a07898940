/** How programs that were timed in turns stand to each other, and whether they trained the same. */
import { median } from '#core/numerics/statistics/moments.ts'

/** This program in a race, whose times are the measure. */
export const ourName = 'Kagami'

/** A median and its range over the rounds. */
export type Spread = { readonly median: number; readonly least: number; readonly most: number }

/** The spread of at least one number. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}

/** theirs / ours, round by round: what else the machine did in a round slowed both. Above 1 ours is faster. A round that either has not is left out. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  return spreadOf(theirs.slice(0, ours.length).map((value, round) => value / (ours[round] ?? Number.NaN)))
}

/** The largest |a − b| / |a| over the runs; ∞ when they are not as many, or a loss is not finite. */
export function differenceOf(ours: readonly number[], theirs: readonly number[]): number {
  if (ours.length !== theirs.length || ours.length === 0) return Number.POSITIVE_INFINITY
  const differences = ours.map((a, r) => (a === theirs[r] ? 0 : Math.abs(a - (theirs[r] ?? Number.NaN)) / Math.abs(a)))
  return differences.some((value) => Number.isNaN(value)) ? Number.POSITIVE_INFINITY : Math.max(...differences)
}
