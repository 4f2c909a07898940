/**
 * A linear model whose coefficients are products of D factors: f(x) = (u₁ ⊙ … ⊙ u_D)ᵀx, at depth 2 (u ⊙ w)ᵀx.
 *
 * It computes what the linear model computes, but has a rescaling symmetry for every coordinate: (u, w) → (ρu, w/ρ). Weight decay on
 * the factors is then γ·min Σu_k² = γD|v|^{2/D}, at depth 2 the lasso's 2γ|v|.
 * Source: Hoff 2017; Ziyin & Wang, spred, ICML 2023; theory.md 8.1–8.3.
 */
import { z } from 'zod'
import { assert } from '#core/contract/errors.ts'
import { mul } from '#core/engines/ops.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { linearMap } from './linearMap.ts'
import type { ModelKind } from './model.ts'

const settings = z.strictObject({
  kind: z.literal('product-linear'),
  depth: z.int().min(2).max(16).default(2).describe('number of factors D'),
  init: z
    .strictObject({ std: z.number().min(0).default(0.5).describe('standard deviation of the normal initial values of every factor') })
    .prefault({}),
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
  parameters: ({ depth }, features) => factorNames(depth).map((name) => ({ name, shape: [features] })),
  init: ({ depth, init: { std } }, features, key) =>
    Object.fromEntries(
      factorNames(depth).map((name) => [name, drawNormal(split(key, `init/${name}`), features).map((value) => std * value)]),
    ),
  apply: ({ depth }, parameters, x) => {
    const factors = factorNames(depth).map((name) => parameters[name])
    const v = factors.reduce((product, factor) => (product === undefined || factor === undefined ? undefined : mul(product, factor))) // [R, d]
    assert(v !== undefined, 'product-linear: a factor is missing')
    return linearMap(v, x)
  },
  coefficients: ({ depth }, parameters) => {
    const [first, ...rest] = factorNames(depth).map((name) => parameters[name])
    assert(first !== undefined, 'product-linear: a factor is missing')
    return first.map((value, j) => rest.reduce((product, factor) => product * (factor?.[j] ?? Number.NaN), value))
  },
  formula: ({ depth }) => (depth === 2 ? '(u \\odot w)^\\top x' : `(u_1 \\odot \\cdots \\odot u_{${depth}})^\\top x`),
}
