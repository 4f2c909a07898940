/**
 * The plain linear model f(x) = vᵀx: the control. It has no rescaling symmetry, so weight decay shrinks it (ridge) and never
 * makes a coefficient zero.
 */
import { z } from 'zod'
import { assert } from '#core/contract/errors.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { linearMap } from './linearMap.ts'
import type { ModelKind } from './model.ts'

const settings = z.strictObject({
  kind: z.literal('linear'),
  init: z.strictObject({ std: z.number().min(0).default(0.5).describe('standard deviation of the normal initial values') }).prefault({}),
})

export const linear: ModelKind<typeof settings> = {
  kind: 'linear',
  title: { en: 'Linear model', ja: '線形モデル' },
  settings,
  shapeOf: ({ kind }) => ({ kind }),
  parameters: (_, features) => [{ name: 'v', shape: [features] }],
  init: ({ init: { std } }, features, key) => ({ v: drawNormal(split(key, 'init/v'), features).map((value) => std * value) }),
  apply: (_, { v }, x) => {
    assert(v !== undefined, 'linear: the parameter v is missing')
    return linearMap(v, x)
  },
  coefficients: (_, { v }) => {
    assert(v !== undefined, 'linear: the parameter v is missing')
    return v
  },
  formula: () => 'v^\\top x',
}
