/**
 * Label noise and decay together: what the product of two factors is in the mean, over time and replicates, long after its start. It fluctuates around it at every
 * step, so this is no value that a run ends at: it stands beside the mean over the second half of training.
 * NaN for inputs that are not all 1, or targets that differ in minibatches.
 * Source: theory.md 8.10.
 */
import { isConstant } from '#core/learning/schedules/registry.ts'
import { noiseDecay, noisyProductMean } from '../oracles/noiseDecay.ts'
import { commonDecay, isMeanSquare, meanSquareScale, unknown, type Oracle } from './prediction.ts'

export const noiseDecayOracle: Oracle = {
  kind: 'noise-decay',
  ...noiseDecay,
  speaksOf: (trained) => {
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
  },
  predict({ trained, data: { x, y } }) {
    const { optimiser, noise } = trained
    const size = x.columns * y.columns
    const isScalar = size === 1 && x.values.every((value) => value === 1)
    const isSameForAll = optimiser.batch === 'full' || y.values.every((value) => value === y.values[0])
    if (!isScalar || !isSameForAll) return { oracle: noiseDecay.number, vector: unknown(size), margin: unknown(size) }
    const mean = y.values.reduce((sum, value) => sum + value, 0) / y.rows
    const product = noisyProductMean(mean, {
      weightDecay: commonDecay(trained, ['u', 'w']),
      learningRate: optimiser.learningRate,
      deviation: noise.label?.std ?? 0,
      batchSize: optimiser.batch === 'full' ? x.rows : optimiser.batch,
      momentum: optimiser.kind === 'sgd' ? optimiser.momentum : 0,
      scale: meanSquareScale(trained, x.rows),
    })
    return { oracle: noiseDecay.number, vector: Float64Array.of(product), margin: unknown(size) }
  },
}
