/**
 * Rescaling: ℓ(u, w) = ℓ(ρu, w/ρ), ρ ≠ 0, for each coordinate and each two of the factors of its product.
 *
 * Its reflections exchange u ↔ w (n₂ = (1, −1)/√2) or u ↔ −w (n₁ = (1, 1)/√2), and together they turn both signs (ρ = −1, O = I on the pair).
 * The state on both is u = w = 0: the coordinate's zero, sparsity. At depth D > 2 every pair of the D factors has these; turning all D signs at
 * once is no symmetry where D is odd.
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

/**
 * The mirrors of a product of D factors over d features: for each coordinate and each pair of factors O = I, n₂ and n₁; 3d · D(D − 1)/2 of them.
 * Named `rescaling:zero:u·w:0`, `rescaling:equal:…` (on it both are equal), `rescaling:opposite:…`.
 */
export function rescalingMirrors({ depth }: ProductLinear, features: number): readonly Mirror[] {
  const names = factorNames(depth)
  const pairs = names.flatMap((first, i) => names.slice(i + 1).map((second) => [first, second] as const))
  return Array.from({ length: features }, (_, index) =>
    pairs.flatMap(([first, second]) => {
      const entries = [first, second].map((parameter) => ({ parameter, index }))
      return Object.entries(normals).map(([name, o]): Mirror => ({ name: `rescaling:${name}:${first}·${second}:${index}`, entries, o }))
    }),
  ).flat()
}

const half = Math.SQRT1_2
const normals: Readonly<Record<string, Mirror['o']>> = {
  zero: { rows: 2, columns: 2, values: Float64Array.of(1, 0, 0, 1) },
  equal: { rows: 2, columns: 1, values: Float64Array.of(half, -half) }, // n₂
  opposite: { rows: 2, columns: 1, values: Float64Array.of(half, half) }, // n₁
}
