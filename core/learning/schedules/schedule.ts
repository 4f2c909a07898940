/** What a learning rate schedule is: a factor on the learning rate for every step, the same for all runs of a stack. */
import type { z } from 'zod'
import type { Kind } from '../kind.ts'

export type ScheduleKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /**
   * @param time  (t − warm-up)/(T − warm-up) of step t, counted from 0, of T: in [0, 1)
   * @param step  t − warm-up, ≥ 0
   * @returns     ≥ 0
   */
  factor(settings: z.output<Schema>, at: { readonly time: number; readonly step: number }): number
}
