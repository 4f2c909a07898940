/** Several tests at once: what their p values are worth together. */
import { Refusal } from '#core/contract/errors.ts'

/**
 * Holm's step-down adjustment: rejecting where the adjusted p ≤ α makes any false rejection at all at most α likely.
 *
 *   p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎),   p₍₁₎ ≤ … ≤ p₍ₘ₎
 *
 * It needs no independence and never rejects less than Bonferroni's. A null is a test that was not made: it stays null and m counts the
 * others only.
 *
 * @param ps  p values in [0, 1], or null
 * @returns   in the same order; each in [p, 1], never below that of a smaller p
 * Accuracy: one rounding.
 * Cost: m log m.
 * Fails: 'invalid-input' if a p is NaN or outside [0, 1].
 * Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
 */
export function holm(ps: readonly (number | null)[]): (number | null)[] {
  const made = ps.flatMap((p, index) => (p === null ? [] : [{ p, index }]))
  for (const { p, index } of made) {
    if (!(p >= 0 && p <= 1)) throw new Refusal('invalid-input', `holm: ps: expected numbers from 0 to 1, got ${p} at index ${index}`)
  }
  made.sort((one, two) => one.p - two.p)
  const adjusted: (number | null)[] = ps.map(() => null)
  let largest = 0
  made.forEach(({ p, index }, rank) => {
    largest = Math.max(largest, Math.min(1, (made.length - rank) * p))
    adjusted[index] = largest
  })
  return adjusted
}
