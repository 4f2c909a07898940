/**
 * Product of D factors for every entry: θ = u₁ ⊙ … ⊙ u_D (spred). Weight decay γ on the factors is γD|θ|^{2/D}, at depth 2 the lasso's 2γ|θ|.
 *
 * Starts with the values of the model: u₁ = sign(θ₀)|θ₀|^{1/D}, the others |θ₀|^{1/D}, each with independent jitter, since u = w is a mirror that gradient
 * descent never leaves (theory.md 11.1).
 * Source: Ziyin & Wang, spred, ICML 2023; theory.md 8.2, 8.3.
 */
import { z } from 'zod'
import { mul, type Tensor } from '#core/engines/ops.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { factorNames } from '../models/productLinear.ts'
import { entryOf, sizeOf, type ReparametrisationKind } from './reparametrisation.ts'
import { patternField } from './patternField.ts'

const settings = z.strictObject({
  kind: z.literal('product'),
  parameters: patternField,
  depth: z.int().min(2).max(16).default(2).describe('number of factors D'),
  jitter: z.number().min(0).default(0.01).describe('standard deviation of the noise on the initial factors'),
})

export const product: ReparametrisationKind<typeof settings> = {
  kind: 'product',
  title: { en: 'Product of factors', ja: '積パラメータ化' },
  settings,
  shapeOf: ({ kind, parameters, depth }) => ({ kind, parameters, depth }),
  parameters: ({ depth }, targets) =>
    targets.flatMap(({ name, shape }) => factorNames(depth).map((factor) => ({ name: `${name}/${factor}`, shape }))),
  constants: () => ({}),
  init: ({ depth, jitter }, { targets, model, key }) =>
    Object.fromEntries(
      targets.flatMap((target) =>
        factorNames(depth).map((factor, k) => {
          const noise = drawNormal(split(key, `${target.name}/${factor}`), sizeOf(target))
          const start = entryOf(model, target.name)
          const root = (value: number) => (k === 0 ? Math.sign(value) : 1) * Math.abs(value) ** (1 / depth)
          return [`${target.name}/${factor}`, noise.map((value, i) => root(start[i] ?? Number.NaN) + jitter * value)]
        }),
      ),
    ),
  expand: ({ depth }, targets, { trained }) =>
    Object.fromEntries(
      targets.map(({ name }) => {
        const factors = factorNames(depth).map((factor) => entryOf(trained, `${name}/${factor}`))
        return [name, factors.reduce<Tensor>((so, factor, k) => (k === 0 ? factor : mul(so, factor)), factors[0] as Tensor)] // depth ≥ 2
      }),
    ),
}
