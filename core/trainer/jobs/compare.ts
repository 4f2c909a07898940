/** The job that compares the levels of a factor: numbers in, numbers out, no file. */
import { z } from 'zod'
import { compareLevels } from '#core/analysis/comparison/compareLevels.ts'
import { comparisonTest } from '#core/contract/comparison.ts'
import { Refusal } from '#core/contract/errors.ts'
import { json, real } from '#core/contract/values.ts'
import type { CompareJob, Result } from '../protocol.ts'

const word = z.number().int().min(0).max(0xffffffff)

/** What `CompareJob.request` holds: the query with the values of every level's runs, and the key of its permutations. */
export const compareRequest = z.strictObject({
  factor: z.string(),
  metric: z.string(),
  baseline: z.string().optional(),
  test: comparisonTest.optional(),
  confidence: z.number().optional(),
  where: z.record(z.string(), z.string()).optional(),
  pooled: z.array(z.string()).optional(),
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

/** Fails: 'invalid-input' if the request breaks a rule of its schema or of `compareLevels`. */
export async function runCompare({ request }: CompareJob): Promise<Extract<Result, { kind: 'compare' }>> {
  const checked = compareRequest.safeParse(request)
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `compare.${path.map(String).join('.')}: ${message}`)
    throw new Refusal('invalid-input', problems[0] ?? 'compare: expected a request', problems)
  }
  return Promise.resolve({ kind: 'compare', comparison: compareLevels(checked.data) })
}
