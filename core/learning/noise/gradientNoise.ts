/**
 * Noise added to the gradient of every parameter, drawn anew for every step and entry.
 *
 *   isotropic:       g + σξ,  ξ ~ N(0, 1)
 *   anisotropic:     g + σ a_j ξ_j,  a_j falling geometrically from 1 to 1/ratio over the entries of each parameter
 *   multiplicative:  g ⊙ (1 + σξ)
 *   heavy-tailed:    g + σξ,  ξ of Student's t with ν degrees of freedom (no variance for ν ≤ 2, no mean for ν = 1)
 *
 * Additive noise keeps no mirror; multiplicative noise keeps those of single entries (theory.md 1.7).
 * Source: theory.md 0.5; Simsekli et al. 2019 for heavy tails.
 */
import { z } from 'zod'
import { drawNormal } from '#core/numerics/random/draw.ts'
import type { Draw } from './draws.ts'

const std = z.number().min(0).describe('σ')

export const gradientNoise = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('isotropic'), std }),
  z.strictObject({
    kind: z.literal('anisotropic'),
    std,
    ratio: z.number().gte(1).default(100).describe('largest over smallest standard deviation'),
  }),
  z.strictObject({ kind: z.literal('multiplicative'), std }),
  z.strictObject({ kind: z.literal('heavy-tailed'), std, degrees: z.int().min(1).max(100).default(3).describe('degrees of freedom ν') }),
])
export type GradientNoise = z.output<typeof gradientNoise>

/** The draw of ξ, a_jξ_j where the noise is anisotropic; `size` entries of one parameter, several steps after another. */
export function gradientDraw(noise: GradientNoise, size: number): Draw {
  switch (noise.kind) {
    case 'isotropic':
    case 'multiplicative':
      return drawNormal
    case 'anisotropic': {
      const scale = Float64Array.from({ length: size }, (_, j) => noise.ratio ** (-j / Math.max(1, size - 1)))
      return (key, count, block) => drawNormal(key, count, block).map((value, i) => value * (scale[i % size] ?? Number.NaN))
    }
    case 'heavy-tailed':
      return (key, count, block) => studentT(drawNormal(key, count * (noise.degrees + 1), block), noise.degrees)
  }
}

/** t = z₀/√(Σ_{k≤ν} z_k²/ν) of ν + 1 normal numbers each. */
function studentT(normal: Float64Array, degrees: number): Float64Array {
  const count = normal.length / (degrees + 1)
  return Float64Array.from({ length: count }, (_, i) => {
    let squares = 0
    for (let k = 1; k <= degrees; k += 1) squares += (normal[i * (degrees + 1) + k] ?? Number.NaN) ** 2
    return (normal[i * (degrees + 1)] ?? Number.NaN) / Math.sqrt(squares / degrees)
  })
}
