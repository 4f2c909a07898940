/**
 * Oracle 8.17: two equal parts of a model under weight decay become copies; without decay they keep their difference for ever.
 *
 *   (θ₁ + θ₂ − y)² + γ(θ₁² + θ₂²)
 */
import { requireWhole } from '#core/numerics/require.ts'
import { requireNonNegative, requireReal } from './inputs.ts'

export const permutationPair = { number: '8.17', title: { en: 'Permutation in a linear model', ja: '線形モデルの置換対称性' } } as const

/**
 * The two coefficients of two equal columns.
 *
 *   γ > 0: θ₁ = θ₂ = y/(2 + γ).   γ = 0: θ₁ + θ₂ = y with the start's θ₁ − θ₂
 *
 * @param y         the target, finite
 * @param training  weightDecay γ ≥ 0; difference: θ₁ − θ₂ at the start, which counts only at γ = 0
 * @returns         [θ₁, θ₂]
 * Accuracy: a few roundings.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.17.
 */
export function permutationPairMinimum(
  y: number,
  { weightDecay, difference = 0 }: { readonly weightDecay: number; readonly difference?: number },
): readonly [number, number] {
  requireReal('permutationPairMinimum: y', y)
  requireReal('permutationPairMinimum: difference', difference)
  requireNonNegative('permutationPairMinimum: weightDecay', weightDecay)
  if (weightDecay > 0) return [y / (2 + weightDecay), y / (2 + weightDecay)]
  return [y / 2 + difference / 2, y / 2 - difference / 2]
}

/**
 * What one plain step leaves of the difference θ₁ − θ₂, exactly, whatever the data.
 *
 *   1 − 2ηγ
 *
 * Fails: 'invalid-input' if η or γ is negative.
 * Source: theory.md 8.17: the gradient of the data's part is equal for both.
 */
export function differenceFactor({ learningRate, weightDecay }: { readonly learningRate: number; readonly weightDecay: number }): number {
  requireNonNegative('differenceFactor: learningRate', learningRate)
  requireNonNegative('differenceFactor: weightDecay', weightDecay)
  return 1 - 2 * learningRate * weightDecay
}

/**
 * One copy of a ReLU neuron that is split into k equal ones: same function, same L2.
 *
 *   u relu(wᵀx) = k · (u/√k) relu(wᵀx/√k),   u² + ‖w‖² = k · [(u/√k)² + ‖w/√k‖²]
 *
 * So decay neither makes nor merges copies of ReLU neurons: it is neutral to them, where it merges tanh neurons.
 *
 * @param neuron  u finite, w [d]
 * @param copies  k whole ≥ 1
 * @returns       u/√k and w/√k
 * Fails: 'invalid-input' if u is not finite or k is no count.
 * Source: theory.md 8.17.
 */
export function splitReluNeuron(
  { u, w }: { readonly u: number; readonly w: Float64Array },
  copies: number,
): { readonly u: number; readonly w: Float64Array } {
  requireReal('splitReluNeuron: u', u)
  requireWhole('splitReluNeuron: copies', copies, 1)
  const root = Math.sqrt(copies)
  return { u: u / root, w: w.map((value) => value / root) }
}
