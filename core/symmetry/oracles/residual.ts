/**
 * Oracle 8.19: factors around the identity. The decay pulls to (1, 1) and not to 0, so that no singular value dies: full rank at any γ.
 *
 *   ((1 + a)(1 + b) − s)² + γ(a² + b²), for each singular value s on which the factors are aligned
 */
import { requireNonNegative, requireReal } from './inputs.ts'
import { turningPoint } from './turningPoint.ts'

export const residual = { number: '8.19', title: { en: 'Residual model', ja: '残差接続モデル' } } as const

/** A stationary point: the product (1 + a)(1 + b), the offsets and the cost. */
export type ResidualBranch = { readonly product: number; readonly a: number; readonly b: number; readonly cost: number }

/** A singular value s and the decay γ. */
export type ResidualTarget = { readonly s: number; readonly weightDecay: number }

/**
 * The symmetric branch a = b, its root of least cost.
 *
 *   (1 + a)((1 + a)² − s) + γa = 0
 *
 * In x = 1 + a it is x³ + (γ − s)x − γ = 0, which has one root ≥ 0; at −x the data's part is equal and the decay's larger.
 *
 * @param target  s finite, γ ≥ 0
 * @returns       see `ResidualBranch`; product ≥ 0
 * Accuracy: x to some units in the last place relative to the largest of 1, |s|, γ.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.19.
 */
export function symmetricBranch({ s, weightDecay }: ResidualTarget): ResidualBranch {
  requireTarget('symmetricBranch', { s, weightDecay })
  const largest = Math.max(1, Math.sqrt(Math.max(s, 0)))
  const x = turningPoint((at) => at * (at * at - s) + weightDecay * (at - 1) < 0, 0, largest)
  return { product: x * x, a: x - 1, b: x - 1, cost: (x * x - s) ** 2 + 2 * weightDecay * (x - 1) ** 2 }
}

/**
 * The asymmetric branch, where the residual model breaks its own symmetry a ↔ b.
 *
 *   a + b = −1,  ab = s + γ,  product s + γ,  cost γ − γ² − 2sγ;   only for s + γ < ¼
 *
 * @param target  s finite, γ ≥ 0
 * @returns       null where it does not exist; a < b
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.19.
 */
export function asymmetricBranch({ s, weightDecay }: ResidualTarget): ResidualBranch | null {
  requireTarget('asymmetricBranch', { s, weightDecay })
  const product = s + weightDecay
  if (product >= 0.25) return null
  const far = (-1 - Math.sqrt(1 - 4 * product)) / 2
  return { product, a: far, b: product / far, cost: weightDecay * (1 - weightDecay - 2 * s) } // b as quotient: no cancellation
}

/**
 * The cheaper of the two branches.
 *
 * @param target  s finite, γ ≥ 0
 * @returns       the branch and which it is; the symmetric one if they cost the same
 * Accuracy: as the branches.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.19. The product is never 0 for s ≥ 0 and γ > 0.
 */
export function residualMinimum(target: ResidualTarget): ResidualBranch & { readonly branch: 'symmetric' | 'asymmetric' } {
  const symmetric = symmetricBranch(target)
  const asymmetric = asymmetricBranch(target)
  if (asymmetric === null || symmetric.cost <= asymmetric.cost) return { ...symmetric, branch: 'symmetric' }
  return { ...asymmetric, branch: 'asymmetric' }
}

function requireTarget(name: string, { s, weightDecay }: ResidualTarget): void {
  requireReal(`${name}: s`, s)
  requireNonNegative(`${name}: weightDecay`, weightDecay)
}
