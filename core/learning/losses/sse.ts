/**
 * Sum of squares: ℓ = c · Σ_i ‖f(x_i) − y_i‖², over samples and outputs; of a matrix ‖M − Y‖².
 * Source: theory.md 0.3.
 */
import { z } from 'zod'
import { mul, scalar, square, sub, sum } from '#core/engines/ops.ts'
import type { LossKind } from './loss.ts'
import { lossScale, scaleTex } from './scale.ts'

const settings = z.strictObject({ kind: z.literal('sse'), scale: lossScale })

export const sse: LossKind<typeof settings> = {
  kind: 'sse',
  title: { en: 'Sum of squares', ja: '二乗誤差の和' },
  settings,
  shapeOf: ({ kind, scale }) => ({ kind, scale }),
  of: ({ scale }, output, target) => mul(sum(square(sub(output, target)), [1, 2]), scalar(scale)), // [R, n, q] → [R]
  formula: ({ scale }, f) => `${scaleTex(scale)}\\sum_i \\lVert ${f.replaceAll('x', 'x_i')} - y_i\\rVert^2`,
}
