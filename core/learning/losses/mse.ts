/**
 * Mean of squares: ℓ = c · (1/n) Σ_i ‖f(x_i) − y_i‖². Mean over samples, sum over outputs; nothing is halved unless the scale c says so.
 * Source: theory.md 0.3.
 */
import { z } from 'zod'
import { mul, scalar, square, sub, sum } from '#core/engines/ops.ts'
import type { LossKind } from './loss.ts'
import { lossScale, scaleTex } from './scale.ts'

const settings = z.strictObject({ kind: z.literal('mse'), scale: lossScale })

export const mse: LossKind<typeof settings> = {
  kind: 'mse',
  title: { en: 'Mean of squares', ja: '平均二乗誤差' },
  settings,
  shapeOf: ({ kind, scale }) => ({ kind, scale }),
  of: ({ scale }, output, target) => mul(sum(square(sub(output, target)), [1, 2]), scalar(scale / (output.shape[1] ?? 0))), // [R, n, q] → [R]
  formula: ({ scale }, f) => `${scaleTex(scale)}\\frac{1}{n}\\sum_i \\lVert ${f.replaceAll('x', 'x_i')} - y_i\\rVert^2`,
}
