/**
 * Rescaling: ℓ(u, w) = ℓ(ρu, w/ρ), ρ ≠ 0, for each coordinate of a product of factors.
 *
 * Its reflections at depth 2 exchange u ↔ w (n₂ = (1, −1)/√2) or u ↔ −w (n₁ = (1, 1)/√2), and together they turn both signs
 * (O = I on the pair), at any depth D two factors exchange in the same way. The state on both is the
 * coordinate's zero: sparsity.
 * Source: theory.md section 3; Ziyin, arXiv 2309.16932.
 */
import { assert } from '#core/contract/errors.ts'
import type { ProductLinear } from '#core/learning/models/productLinear.ts'
import { factorNames } from '#core/learning/models/productLinear.ts'
import type { Mirror } from '../mirror.ts'

type Parameters = Readonly<Record<string, Float64Array>>

/**
 * The action of one group element: factor `first` of coordinate j times ρ, factor `second` divided by it.
 *
 * @param ratio  ρ, finite and not 0
 * Fails: a bug's sentence if ρ is 0 or not finite.
 */
export function rescale(
  parameters: Parameters,
  { coordinate, ratio, first, second }: { coordinate: number; ratio: number; first: string; second: string },
): Parameters {
  assert(Number.isFinite(ratio) && ratio !== 0, 'rescale: the ratio is finite and not 0')
  const at = (name: string, factor: number) =>
    parameters[name]?.map((value, j) => (j === coordinate ? value * factor : value)) ?? new Float64Array()
  return { ...parameters, [first]: at(first, ratio), [second]: at(second, 1 / ratio) }
}

/** The mirrors of a product of factors over d features: for each coordinate O = I on its factors, and at depth 2 also n₂ and n₁. */
export function rescalingMirrors({ depth }: ProductLinear, features: number): readonly Mirror[] {
  const names = factorNames(depth)
  const half = Math.SQRT1_2
  return Array.from({ length: features }, (_, index) => {
    const entries = names.map((parameter) => ({ parameter, index }))
    const zero: Mirror = { name: `rescaling:zero:${index}`, entries, o: identity(depth) }
    if (depth !== 2) return [zero]
    const along = (name: string, values: readonly number[]): Mirror => ({
      name: `rescaling:${name}:${index}`,
      entries,
      o: { rows: 2, columns: 1, values: Float64Array.from(values) },
    })
    return [zero, along('equal', [half, -half]), along('opposite', [half, half])]
  }).flat()
}

function identity(size: number): Mirror['o'] {
  const values = new Float64Array(size * size)
  for (let i = 0; i < size; i += 1) values[i * size + i] = 1
  return { rows: size, columns: size, values }
}
