/**
 * Mean of squares: ℓ = (1/n) Σ_i (f(x_i) − y_i)². Mean over samples; nothing is halved.
 * Source: theory.md 0.3.
 */
import { z } from 'zod'
import { mul, scalar, square, sub, sum } from '#core/engines/ops.ts'
import type { LossKind } from './loss.ts'

const settings = z.strictObject({ kind: z.literal('mse') })

export const mse: LossKind<typeof settings> = {
  kind: 'mse',
  title: { en: 'Mean of squares', ja: '平均二乗誤差' },
  settings,
  shapeOf: ({ kind }) => ({ kind }),
  of: (_, output, target) => mul(sum(square(sub(output, target)), -1), scalar(1 / (output.shape.at(-1) ?? 1))), // [R, n] → [R]
  measure: (_, output, target) => {
    let total = 0
    for (const [i, value] of output.entries()) total += (value - (target[i] ?? Number.NaN)) ** 2
    return total / output.length
  },
  formula: (f) => `\\frac{1}{n}\\sum_i \\left(${f.replace('x', 'x_i')} - y_i\\right)^2`,
}
