/** When each run of a study first recorded a value that is looked for; chunk by chunk, so that no series is held whole. */
import { chunksOf } from './series.ts'
import { query, snapshot, type Readable } from './statements.ts'

/** Steps from the run's own step on: the first with a finite value, the first with the value that is looked for, the last looked at; null for none. */
export type FirstRecord = { readonly begin: number | null; readonly first: number | null; readonly last: number | null }

export type FirstRecords = {
  readonly runs: ReadonlyMap<string, FirstRecord> // those that were asked for and whose stack records the metric
  readonly widestGap: number | null // between two records that were looked at; null for fewer than two
}

export type RecordsQuery = {
  readonly study: string
  readonly metric: string
  /** The step from which a run's records count; null leaves the run out. */
  readonly fromStep: (run: string) => number | null
  readonly isReached: (value: number) => boolean // asked of finite values
}

type Lane = { readonly run: string; readonly from: number; begin: number | null; first: number | null; last: number | null }

/** A value that is not finite is no record: a run that diverged or was stopped has none from there on. */
export function firstRecords(db: Readable, asked: RecordsQuery): FirstRecords {
  return snapshot(db, () => {
    const runs = new Map<string, FirstRecord>()
    let widestGap: number | null = null
    for (const [stack, lanes] of lanesOf(db, asked)) {
      const from = Math.min(...lanes.values().map((lane) => lane.from))
      let before: number | null = null
      for (const row of rowsFrom(db, { stack, metric: asked.metric, from })) {
        if (before !== null) widestGap = Math.max(widestGap ?? 0, row.step - before)
        before = row.step
        for (const [index, lane] of lanes) look(lane, { step: row.step, value: row.valueOf(index) }, asked)
      }
      if (before !== null) for (const { run, begin, first, last } of lanes.values()) runs.set(run, { begin, first, last })
    }
    return { runs, widestGap }
  })
}

type Row = { readonly step: number; valueOf(lane: number): number }

/** The rows of a stack from a step on, in order. */
function* rowsFrom(db: Readable, { stack, metric, from }: { stack: string; metric: string; from: number }): Generator<Row> {
  for (const { steps, values } of chunksOf(db, stack, metric)) {
    for (const [row, step] of steps.entries()) {
      if (step >= from) yield { step, valueOf: (lane) => values[lane * steps.length + row] ?? Number.NaN }
    }
  }
}

function look(lane: Lane, { step, value }: { step: number; value: number }, { isReached }: RecordsQuery): void {
  if (step < lane.from || lane.first !== null || !Number.isFinite(value)) return
  lane.begin ??= step
  lane.last = step
  if (isReached(value)) lane.first = step
}

/** The runs that are asked for, by stack and lane. */
function lanesOf(db: Readable, { study, fromStep }: RecordsQuery): ReadonlyMap<string, ReadonlyMap<number, Lane>> {
  const rows = query<{ run: string; stack: string; lane: number }>(
    db,
    'SELECT id AS run, stack_id AS stack, lane FROM runs WHERE study_id = :study ORDER BY stack_id, lane',
  ).all({ study })
  const stacks = new Map<string, Map<number, Lane>>()
  for (const { run, stack, lane } of rows) {
    const from = fromStep(run)
    if (from === null) continue
    const lanes = stacks.get(stack) ?? new Map<number, Lane>()
    stacks.set(stack, lanes.set(lane, { run, from, begin: null, first: null, last: null }))
  }
  return stacks
}
