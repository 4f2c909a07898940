/** The learning rate falls by a factor after every so many steps: factor^⌊t/every⌋, PyTorch's StepLR. */
import { z } from 'zod'
import { warmUp } from './warmUp.ts'
import type { ScheduleKind } from './schedule.ts'

const settings = z.strictObject({
  kind: z.literal('step'),
  warmUp,
  every: z.int().min(1).describe('steps between two falls'),
  factor: z.number().gt(0).max(1).default(0.1).describe('what the learning rate is multiplied by'),
})

export const stepwise: ScheduleKind<typeof settings> = {
  kind: 'step',
  title: { en: 'Stepwise', ja: '段階的' },
  settings,
  shapeOf: (s) => ({ ...s }),
  factor: ({ every, factor }, { step }) => factor ** Math.floor(step / every),
}
