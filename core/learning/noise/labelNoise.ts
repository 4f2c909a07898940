/**
 * Label noise: y_t = y + sξ, ξ of mean 0 and variance 1, drawn anew for every step, sample and output.
 *
 *   gaussian: ξ ~ N(0, 1);   binary: ξ = ±1;   uniform: ξ on [−√3, √3]
 *
 * For (v − y)² it is gradient noise 2s on ∂ℓ/∂v. A fixed noisy data set is another problem (theory.md 11.10).
 * Source: theory.md 0.5.
 */
import { z } from 'zod'
import { drawNormal, drawUniform } from '#core/numerics/random/draw.ts'
import type { Draw } from './draws.ts'

export const labelDraws = {
  gaussian: drawNormal,
  binary: (key, count, block) => drawUniform(key, count, block).map((u) => (u < 0.5 ? -1 : 1)),
  uniform: (key, count, block) => drawUniform(key, count, block).map((u) => Math.sqrt(3) * (2 * u - 1)),
} as const satisfies Record<string, Draw>

export type LabelNoiseName = keyof typeof labelDraws

export const labelNoise = z.strictObject({
  kind: z.enum(Object.keys(labelDraws) as [LabelNoiseName, ...LabelNoiseName[]]), // the keys of the table
  std: z.number().min(0).describe('standard deviation s'),
})
