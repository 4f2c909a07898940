/**
 * Oracle 8.16: dimensional collapse in self-supervised learning, on a loss of two diagonal matrices.
 *
 *   −½ Tr(WAWᵀ) + ¼‖WΣWᵀ‖² + γ‖W‖²,   A = diag(a), Σ = diag(s), W [r, d]
 */
import { requireFinite, requireLength, requireWhole } from '#core/numerics/require.ts'
import { requireNonNegative, requirePositive } from './inputs.ts'

export const sslToy = { number: '8.16', title: { en: 'Self-supervised toy', ja: '自己教師あり学習のトイモデル' } } as const

/** The diagonals a [d] and s [d] > 0, the decay γ, and the width r (d unless said). */
export type Toy = { readonly a: Float64Array; readonly s: Float64Array; readonly weightDecay: number; readonly width?: number }

/**
 * The diagonal of WᵀW at the minimum.
 *
 *   (WᵀW)_ii = max(a_i − 2γ, 0)/s_i² for the r largest of (a_i − 2γ)/s_i, else 0
 *
 * A kept dimension saves ((a_i − 2γ)/(2s_i))², which is why a narrow W keeps those. Dimension i collapses iff a_i ≤ 2γ, or for lack of width.
 *
 * @param toy  see `Toy`
 * @returns    [d], ≥ 0; of equal savings the first are kept
 * Accuracy: a few roundings, more where a_i is near 2γ.
 * Fails: 'invalid-input' if lengths disagree or a number breaks its rule.
 * Source: theory.md 8.16.
 */
export function sslMinimum({ a, s, weightDecay, width = a.length }: Toy): Float64Array {
  requireLength('sslMinimum: s', s, a.length)
  requireFinite('sslMinimum: a', a)
  for (const value of s) requirePositive('sslMinimum: s', value)
  requireNonNegative('sslMinimum: weightDecay', weightDecay)
  requireWhole('sslMinimum: width', width)
  const saving = a.map((value, i) => Math.max(value - 2 * weightDecay, 0) / (s[i] ?? Number.NaN))
  const kept = new Set([...saving.keys()].toSorted((i, j) => (saving[j] ?? 0) - (saving[i] ?? 0)).slice(0, width)) // sorts are stable
  return saving.map((value, i) => (kept.has(i) ? value / (s[i] ?? Number.NaN) : 0))
}
