/** Coefficients of a linear model that are products of factors: what each factor is called where it is trained. */
import { factorNames } from '#core/learning/models/productLinear.ts'
import { matchingNames } from '#core/learning/pattern.ts'
import type { Trained } from './prediction.ts'

/**
 * The names of the factors whose product, entry by entry, is all of the coefficients: of the model of products itself, of the linear model reparametrised as one, and
 * of the linear model under the constraint that all of it is zero. Null for what is no such product.
 */
export function factorsOf({ model, reparametrise: [only, ...others] }: Trained): readonly string[] | null {
  if (model.kind === 'product-linear' && only === undefined) return factorNames(model.depth)
  if (model.kind !== 'linear' || only === undefined || others.length > 0 || matchingNames(only.parameters, ['v']).length === 0) return null
  if (only.kind === 'product') return factorNames(only.depth).map((factor) => `v/${factor}`)
  return only.kind === 'dcs' && only.constraint.kind === 'zero' && only.gate === 'elementwise' ? ['dcs:v/u', 'dcs:v/w'] : null
}
