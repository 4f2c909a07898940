/**
 * Label noise and decay together, at any learning rate: whether the product of two factors collapses. Near zero one step multiplies sum and difference of the factors
 * by random numbers, and zero attracts iff the mean logarithms of both are negative. Without momentum; `noiseDecay.ts` speaks of the rest, for small rates.
 * NaN for inputs that are not all 1, or targets that differ in minibatches.
 * Source: theory.md 8.9, 8.8.
 */
import { batchExponents, sgdThresholds } from '../oracles/sgdThresholds.ts'
import type { Boundary } from './boundary.ts'
import { commonTarget, isNoisyProduct, noisyTraining } from './noiseDecay.ts'

export const sgdThresholdsBoundary: Boundary = {
  kind: 'sgd-thresholds',
  ...sgdThresholds,
  speaksOf: (trained) => isNoisyProduct(trained) && trained.optimiser.kind === 'sgd' && trained.optimiser.momentum === 0,
  /** −Λ of the factor that shrinks least, per step. A loss cℓ at rate λ is the loss ℓ at rate cλ and decay γ/c (theory.md 0.3). */
  criterionOn: (data) => (trained) => {
    const mean = commonTarget(trained, data)
    const law = trained.noise.label?.kind
    if (Number.isNaN(mean) || law === undefined) return Number.NaN
    const { weightDecay, learningRate, deviation, batchSize, scale } = noisyTraining(trained, data.x.rows)
    return -batchExponents({ law, mean, deviation, weightDecay: weightDecay / scale, batchSize }, scale * learningRate).largest
  },
}
