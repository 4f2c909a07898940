/**
 * Oracle 8.10: label noise and weight decay add up to one threshold.
 *
 *   (uw − y_t)² with y_t = m + sξ, small λ:   E[uw] = soft(m, γ + λs²/B)
 */
import { requireWhole } from '#core/numerics/require.ts'
import { Refusal } from '#core/contract/errors.ts'
import { requireNonNegative, requirePositive, requireReal } from './inputs.ts'
import { softThreshold } from './lasso.ts'

export const noiseDecay = { number: '8.10', title: { en: 'Noise and decay add up', ja: 'ノイズと重み減衰の和' } } as const

/**
 * How a noisy product is trained: γ, learning rate λ, label noise of deviation s, batch size B, momentum μ, and the factor c of the loss
 * c(uw − y)².
 */
export type NoisyTraining = {
  readonly weightDecay: number
  readonly learningRate: number
  readonly deviation: number
  readonly batchSize?: number
  readonly momentum?: number
  readonly scale?: number
}

/**
 * The threshold that decay and noise make together.
 *
 *   γ/c + c · λ/(1−μ) · s²/B;   c = 1: γ + λs²/B;   c = ½ with γ = 0: ½λs²
 *
 * A loss cℓ at rate λ is the loss ℓ at rate cλ and decay γ/c (theory.md 0.3).
 *
 * @returns  ≥ 0, in the units of the target
 * Accuracy: first order in λs²; simulations lie lower by .003 to .023 for noise thresholds up to .65 (theory.md 8.10).
 * Fails: 'invalid-input' if a number is negative or not finite, B is no count ≥ 1, c is not above 0, or μ is not in [0, 1).
 * Source: theory.md 8.10.
 */
export function noisyThreshold({ weightDecay, learningRate, deviation, batchSize = 1, momentum = 0, scale = 1 }: NoisyTraining): number {
  requireNonNegative('noisyThreshold: weightDecay', weightDecay)
  requireNonNegative('noisyThreshold: learningRate', learningRate)
  requireNonNegative('noisyThreshold: deviation', deviation)
  requireWhole('noisyThreshold: batchSize', batchSize, 1)
  requirePositive('noisyThreshold: scale', scale)
  if (!(momentum >= 0 && momentum < 1))
    throw new Refusal('invalid-input', `noisyThreshold: momentum: expected a number in [0, 1), got ${momentum}`)
  return weightDecay / scale + (scale * (learningRate / (1 - momentum)) * deviation ** 2) / batchSize
}

/**
 * The mean product after long training.
 *
 *   E[uw] = soft(m, threshold)
 *
 * @param mean      m, finite: the mean of the label
 * @param training  as for `noisyThreshold`
 * @returns         exactly 0 inside the threshold
 * Accuracy: as `noisyThreshold`.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.10.
 */
export function noisyProductMean(mean: number, training: NoisyTraining): number {
  requireReal('noisyProductMean: mean', mean)
  return softThreshold(mean, noisyThreshold(training))
}

/**
 * The label noise that does what a part of the decay did: the exchange rate of noise and decay at c = B = 1, μ = 0.
 *
 *   s = √((x − γ)/λ)
 *
 * @param threshold  x ≥ γ, the sum to be kept
 * @param training   γ ≥ 0 that is left, λ > 0
 * @returns          s ≥ 0
 * Fails: 'invalid-input' if a number breaks its rule: noise cannot undo a decay larger than x.
 * Source: theory.md 8.10, preset noise-decay-exchange.
 */
export function exchangeDeviation(
  threshold: number,
  { weightDecay, learningRate }: { readonly weightDecay: number; readonly learningRate: number },
): number {
  requireNonNegative('exchangeDeviation: weightDecay', weightDecay)
  requirePositive('exchangeDeviation: learningRate', learningRate)
  requireReal('exchangeDeviation: threshold', threshold)
  if (threshold < weightDecay) {
    throw new Refusal('invalid-input', `exchangeDeviation: threshold: expected a number ≥ weightDecay ${weightDecay}, got ${threshold}`)
  }
  return Math.sqrt((threshold - weightDecay) / learningRate)
}
