/** Which oracle speaks about which model. */
import type { Words } from '#core/contract/values.ts'
import type { Oracle } from './oracle.ts'
import { lassoOracle } from './lasso.ts'
import { ridgeOracle } from './ridge.ts'

const oracles: readonly Oracle[] = [lassoOracle, ridgeOracle]

/** What the oracle with this number in the handbook is called; null for a number that no oracle has. */
export function oracleTitle(number: string): Words | null {
  return oracles.find((oracle) => oracle.number === number)?.title ?? null
}

export type Described = { readonly model: { readonly kind: string; readonly depth?: number }; readonly loss: { readonly kind: string } }

/**
 * The oracle for a model trained by gradient descent on a loss with decay γ‖θ‖², or null where the theory has no closed form: products of three and more
 * factors have several minima (theory.md 8.3).
 */
export function oracleFor({ model, loss }: Described): Oracle | null {
  if (loss.kind !== 'mse') return null
  if (model.kind === 'linear') return ridgeOracle
  return model.kind === 'product-linear' && model.depth === 2 ? lassoOracle : null
}
