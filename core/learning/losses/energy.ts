/** The model's output is its own loss: ℓ = Σ over rows and outputs. For models that are given by their loss (theory.md 8.15, 8.16); targets are not read. */
import { z } from 'zod'
import { sum } from '#core/engines/ops.ts'
import type { LossKind } from './loss.ts'

const settings = z.strictObject({ kind: z.literal('energy') })

export const energy: LossKind<typeof settings> = {
  kind: 'energy',
  title: { en: "The model's own loss", ja: 'モデル自身の損失' },
  settings,
  shapeOf: ({ kind }) => ({ kind }),
  of: (_, output) => sum(output, [1, 2]), // [R, n, q] → [R]
  formula: (_, f) => f,
}
