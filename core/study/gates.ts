/**
 * The gates of a study: rules that its runs are held to, one by one or together.
 *
 * The value of a run is its metric at the last step, or a number made of the recorded series; relative to a baseline it is the difference to the run of the same
 * replicate there. A gate holds for every run of which `where` speaks, or for their mean or median.
 */
import { z } from 'zod'
import { json, words } from '#core/contract/values.ts'

const levels = z.record(z.string(), json)

/** What a run's value is made of: its last recorded value, the mean over the second half of training, or when it first reached a value. */
const over = z.union([
  z.enum(['last', 'last-half']),
  z
    .strictObject({
      firstAtLeast: z.number().optional(),
      firstAtMost: z.number().optional(),
      after: z.int().min(0).default(0).describe('the step from which it is counted'),
    })
    .refine(({ firstAtLeast, firstAtMost }) => (firstAtLeast === undefined) !== (firstAtMost === undefined), {
      error: 'expected exactly one of firstAtLeast and firstAtMost',
    })
    .describe('steps from `after` until the metric is first recorded at that value; no value for a run that never is'),
])
export type Over = z.output<typeof over>

export const gate = z
  .strictObject({
    metric: z.string().min(1).describe('a recorded metric'),
    over: over.default('last').describe('what of the series counts'),
    of: z.enum(['each', 'mean', 'median']).default('each').describe('every run for itself, or what they have in common'),
    atMost: z.number().optional(),
    atLeast: z.number().optional(),
    where: levels.default({}).describe('levels that a run must have for the rule to speak about it'),
    relativeTo: levels
      .optional()
      .describe('levels of a baseline: the difference to the run of the same replicate that has them, and else the same levels'),
    stopFrom: z
      .int()
      .min(0)
      .optional()
      .describe('a run that breaks the rule at a recorded step from this one on ends there; its last step is never stopped'),
    reason: words.optional().describe('why the limits are what they are'),
  })
  .refine(({ atMost, atLeast }) => atMost !== undefined || atLeast !== undefined, { error: 'expected atMost, atLeast or both' })
  .refine(({ atMost = Infinity, atLeast = -Infinity }) => atLeast <= atMost, { path: ['atLeast'], error: 'expected at most atMost' })
  .refine(
    ({ stopFrom, over, of, relativeTo }) => stopFrom === undefined || (over === 'last' && of === 'each' && relativeTo === undefined),
    {
      path: ['stopFrom'],
      error: 'expected a rule about the recorded values of each run by itself: no `over`, no `of`, no `relativeTo`', // runs may train in other processes
    },
  )

export type Gate = z.output<typeof gate>

/** Whether a value is outside the limits; NaN is not. */
export function breaks({ atMost = Infinity, atLeast = -Infinity }: Pick<Gate, 'atMost' | 'atLeast'>, value: number): boolean {
  return value > atMost || value < atLeast
}

/**
 * What a gate makes of a recorded series.
 *
 * @param steps   increasing
 * @param values  as many
 * @param last    the last step of the training
 * @returns       NaN for an empty series, or where the value is never reached; a mean over NaN is NaN
 */
export function reduceSeries(of: Over, { steps, values, last }: { steps: Float64Array; values: Float64Array; last: number }): number {
  if (of === 'last') return values.at(-1) ?? Number.NaN
  if (of === 'last-half') {
    const half = values.filter((_, i) => (steps[i] ?? 0) > last / 2)
    return half.reduce((sum, value) => sum + value, 0) / half.length
  }
  const { firstAtLeast = -Infinity, firstAtMost = Infinity, after } = of
  const at = values.findIndex((value, i) => (steps[i] ?? 0) >= after && value >= firstAtLeast && value <= firstAtMost)
  return (steps[at] ?? Number.NaN) - after
}
