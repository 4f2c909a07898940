/** The job that compares the levels of a factor, by a value or by the time until an event: numbers in, numbers out, no file. */
import { z } from 'zod'
import { compareLevels } from '#core/analysis/comparison/compareLevels.ts'
import { compareSurvival } from '#core/analysis/comparison/compareSurvival.ts'
import { comparisonTest } from '#core/contract/comparison.ts'
import { Refusal } from '#core/contract/errors.ts'
import { json, real } from '#core/contract/values.ts'
import type { CompareJob, Result } from '../protocol.ts'

const word = z.number().int().min(0).max(0xffffffff)

/** What both questions say of the runs that they compare. */
const compared = {
  factor: z.string(),
  metric: z.string(),
  baseline: z.string().optional(),
  confidence: z.number().optional(),
  where: z.record(z.string(), z.string()).optional(),
  pooled: z.array(z.string()).optional(),
}

/** What `CompareJob.request` holds: the query with the values of every level's runs, and the key of its permutations. */
export const compareRequest = z.strictObject({
  ...compared,
  test: comparisonTest.optional(),
  levels: z.array(
    z.strictObject({
      label: z.string(),
      value: json,
      runs: z.array(z.strictObject({ run: z.string(), value: real.nullable(), isStopped: z.boolean().default(false) })),
    }),
  ),
  key: z.tuple([word, word]),
})
export type CompareRequest = z.infer<typeof compareRequest>

/** The same for a time until an event: when each run had it, or was last seen without it. */
export const survivalRequest = z.strictObject({
  ...compared,
  quantity: z.literal('time'),
  rule: z.enum(['at-most', 'at-least']),
  limit: z.number(),
  resolution: z.number().nullable(),
  levels: z.array(
    z.strictObject({
      label: z.string(),
      value: json,
      after: z.number(),
      unseen: z.number(),
      runs: z.array(
        z.strictObject({
          run: z.string(),
          time: z.number(),
          end: z.enum(['event', 'eventAtStart', 'lastStep', 'stopped', 'diverged', 'unfinished']),
        }),
      ),
    }),
  ),
})
export type SurvivalRequest = z.infer<typeof survivalRequest>

/** Fails: 'invalid-input' if the request breaks a rule of its schema, or of `compareLevels` or `compareSurvival`. */
export async function runCompare({ request }: CompareJob): Promise<Extract<Result, { kind: 'compare' }>> {
  const isTime = typeof request === 'object' && request !== null && 'quantity' in request
  const comparison = isTime ? compareSurvival(checked(survivalRequest, request)) : compareLevels(checked(compareRequest, request))
  return Promise.resolve({ kind: 'compare', comparison })
}

function checked<Request>(schema: z.ZodType<Request>, request: unknown): Request {
  const parsed = schema.safeParse(request)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `compare.${path.map(String).join('.')}: ${message}`)
  throw new Refusal('invalid-input', problems[0] ?? 'compare: expected a request', problems)
}
