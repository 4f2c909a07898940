/**
 * The place where a condition turns from true to false, to the last bits.
 *
 * Halves [low, high] until float64 holds no number between. The condition is not asked at the ends: it counts as true at `low` and as false
 * at `high`, so that a root at an end is found too.
 *
 * @param isBefore  true on the side of `low`
 * @param low       finite, < high
 * @param high      finite
 * @returns         within one unit in the last place of a turn; one of them if there are several
 * Cost: 60 questions as a rule; 2,100 at most, from the largest number down to a turn at 0.
 */
export function turningPoint(isBefore: (x: number) => boolean, low: number, high: number): number {
  let [below, above] = [low, high]
  for (;;) {
    const middle = below + (above - below) / 2
    if (middle <= below || middle >= above) return middle
    if (isBefore(middle)) below = middle
    else above = middle
  }
}
