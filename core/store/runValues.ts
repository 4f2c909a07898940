/**
 * What the table of runs shows of a series without reading it: its last value, and the least and greatest of its numbers. NaN is
 * a last value like any other; it is neither least nor greatest. −0 comes back as 0, because SQLite keeps a whole REAL as an integer.
 */
import { assert } from '#core/contract/errors.ts'
import type { Chunk } from './chunk.ts'
import { query, type Readable, type Writable } from './statements.ts'

/** Per lane. `least` and `greatest` are NaN where every value was NaN. */
type Summary = { readonly last: Float64Array; readonly least: Float64Array; readonly greatest: Float64Array }

const upsert = `INSERT INTO run_values (run_number, metric, study_id, last, least, greatest)
  VALUES (:run, :metric, :study, :last, :least, :greatest)
  ON CONFLICT (run_number, metric) DO UPDATE SET last = excluded.last,
    least = coalesce(min(least, excluded.least), least, excluded.least),
    greatest = coalesce(max(greatest, excluded.greatest), greatest, excluded.greatest)`

/** The summary of a whole series; undefined without rows. */
export function summarise(chunks: Iterable<Chunk>): Summary | undefined {
  let summary: Summary | undefined
  for (const { lanes, steps, values } of chunks) {
    summary ??= emptySummary(lanes)
    const rows = steps.length
    for (let lane = 0; lane < lanes; lane++) {
      for (let row = 0; row < rows; row++) addValue(summary, lane, values[lane * rows + row])
    }
  }
  return summary
}

/** Brings the kept summaries up to a batch with at least one row; its values are row-major. */
export function addToSummaries(
  db: Writable,
  stack: string,
  batch: { readonly lanes: number; readonly values: Readonly<Record<string, Float64Array>> },
): void {
  const { lanes } = batch
  const summaries = new Map<string, Summary>()
  for (const [metric, values] of Object.entries(batch.values)) {
    const summary = emptySummary(lanes)
    for (let at = 0; at < values.length; at++) addValue(summary, at % lanes, values[at])
    summaries.set(metric, summary)
  }
  upsertAll(db, stack, summaries)
}

/** Replaces all summaries of a stack. */
export function writeSummaries(db: Writable, stack: string, summaries: ReadonlyMap<string, Summary | undefined>): void {
  query(db, 'DELETE FROM run_values WHERE run_number IN (SELECT number FROM runs WHERE stack_id = :stack)').run({ stack })
  upsertAll(db, stack, summaries)
}

/** Puts values in place of the last ones of a run's series. */
export function setLast(db: Writable, run: string, values: Readonly<Record<string, number>>): void {
  const write = query(
    db,
    'UPDATE run_values SET last = :last WHERE metric = :metric AND run_number = (SELECT number FROM runs WHERE id = :run)',
  )
  for (const [metric, value] of Object.entries(values)) write.run({ run, metric, last: stored(value) })
}

function upsertAll(db: Writable, stack: string, summaries: ReadonlyMap<string, Summary | undefined>): void {
  const runs = runsOf(db, stack)
  const write = query(db, upsert)
  for (const [metric, summary] of summaries) {
    if (summary === undefined) continue
    runs.forEach(({ number, study }, lane) => {
      const [last, least, greatest] = [summary.last, summary.least, summary.greatest].map((values) => stored(values[lane]))
      assert(last !== undefined && least !== undefined && greatest !== undefined, 'a summary has a value for each lane')
      write.run({ run: number, metric, study, last, least, greatest })
    })
  }
}

function runsOf(db: Readable, stack: string): readonly { readonly number: number; readonly study: string }[] {
  return query<{ number: number; study: string }>(
    db,
    'SELECT number, study_id AS study FROM runs WHERE stack_id = :stack ORDER BY lane',
  ).all({ stack })
}

function emptySummary(lanes: number): Summary {
  const nothing = (): Float64Array => new Float64Array(lanes).fill(Number.NaN)
  return { last: nothing(), least: nothing(), greatest: nothing() }
}

function addValue({ last, least, greatest }: Summary, lane: number, value = Number.NaN): void {
  last[lane] = value
  if (Number.isNaN(value)) return
  const [low = Number.NaN, high = Number.NaN] = [least[lane], greatest[lane]]
  if (Number.isNaN(low) || value < low) least[lane] = value
  if (Number.isNaN(high) || value > high) greatest[lane] = value
}

function stored(value = Number.NaN): number | null {
  return Number.isNaN(value) ? null : value
}
