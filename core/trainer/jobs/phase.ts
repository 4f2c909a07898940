/** The job that makes a phase diagram: the runs' numbers by cell, and the theory's boundary over them. */
import { z } from 'zod'
import { phaseCells } from '#core/analysis/phase/phaseCells.ts'
import type { PhaseQuestion } from '#core/analysis/phase/phaseQuestion.ts'
import { scaleOf } from '#core/analysis/phase/scale.ts'
import { Refusal } from '#core/contract/errors.ts'
import type { Phase, PhaseAxis } from '#core/contract/phase.ts'
import { count, json, real } from '#core/contract/values.ts'
import type { JobContext } from '../childJob.ts'
import type { PhaseJob, Result } from '../protocol.ts'
import { phaseBoundary } from './phaseBoundary.ts'
import { readerOf } from './train.ts'

const axis = z.strictObject({ factor: z.string(), levels: z.array(z.strictObject({ label: z.string(), value: real })).min(1) })

/** What `PhaseJob.request` holds. */
const phaseRequest = z.strictObject({
  metric: z.string(),
  x: axis,
  y: axis,
  where: z.record(z.string(), z.string()),
  pooled: z.array(z.string()),
  cells: z.array(z.strictObject({ x: count, y: count, values: z.array(real.nullable()) })),
  theory: z
    .strictObject({
      study: json,
      base: z.number().int(),
      cell: z.string(),
      replicates: z.number().int().min(1),
      files: z.record(z.string(), z.string()),
    })
    .nullable(),
}) satisfies z.ZodType<PhaseQuestion>

/** Fails: 'invalid-input' if the request breaks a rule of its schema. */
export async function runPhase({ request }: PhaseJob, job: Pick<JobContext, 'pause'>): Promise<Extract<Result, { kind: 'phase' }>> {
  const checked = phaseRequest.safeParse(request)
  if (!checked.success) {
    const problems = checked.error.issues.map(({ path, message }) => `phase.${path.map(String).join('.')}: ${message}`)
    throw new Refusal('invalid-input', problems[0] ?? 'phase: expected a request', problems)
  }
  const { metric, where, pooled, cells, theory } = checked.data
  const [x, y] = [scaled(checked.data.x), scaled(checked.data.y)]
  const boundary =
    theory === null ? null : await phaseBoundary(theory, { x, y }, { read: readerOf(theory.files), pause: () => job.pause() })
  const size = { x: x.levels.length, y: y.levels.length }
  const phase: Phase = { metric, x, y, where, pooled, cells: [...phaseCells(size, cells)], boundary }
  return { kind: 'phase', phase }
}

function scaled({ factor, levels }: z.infer<typeof axis>): PhaseAxis {
  return { factor, levels, scale: scaleOf(levels.map(({ value }) => value)) }
}
