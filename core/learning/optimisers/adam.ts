/**
 * Adam with weight decay in the gradient: g = ∇ℓ + 2γθ, so that the minimisers of ℓ + γ‖θ‖² stay what they are.
 * Source: Kingma & Ba 2015.
 */
import { z } from 'zod'
import { adamScalars, adamSettings, adamState, adamUpdate } from './adamRule.ts'
import { commonSettings } from './common.ts'
import type { OptimiserKind } from './optimiser.ts'

const settings = z.strictObject({ kind: z.literal('adam'), ...commonSettings, ...adamSettings })

export const adam: OptimiserKind<typeof settings> = {
  kind: 'adam',
  title: { en: 'Adam', ja: 'Adam' },
  settings,
  shapeOf: ({ learningRate: _, clip, ...shape }) => ({ ...shape, clip: clip ?? null }),
  numbers: ({ learningRate }) => ({ learningRate }),
  scalars: adamScalars,
  isDecoupled: () => false,
  keeps: 'signed permutations',
  state: (_, parameters) => adamState(parameters),
  update: adamUpdate,
}
