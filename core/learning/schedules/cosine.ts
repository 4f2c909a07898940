/**
 * Half a cosine: the factor is f + (1 − f)(1 + cos πτ)/2 at the time τ in [0, 1), f the factor that it ends near.
 * Source: Loshchilov & Hutter 2017, SGDR, equation 5 with one period.
 */
import { z } from 'zod'
import { warmUp } from './warmUp.ts'
import type { ScheduleKind } from './schedule.ts'

const settings = z.strictObject({
  kind: z.literal('cosine'),
  warmUp,
  floor: z.number().min(0).max(1).default(0).describe('factor that the schedule ends at'),
})

export const cosine: ScheduleKind<typeof settings> = {
  kind: 'cosine',
  title: { en: 'Cosine', ja: 'コサイン' },
  settings,
  shapeOf: (s) => ({ ...s }),
  factor: ({ floor }, { time }) => floor + ((1 - floor) * (1 + Math.cos(Math.PI * time))) / 2,
}
