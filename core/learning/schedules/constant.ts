/** The learning rate stays as it is. */
import { z } from 'zod'
import { warmUp, type WarmUp } from './warmUp.ts'
import type { ScheduleKind } from './schedule.ts'

const settings = z.strictObject({ kind: z.literal('constant'), warmUp })

export const constant: ScheduleKind<typeof settings> = {
  kind: 'constant',
  title: { en: 'Constant', ja: '一定' },
  settings,
  shapeOf: (s: { kind: string } & WarmUp) => ({ ...s }),
  factor: () => 1,
}
