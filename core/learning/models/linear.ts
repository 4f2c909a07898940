/**
 * The plain linear model f(x) = xᵀv: the control. It has no rescaling symmetry, so weight decay shrinks it (ridge) and never
 * makes a coefficient zero.
 */
import { z } from 'zod'
import { normalInit, normalValues } from './normalInit.ts'
import { parameter } from './parameter.ts'
import { stackedProduct } from './stackedProduct.ts'
import type { ModelKind } from './model.ts'

const settings = z.strictObject({
  kind: z.literal('linear'),
  init: normalInit,
})

export const linear: ModelKind<typeof settings> = {
  kind: 'linear',
  title: { en: 'Linear model', ja: '線形モデル' },
  settings,
  shapeOf: ({ kind }) => ({ kind }),
  parameters: (_, { inputs, outputs }) => [{ name: 'v', shape: [inputs, outputs] }],
  init: (s, size, key) => normalValues(linear.parameters(s, size), s.init.std, key),
  apply: (_, parameters, x) => stackedProduct(x, parameter(parameters, 'v')),
  weightNames: () => ['v'],
  weights: (_, parameters) => ({ v: parameter(parameters, 'v') }),
  neurons: () => [],
  hidden: () => ({}),
  subject: () => ({ kind: 'coefficients', weight: 'v', title: { en: 'Coefficients', ja: '係数' } }),
  factors: () => null,
  formula: () => 'v^\\top x',
}
