/**
 * Label noise and decay together: what the product of two factors is in the mean, over time and replicates, long after its start. It fluctuates around it at every
 * step, so this is no value that a run ends at: it stands beside the mean over the second half of training.
 * NaN for inputs that are not all 1, or targets that differ in minibatches.
 * Source: theory.md 8.10.
 */
import type { Part } from '#core/learning/data/data.ts'
import { isConstant } from '#core/learning/schedules/registry.ts'
import { noiseDecay, noisyProductMean, noisyThreshold, type NoisyTraining } from '../oracles/noiseDecay.ts'
import type { Boundary } from './boundary.ts'
import { commonDecay, isMeanSquare, meanSquareScale, unknown, type Oracle, type Trained } from './prediction.ts'

export const noiseDecayOracle: Oracle = {
  kind: 'noise-decay',
  ...noiseDecay,
  speaksOf: isNoisyProduct,
  predict({ trained, data }) {
    const mean = commonTarget(trained, data)
    if (Number.isNaN(mean)) {
      const size = data.x.columns * data.y.columns
      return { oracle: noiseDecay.number, vector: unknown(size), margin: unknown(size) }
    }
    const product = noisyProductMean(mean, noisyTraining(trained, data.x.rows))
    return { oracle: noiseDecay.number, vector: Float64Array.of(product), margin: unknown(1) }
  },
}

/** The mean product is zero iff γ + λs²/B ≥ |m|, for small λ: their difference. Source: theory.md 8.10. */
export const noiseDecayBoundary: Boundary = {
  kind: noiseDecayOracle.kind,
  number: noiseDecayOracle.number,
  title: noiseDecayOracle.title,
  speaksOf: isNoisyProduct,
  criterionOn: (data) => (trained) => noisyThreshold(noisyTraining(trained, data.x.rows)) - Math.abs(commonTarget(trained, data)),
}

/** Whether one product of two factors is trained by gradient descent at one learning rate under label noise, and nothing else acts but a decay. */
export function isNoisyProduct(trained: Trained): boolean {
  const { model, data, optimiser, noise, tasks, reparametrise } = trained
  return (
    isMeanSquare(trained) &&
    model.kind === 'product-linear' &&
    model.depth === 2 &&
    reparametrise.length === 0 &&
    (data.kind === 'scalar' || data.kind === 'inline') &&
    (noise.label?.std ?? 0) > 0 &&
    (noise.gradient?.std ?? 0) === 0 &&
    tasks.length === 0 &&
    optimiser.kind === 'sgd' &&
    !optimiser.nesterov &&
    optimiser.clip === undefined &&
    isConstant(optimiser.schedule) &&
    !Number.isNaN(commonDecay(trained, ['u', 'w']))
  )
}

/** m, the mean of the targets; NaN for inputs that are not all 1, or targets that differ in minibatches. */
export function commonTarget({ optimiser: { batch } }: Trained, { x, y }: Part): number {
  const isScalar = x.columns * y.columns === 1 && x.values.every((value) => value === 1)
  const isSameForAll = batch === 'full' || y.values.every((value) => value === y.values[0])
  return isScalar && isSameForAll ? y.values.reduce((sum, value) => sum + value, 0) / y.rows : Number.NaN
}

/** What the noise is like in a step over `rows` rows or a minibatch of them. */
export function noisyTraining(trained: Trained, rows: number): Required<NoisyTraining> {
  const { optimiser, noise } = trained
  return {
    weightDecay: commonDecay(trained, ['u', 'w']),
    learningRate: optimiser.learningRate,
    deviation: noise.label?.std ?? 0,
    batchSize: optimiser.batch === 'full' ? rows : optimiser.batch,
    momentum: optimiser.kind === 'sgd' ? optimiser.momentum : 0,
    scale: meanSquareScale(trained, rows),
  }
}
