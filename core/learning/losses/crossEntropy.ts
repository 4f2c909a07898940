/**
 * Cross-entropy of classes: ℓ = −(1/n) Σ_i Σ_c y_ic ln softmax(f(x_i))_c, natural logarithm; the outputs are logits, the targets one-hot.
 *
 * Smoothed labels are (1 − ε)y + ε/q. The logarithm of the softmax is taken as f − max f − ln Σ exp(f − max f), which cannot overflow.
 * Source: theory.md 0.3; Szegedy et al. 2016 for the smoothing.
 */
import { z } from 'zod'
import { add, exp, log, max, mul, scalar, sub, sum, type Tensor } from '#core/engines/ops.ts'
import type { LossKind } from './loss.ts'

const settings = z.strictObject({
  kind: z.literal('cross-entropy'),
  smoothing: z.number().min(0).lt(1).default(0).describe('ε: share of every label that is spread over all classes'),
})

export const crossEntropy: LossKind<typeof settings> = {
  kind: 'cross-entropy',
  title: { en: 'Cross-entropy', ja: '交差エントロピー' },
  settings,
  shapeOf: ({ kind, smoothing }) => ({ kind, smoothing }),
  of: ({ smoothing }, output, target) => {
    const [, n = 0, q = 1] = output.shape
    const label = smoothing === 0 ? target : add(mul(target, scalar(1 - smoothing)), scalar(smoothing / q))
    return mul(sum(mul(logSoftmax(output), label), [1, 2]), scalar(-1 / n)) // [R, n, q] → [R]
  },
  formula: (_, f) => `-\\frac{1}{n}\\sum_i \\ln \\operatorname{softmax}(${f.replaceAll('x', 'x_i')})_{y_i}`,
}

/** [R, n, q] → [R, n, q] */
function logSoftmax(x: Tensor): Tensor {
  const shifted = sub(x, max(x, -1, true))
  return sub(shifted, log(sum(exp(shifted), -1, true)))
}
