/**
 * AdamW with decoupled weight decay: θ ← θ − 2ηγθ beside Adam's step. It is not the L2 penalty: its fixed points differ (theory.md 11.3).
 * Source: Loshchilov & Hutter 2019, with their λη = 2ηγ as PyTorch's `AdamW` has it.
 */
import { z } from 'zod'
import { adamScalars, adamSettings, adamState, adamUpdate } from './adamRule.ts'
import { commonSettings } from './common.ts'
import type { OptimiserKind } from './optimiser.ts'

const settings = z.strictObject({ kind: z.literal('adamw'), ...commonSettings, ...adamSettings })

export const adamw: OptimiserKind<typeof settings> = {
  kind: 'adamw',
  title: { en: 'AdamW', ja: 'AdamW' },
  settings,
  shapeOf: ({ learningRate: _, clip, ...shape }) => ({ ...shape, clip: clip ?? null }),
  numbers: ({ learningRate }) => ({ learningRate }),
  scalars: adamScalars,
  isDecoupled: () => true,
  keeps: 'signed permutations',
  state: (_, parameters) => adamState(parameters),
  update: adamUpdate,
}
