/** The scale on which numbers are spaced most evenly: what an axis of a phase diagram is drawn on, and how finely its boundary is looked for. */

export type Scale = 'linear' | 'log'

/**
 * Logarithmic iff all numbers are positive and their largest gap over their smallest is smaller in logarithms; of two numbers, which have one gap, iff one is at least
 * ten times the other.
 *
 * @param levels  in increasing order, all different
 * @returns       linear for fewer than two
 */
export function scaleOf(levels: readonly number[]): Scale {
  const [first = 0, second = 0] = levels
  if (levels.length < 2 || first <= 0) return 'linear'
  if (levels.length === 2) return second / first >= 10 ? 'log' : 'linear'
  return unevenness(levels.map(Math.log)) < unevenness(levels) ? 'log' : 'linear'
}

function unevenness(places: readonly number[]): number {
  const gaps = places.slice(1).map((place, i) => place - (places[i] ?? Number.NaN))
  return Math.max(...gaps) / Math.min(...gaps)
}

/**
 * Places spread evenly over [low, high] on a scale, both ends included exactly; of whole numbers those nearest to them, each once.
 *
 * @param range   low < high, of a log scale > 0
 * @param count   ≥ 2
 */
export function spread(
  { low, high }: { readonly low: number; readonly high: number },
  { scale, isWhole, count }: { readonly scale: Scale; readonly isWhole: boolean; readonly count: number },
): readonly number[] {
  const places = Array.from({ length: count }, (_, i) => {
    if (i === 0) return low
    if (i === count - 1) return high
    const share = i / (count - 1)
    return scale === 'log' ? low * (high / low) ** share : low + (high - low) * share
  })
  return isWhole ? [...new Set(places.map(Math.round))] : places
}
