/**
 * The landscape of self-supervised learning near collapse: a model whose output is its own loss, for the loss `energy`.
 *
 *   ℓ(W) = −½ Tr(WAWᵀ) + ¼ ‖WΣWᵀ‖²,   W [r, d], A = diag(a), Σ = diag(s)
 *
 * The data is two rows: a, then s. With decay γ‖W‖² direction i collapses iff a_i ≤ 2γ. Its symmetry is the rotation W → QW.
 * Source: theory.md 8.16; Ziyin et al. 2023.
 */
import { z } from 'zod'
import { matMul, mul, reshape, scalar, slice, square, sub, sum, transpose, type Tensor } from '#core/engines/ops.ts'
import type { ModelKind } from './model.ts'
import { normalInit, normalValues } from './normalInit.ts'
import { parameter } from './parameter.ts'

const settings = z.strictObject({
  kind: z.literal('self-supervised'),
  width: z.int().min(1).max(10_000).describe('rows r of W'),
  init: normalInit,
})

export const selfSupervised: ModelKind<typeof settings> = {
  kind: 'self-supervised',
  title: { en: 'Self-supervised landscape', ja: '自己教師あり学習の損失' },
  settings,
  shapeOf: ({ kind, width }) => ({ kind, width }),
  parameters: ({ width }, { inputs }) => [{ name: 'w', shape: [width, inputs] }],
  init: (s, size, key) => normalValues(selfSupervised.parameters(s, size), s.init.std, key),
  apply: (_, parameters, x) => {
    const w = parameter(parameters, 'w') // [R, r, d]
    const signal = sum(mul(square(w), rowOf(x, 0)), [1, 2]) // Tr(WAWᵀ)
    const crossed = matMul(mul(w, rowOf(x, 1)), transpose(w, [0, 2, 1])) // WΣWᵀ
    const energy = sub(mul(sum(square(crossed), [1, 2]), scalar(0.25)), mul(signal, scalar(0.5)))
    return reshape(energy, [w.shape[0] ?? 0, 1, 1])
  },
  weightNames: () => ['w'],
  weights: (_, parameters) => ({ w: parameter(parameters, 'w') }),
  neurons: () => [],
  hidden: () => ({}),
  subject: () => ({ kind: 'singular-values', weight: 'w', title: { en: 'Singular values', ja: '特異値' } }),
  factors: () => null,
  energyRows: ['a', 's'],
  formula: () => '-\\tfrac12\\operatorname{Tr}(WAW^\\top) + \\tfrac14\\lVert W\\Sigma W^\\top\\rVert^2',
}

/** Row i of x [2, d] or [R, 2, d], as [1, d] or [R, 1, d]. */
function rowOf(x: Tensor, i: number): Tensor {
  const d = x.shape.at(-1) ?? 0
  return x.rank === 2 ? slice(x, [i, 0], [1, d]) : slice(x, [0, i, 0], [x.shape[0] ?? 0, 1, d])
}
