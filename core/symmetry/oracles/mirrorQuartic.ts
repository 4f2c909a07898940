/**
 * Oracle 8.7: the smallest loss with a mirror, t → −t, that weight decay makes attractive at a threshold.
 *
 *   ℓ_γ(t, s) = −½at² + ¼t⁴ + (s − 1)² + γ(t² + s²)
 */
import { requireNonNegative, requirePositive, requireReal } from './inputs.ts'

export const mirrorQuartic = { number: '8.7', title: { en: 'Mirror quartic', ja: '鏡映をもつ四次関数' } } as const

/**
 * The minimum and the decay from which it lies on the mirror.
 *
 *   t*² = max(a − 2γ, 0),   s* = 1/(1 + γ),   γ₀ = max(a/2, 0)
 *
 * The loss is convex in t² ≥ 0, so the local threshold of theory.md 2.4 is the global one.
 *
 * @param a            finite; the curvature −a at t = 0
 * @param weightDecay  γ ≥ 0
 * @returns            tSquared ≥ 0, s in (0, 1], threshold ≥ 0
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.7.
 */
export function mirrorQuarticMinimum(
  a: number,
  weightDecay: number,
): { readonly tSquared: number; readonly s: number; readonly threshold: number } {
  requireReal('mirrorQuarticMinimum: a', a)
  requireNonNegative('mirrorQuarticMinimum: weightDecay', weightDecay)
  return { tSquared: Math.max(a - 2 * weightDecay, 0), s: 1 / (1 + weightDecay), threshold: Math.max(a / 2, 0) }
}

/**
 * What is left of t² exactly at the threshold, where decay is no longer exponential.
 *
 *   t² ≈ 1/(2ηt) after t steps: dt/dτ = −t³, τ = η · steps, long after the start was forgotten
 *
 * @param learningRate  η > 0
 * @param steps         > 0
 * @returns             t²
 * Accuracy: relative error about 1/(2ηt · t₀²) for a start t₀, plus terms of the order of η.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.7.
 */
export function criticalRemainder(learningRate: number, steps: number): number {
  requirePositive('criticalRemainder: learningRate', learningRate)
  requirePositive('criticalRemainder: steps', steps)
  return 1 / (2 * learningRate * steps)
}
