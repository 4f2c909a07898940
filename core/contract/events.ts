/** Events: what changed, in order, each with a number; a reader that comes back names the last one it saw. */
import { z } from 'zod'
import { installProgress } from './engines.ts'
import { runState } from './runs.ts'
import { count, id } from './values.ts'

export const event = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('studyChanged'), cursor: count, study: id }), // counts, verdict, engine: read it again
  z.strictObject({ kind: z.literal('progressed'), cursor: count, study: id, step: count, steps: count }), // new rows in its series
  z.strictObject({ kind: z.literal('runsEnded'), cursor: count, study: id, state: runState, runs: count }),
  z.strictObject({ kind: z.literal('engineChanged'), cursor: count, progress: installProgress.nullable() }), // null: read the installation again
])
export type Event = z.infer<typeof event>

export const watchQuery = z.strictObject({ after: count.optional() })
