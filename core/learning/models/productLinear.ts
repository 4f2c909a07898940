/**
 * A linear model whose coefficients are products of D factors: f(x) = (u₁ ⊙ … ⊙ u_D)ᵀx, at depth 2 (u ⊙ w)ᵀx.
 *
 * It computes what the linear model computes, but has a rescaling symmetry for every coordinate: (u, w) → (ρu, w/ρ). Weight decay on
 * the factors is then γ·min Σu_k² = γD|v|^{2/D}, at depth 2 the lasso's 2γ|v|.
 * Source: Hoff 2017; Ziyin & Wang, spred, ICML 2023; theory.md 8.1–8.3.
 */
import { z } from 'zod'
import { mul, type Tensor, type Tensors } from '#core/engines/ops.ts'
import type { ModelKind } from './model.ts'
import { normalInit, normalValues } from './normalInit.ts'
import { parameter } from './parameter.ts'
import { stackedProduct } from './stackedProduct.ts'

const settings = z.strictObject({
  kind: z.literal('product-linear'),
  depth: z.int().min(2).max(16).default(2).describe('number of factors D'),
  init: normalInit,
})
export type ProductLinear = z.infer<typeof settings>

/** The names of the factors: u and w at depth 2, as the literature writes them, else u1 … uD. */
export function factorNames(depth: number): readonly string[] {
  return depth === 2 ? ['u', 'w'] : Array.from({ length: depth }, (_, k) => `u${k + 1}`)
}

export const productLinear: ModelKind<typeof settings> = {
  kind: 'product-linear',
  title: { en: 'Product of factors, linear', ja: '積パラメータ化した線形モデル' },
  settings,
  shapeOf: ({ kind, depth }) => ({ kind, depth }),
  parameters: ({ depth }, { inputs, outputs }) => factorNames(depth).map((name) => ({ name, shape: [inputs, outputs] })),
  init: (s, size, key) => normalValues(productLinear.parameters(s, size), s.init.std, key),
  apply: (s, parameters, x) => stackedProduct(x, product(s, parameters)),
  weightNames: () => ['v'],
  weights: (s, parameters) => ({ v: product(s, parameters) }),
  neurons: () => [],
  hidden: () => ({}),
  subject: () => ({ kind: 'coefficients', weight: 'v', title: { en: 'Coefficients', ja: '係数' } }),
  factors: ({ depth }) => (depth === 2 ? ['u', 'w'] : null),
  formula: ({ depth }) => (depth === 2 ? '(u \\odot w)^\\top x' : `(u_1 \\odot \\cdots \\odot u_{${depth}})^\\top x`),
}

/** u₁ ⊙ … ⊙ u_D, [R, inputs, outputs] */
function product({ depth }: ProductLinear, parameters: Tensors): Tensor {
  return factorNames(depth)
    .map((name) => parameter(parameters, name))
    .reduce((so, factor) => mul(so, factor))
}
