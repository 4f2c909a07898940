/**
 * A linear autoencoder with one matrix: f(x) = xWWᵀ. Its targets are its inputs.
 *
 * W → WQ is a rotation symmetry of the code. Under weight decay it keeps the principal directions whose variance exceeds γ/2 (theory.md 8.5, the
 * positive semidefinite form in the metric of the data).
 */
import { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import { matMul, transpose } from '#core/engines/ops.ts'
import type { ModelKind } from './model.ts'
import { normalInit, normalValues } from './normalInit.ts'
import { parameter } from './parameter.ts'
import { stackedProduct } from './stackedProduct.ts'

const settings = z.strictObject({
  kind: z.literal('tied-autoencoder'),
  width: z.int().min(1).max(10_000).describe('size of the code'),
  init: normalInit,
})

export const tiedAutoencoder: ModelKind<typeof settings> = {
  kind: 'tied-autoencoder',
  title: { en: 'Tied linear autoencoder', ja: '重み共有の線形オートエンコーダ' },
  settings,
  shapeOf: ({ kind, width }) => ({ kind, width }),
  parameters: ({ width }, { inputs, outputs }) => {
    if (inputs !== outputs)
      throw new Refusal('invalid-input', `model: expected as many outputs as inputs for an autoencoder, got ${outputs} of ${inputs}`)
    return [{ name: 'w', shape: [inputs, width] }]
  },
  init: (s, size, key) => normalValues(tiedAutoencoder.parameters(s, size), s.init.std, key),
  apply: (_, parameters, x) => {
    const w = parameter(parameters, 'w')
    return matMul(stackedProduct(x, w), transpose(w, [0, 2, 1]))
  },
  weightNames: () => ['w'],
  weights: (_, parameters) => ({ w: parameter(parameters, 'w') }),
  neurons: () => [],
  hidden: () => ({}),
  subject: () => ({ kind: 'singular-values', weight: 'w', title: { en: 'Singular values', ja: '特異値' } }),
  factors: () => null,
  formula: () => 'x\\,WW^\\top',
}
