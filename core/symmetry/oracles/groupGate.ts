/**
 * Oracle 8.4: a vector behind one gate. Weight decay on gate and vector acts like an unsquared norm: all coordinates vanish together.
 *
 *   min over a ∈ ℝ, w ∈ ℝᵈ of ‖a·w − y‖² + γ(a² + ‖w‖²)  =  min over v of ‖v − y‖² + 2γ‖v‖₂
 */
import { norm } from '#core/numerics/linalg/vector.ts'
import { requireFinite } from '#core/numerics/require.ts'
import { requireNonNegative } from './inputs.ts'

export const groupGate = { number: '8.4', title: { en: 'Group gate', ja: 'グループゲート' } } as const

/**
 * The vector that a gate and weight decay leave of a target.
 *
 *   v = a·w = y · max(1 − γ/‖y‖, 0),   a² = ‖w‖² = ‖v‖
 *
 * @param y            [d], float64, finite
 * @param weightDecay  γ ≥ 0
 * @returns            [d]; zeros from γ = ‖y‖ on, and for y = 0
 * Accuracy: relative d · 2⁻⁵³, times ‖y‖/(‖y‖ − γ) for the cancellation near the threshold.
 * Fails: 'invalid-input' if an entry is not finite or γ is negative.
 * Source: theory.md 8.4.
 */
export function groupGateMinimum(y: Float64Array, weightDecay: number): Float64Array {
  requireFinite('groupGateMinimum: y', y)
  requireNonNegative('groupGateMinimum: weightDecay', weightDecay)
  const size = norm(y)
  if (size <= weightDecay) return new Float64Array(y.length)
  return y.map((value) => value * (1 - weightDecay / size))
}
