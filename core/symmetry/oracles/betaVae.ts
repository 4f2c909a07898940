/**
 * Oracle 8.15: posterior collapse of a linear β-VAE, dimension by dimension.
 *
 *   per dimension: [(uw − 1)²λ + u²τ]/(2s²) + (β/2)[w²λ + τ − ln τ − 1]
 *
 * decoder weight u, encoder weight w, posterior variance τ; data variance λ, decoder variance s².
 */
import { requireNonNegative, requirePositive, requireReal } from './inputs.ts'

export const betaVae = { number: '8.15', title: { en: 'Linear β-VAE', ja: '線形 β 変分オートエンコーダ' } } as const

/** One principal dimension: data variance λ ≥ 0, β > 0, decoder variance s² > 0. */
export type Dimension = { readonly variance: number; readonly beta: number; readonly decoderVariance: number }

/**
 * What the dimension learns.
 *
 *   active iff λ > βs²;   u² = max(λ − βs², 0),   w = u/(u² + βs²),   τ = βs²/(u² + βs²)
 *
 * @param dimension  see `Dimension`
 * @returns          isActive, uSquared, wSquared, posteriorVariance τ in (0, 1]; collapsed: 0, 0 and the prior's 1
 * Accuracy: a few roundings, more where λ is near βs².
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.15; w and τ from its stationary conditions.
 */
export function betaVaeMinimum(dimension: Dimension): {
  readonly isActive: boolean
  readonly uSquared: number
  readonly wSquared: number
  readonly posteriorVariance: number
} {
  requireDimension('betaVaeMinimum', dimension)
  const { variance, beta, decoderVariance } = dimension
  const noise = beta * decoderVariance
  const uSquared = Math.max(variance - noise, 0)
  const total = Math.max(variance, noise) // u² + βs²
  return { isActive: uSquared > 0, uSquared, wSquared: uSquared / total / total, posteriorVariance: noise / total }
}

/**
 * The loss of one dimension, with the prior's and the decoder's constants left out.
 *
 * @param dimension  see `Dimension`
 * @param point      u, w finite; posteriorVariance τ > 0
 * @returns          ≥ 0
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.15.
 */
export function betaVaeLoss(
  dimension: Dimension,
  { u, w, posteriorVariance }: { readonly u: number; readonly w: number; readonly posteriorVariance: number },
): number {
  requireDimension('betaVaeLoss', dimension)
  requireReal('betaVaeLoss: u', u)
  requireReal('betaVaeLoss: w', w)
  requirePositive('betaVaeLoss: posteriorVariance', posteriorVariance)
  const { variance, beta, decoderVariance } = dimension
  const rebuilt = ((u * w - 1) ** 2 * variance + u * u * posteriorVariance) / (2 * decoderVariance)
  return rebuilt + (beta / 2) * (w * w * variance + posteriorVariance - Math.log(posteriorVariance) - 1)
}

function requireDimension(name: string, { variance, beta, decoderVariance }: Dimension): void {
  requireNonNegative(`${name}: variance`, variance)
  requirePositive(`${name}: beta`, beta)
  requirePositive(`${name}: decoderVariance`, decoderVariance)
}
