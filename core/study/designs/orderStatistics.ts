/** The median of values of which only brackets are known, and how far the seeds pin it down. */
import { requireLevel } from '#core/numerics/require.ts'

/** `coverage` is the exact probability, at least the wanted one, that the interval holds the median. */
export type OrderInterval = { readonly low: number; readonly high: number; readonly coverage: number }

/**
 * The sample median's bracket and a distribution-free interval of the population's median.
 *
 *   interval = [l₍ₖ₎, h₍ₙ₊₁₋ₖ₎],   coverage = 1 − 2 P(Bin(n, ½) ≤ k − 1),   k the largest with coverage ≥ level
 *
 * l₍ᵢ₎ and h₍ᵢ₎ are the sorted lower and upper ends: the i-th smallest value lies between them, so the interval covers at least as often as that of
 * the values themselves. Ends may be ±∞: a value known only to be large still counts.
 *
 * @param brackets  [n], low ≤ high
 * @param level     between 0 and 1
 * @returns         the values' unit; NaN for n = 0; interval null where even k = 1 covers too rarely (n < 6 at 0.95), and for n > 1,000
 * Accuracy: coverage to n · 2⁻⁵³ absolute.
 * Fails: 'invalid-input' if the level is not between 0 and 1.
 * Source: Thompson, "On confidence ranges for the median …", Annals of Mathematical Statistics 7, 1936; brackets in place of values are ours.
 */
export function medianBracket(
  brackets: readonly { readonly low: number; readonly high: number }[],
  level = 0.95,
): { low: number; high: number; interval: OrderInterval | null } {
  requireLevel('medianBracket: level', level)
  const lows = brackets.map(({ low }) => low).sort(ascending)
  const highs = brackets.map(({ high }) => high).sort(ascending)
  const rank = rankOf(brackets.length, level)
  const interval = rank === null ? null : { low: at(lows, rank.k - 1), high: at(highs, brackets.length - rank.k), coverage: rank.coverage }
  return { low: medianOf(lows), high: medianOf(highs), interval }
}

const mostValues = 1_000 // 2⁻ⁿ is a float64 up to n = 1,022

function rankOf(n: number, level: number): { k: number; coverage: number } | null {
  if (n > mostValues) return null
  let term = 2 ** -n // P(Bin(n, ½) = 0)
  let tail = term // P(Bin(n, ½) ≤ k − 1)
  let best: { k: number; coverage: number } | null = null
  for (let k = 1; 2 * k <= n && 1 - 2 * tail >= level; k += 1) {
    best = { k, coverage: 1 - 2 * tail }
    term *= (n - k + 1) / k
    tail += term
  }
  return best
}

function medianOf(sorted: readonly number[]): number {
  const half = Math.floor((sorted.length - 1) / 2)
  const [a, b] = [at(sorted, half), at(sorted, sorted.length - 1 - half)]
  return a === b ? a : a / 2 + b / 2 // ±∞ of both signs: NaN, no median
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN
}

function ascending(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0 // a − b of two infinities is NaN
}
