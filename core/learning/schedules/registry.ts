/** The learning rate schedules, a row each. */
import { z } from 'zod'
import { constant } from './constant.ts'
import { cosine } from './cosine.ts'
import type { ScheduleKind } from './schedule.ts'
import { stepwise } from './stepwise.ts'

export const scheduleKinds = { constant, cosine, step: stepwise } as const

export const scheduleSettings = z.discriminatedUnion('kind', [constant.settings, cosine.settings, stepwise.settings])
export type Schedule = z.output<typeof scheduleSettings>

/** Whether every step has the factor 1. */
export function isConstant(schedule: Schedule): boolean {
  return schedule.kind === 'constant' && schedule.warmUp === 0
}

/**
 * What the learning rate of step t is multiplied by.
 *
 * @param step   t, counted from 0
 * @param steps  T, of the whole training
 * @returns      (t + 1)/w in a warm-up of w steps, then the schedule's factor; ≥ 0
 */
export function scheduleFactor(schedule: Schedule, { step, steps }: { readonly step: number; readonly steps: number }): number {
  const { warmUp } = schedule
  if (step < warmUp) return (step + 1) / warmUp
  const kind: ScheduleKind = scheduleKinds[schedule.kind] // its functions take the settings of its own kind, which these are
  return kind.factor(schedule, { time: (step - warmUp) / Math.max(1, steps - warmUp), step: step - warmUp })
}
