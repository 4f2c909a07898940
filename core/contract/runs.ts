/** Runs: what trains. A state says how a run's process ended; the outcome of a finished run says what its training came to. */
import { z } from 'zod'
import { count, id, json, real, sha256, unixMs } from './values.ts'

export const runStates = ['queued', 'running', 'finished', 'stopped', 'failed', 'interrupted'] as const
export const runState = z.enum(runStates)
export type RunState = z.infer<typeof runState>

/** Of a run that diverged `place` names what stopped being finite first: the loss, or a parameter; `step` is the first step whose result is not finite. */
export const outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reached-last-step') }),
  z.strictObject({ kind: z.literal('diverged'), step: count, place: z.string() }),
  z.strictObject({ kind: z.literal('stopped-by-gate'), step: count, gate: count }), // the recorded step at which it broke the rule; the place of the rule among the study's gates
])
export type Outcome = z.infer<typeof outcome>

/** The value of one factor in a cell. */
export const level = z.strictObject({ factor: z.string(), value: json, label: z.string() })
export type Level = z.infer<typeof level>

export const run = z.strictObject({
  id,
  study: id,
  cell: id,
  stack: id,
  lane: count,
  replicate: count,
  levels: z.array(level),
  state: runState,
  outcome: outcome.nullable(),
  reason: z.string().nullable(), // the sentence of a failed, stopped or interrupted run
  step: count, // the last step that was made safe
  steps: count,
  values: z.record(z.string(), real), // metric → last recorded value; of a run that a gate stopped, the value there
  parametersSha256: sha256.nullable(), // of the final parameters, in the model's order, little-endian float32
  startedMs: unixMs.nullable(),
  endedMs: unixMs.nullable(),
})
export type Run = z.infer<typeof run>

export const runQuery = z.strictObject({
  study: id.optional(),
  states: z.array(runState).optional(),
  sort: z.string().optional(), // a metric, or `state`, `replicate`, or a factor's path; a leading `-` reverses
  offset: count.default(0),
  limit: z.number().int().min(1).max(100_000).default(1_000),
})
export type RunQuery = z.input<typeof runQuery>

export const runPage = z.strictObject({ total: count, offset: count, runs: z.array(run) })
export type RunPage = z.infer<typeof runPage>
