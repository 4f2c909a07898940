/**
 * Writing series. They are kept per stack and metric as matrices, because all runs of a stack record the same steps: a batch of
 * 80 runs × 8 metrics is 8 blobs and not 640. Reading them is in `readSeries.ts`.
 */
import { assert } from '#core/contract/errors.ts'
import { decodeChunk, encodeChunk, extendChunk, headOf, rowsPerChunk, type Chunk, type ChunkRow } from './chunk.ts'
import { addToSummaries, summarise, writeSummaries } from './runValues.ts'
import { query, transact, type Readable, type Writable } from './statements.ts'

/** Rows recorded since the last batch; `values[metric]` is row-major, [steps × lanes]. `step` is the last step they make safe. */
export type Batch = {
  readonly steps: Float64Array
  readonly values: Readonly<Record<string, Float64Array>>
  readonly step: number
}

const chunkColumns = `format, first_row AS firstRow, row_count AS rowCount, lane_count AS laneCount, first_step AS firstStep,
  last_step AS lastStep, steps, data, checksum`

/**
 * Keeps a batch: chunks, last and extreme values of each run, and the stack's step, in one transaction. When it returns, the
 * rows are on the disk; when it throws or the process dies, none of them is.
 */
export function appendRows(db: Writable, stack: string, batch: Batch): void {
  transact(db, () => {
    const lanes = laneCount(db, stack)
    requireIncreasing(batch.steps)
    const changed = query(db, 'UPDATE stacks SET step = :step WHERE id = :stack AND step <= :step').run({ stack, step: batch.step })
    assert(changed === 1, `the step of a stack never falls but by a reset: ${stack} to ${batch.step}`)
    if (batch.steps.length === 0) return
    for (const [metric, values] of Object.entries(batch.values)) {
      assert(
        values.length === batch.steps.length * lanes,
        `${metric}: ${batch.steps.length} rows of ${lanes} lanes are not ${values.length} values`,
      )
      appendToMetric(db, { stack, metric, lanes }, { steps: batch.steps, values })
    }
    addToSummaries(db, stack, { lanes, values: batch.values })
  })
}

/**
 * Forgets the rows after a step, or all when it is null, and sets the stack's step back to it. The last and extreme values of its
 * runs are those of the rows that stay.
 */
export function truncateSeries(db: Writable, stack: string, afterStep: number | null): void {
  transact(db, () => {
    const from = afterStep ?? Number.NEGATIVE_INFINITY
    for (const metric of metricsOf(db, stack)) cutMetric(db, { stack, metric }, from)
    query(db, 'UPDATE stacks SET step = min(step, :step) WHERE id = :stack').run({ stack, step: afterStep ?? 0 })
    const left = metricsOf(db, stack).map((metric) => [metric, summarise(chunksOf(db, stack, metric))] as const)
    writeSummaries(db, stack, new Map(left))
  })
}

/** The metrics that a stack has recorded. */
export function metricsOf(db: Readable, stack: string): readonly string[] {
  const sql = 'SELECT DISTINCT metric FROM series_chunks WHERE stack_id = :stack ORDER BY metric'
  return query<{ metric: string }>(db, sql)
    .all({ stack })
    .map(({ metric }) => metric)
}

/** The chunks of one metric of a stack, in order, one in memory at a time. Refuses damage with the chunk's name. */
export function* chunksOf(db: Readable, stack: string, metric: string): Generator<Chunk> {
  const sql = `SELECT ${chunkColumns} FROM series_chunks WHERE stack_id = :stack AND metric = :metric AND first_row >= :row ORDER BY first_row LIMIT 1`
  for (let row = 0; ;) {
    const next = query<ChunkRow>(db, sql).get({ stack, metric, row })
    if (next === undefined) return
    const chunk = decodeChunk(next, `stack ${stack}, metric ${metric}`)
    row = chunk.firstRow + chunk.steps.length
    yield chunk
  }
}

function appendToMetric(
  db: Writable,
  key: { readonly stack: string; readonly metric: string; readonly lanes: number },
  batch: { readonly steps: Float64Array; readonly values: Float64Array },
): void {
  const capacity = rowsPerChunk(key.lanes)
  let chunk = openChunk(db, key, batch.steps.at(0) ?? 0)
  for (let from = 0; from < batch.steps.length;) {
    const to = Math.min(batch.steps.length, from + capacity - chunk.steps.length)
    chunk = extendChunk(chunk, batch, [from, to])
    writeChunk(db, key, chunk)
    from = to
    chunk = emptyChunk(chunk.firstRow + chunk.steps.length, key.lanes)
  }
}

/** The chunk that the next row goes into: the last one while it has room, otherwise an empty one behind it. */
function openChunk(
  db: Writable,
  key: { readonly stack: string; readonly metric: string; readonly lanes: number },
  nextStep: number,
): Chunk {
  const { stack, metric, lanes } = key
  const last = query<{ firstRow: number; rowCount: number; lastStep: number }>(
    db,
    `SELECT first_row AS firstRow, row_count AS rowCount, last_step AS lastStep FROM series_chunks
      WHERE stack_id = :stack AND metric = :metric ORDER BY first_row DESC LIMIT 1`,
  ).get({ stack, metric })
  if (last === undefined) return emptyChunk(0, lanes)
  assert(nextStep > last.lastStep, `rows come in order: ${stack}, ${metric}, step ${nextStep} after ${last.lastStep}`)
  if (last.rowCount >= rowsPerChunk(lanes)) return emptyChunk(last.firstRow + last.rowCount, lanes)
  const sql = `SELECT ${chunkColumns} FROM series_chunks WHERE stack_id = :stack AND metric = :metric AND first_row = :row`
  const row = query<ChunkRow>(db, sql).get({ stack, metric, row: last.firstRow })
  assert(row !== undefined, 'the chunk was there a statement ago, in the same transaction')
  return decodeChunk(row, `stack ${stack}, metric ${metric}`)
}

function cutMetric(db: Writable, key: { readonly stack: string; readonly metric: string }, afterStep: number): void {
  const { stack, metric } = key
  const sql = `SELECT ${chunkColumns} FROM series_chunks WHERE stack_id = :stack AND metric = :metric AND first_step <= :after AND last_step > :after`
  const straddling = query<ChunkRow>(db, sql).get({ stack, metric, after: afterStep })
  if (straddling !== undefined) {
    const chunk = decodeChunk(straddling, `stack ${stack}, metric ${metric}`)
    writeChunk(
      db,
      key,
      headOf(
        chunk,
        chunk.steps.findIndex((step) => step > afterStep),
      ),
    )
  }
  query(db, 'DELETE FROM series_chunks WHERE stack_id = :stack AND metric = :metric AND first_step > :after').run({
    stack,
    metric,
    after: afterStep,
  })
}

function writeChunk(db: Writable, key: { readonly stack: string; readonly metric: string }, chunk: Chunk): void {
  query(
    db,
    `INSERT INTO series_chunks (stack_id, metric, format, first_row, row_count, lane_count, first_step, last_step, steps, data, checksum)
      VALUES (:stack, :metric, :format, :firstRow, :rowCount, :laneCount, :firstStep, :lastStep, :steps, :data, :checksum)
      ON CONFLICT (stack_id, metric, first_row) DO UPDATE SET format = excluded.format, row_count = excluded.row_count,
        lane_count = excluded.lane_count, first_step = excluded.first_step, last_step = excluded.last_step, steps = excluded.steps,
        data = excluded.data, checksum = excluded.checksum`,
  ).run({ stack: key.stack, metric: key.metric, ...encodeChunk(chunk) })
}

function emptyChunk(firstRow: number, lanes: number): Chunk {
  return { firstRow, lanes, steps: new Float64Array(0), values: new Float64Array(0) }
}

function laneCount(db: Readable, stack: string): number {
  const row = query<{ runs: number }>(db, 'SELECT run_count AS runs FROM stacks WHERE id = :stack').get({ stack })
  assert(row !== undefined, `rows belong to a stack: ${stack}`)
  return row.runs
}

function requireIncreasing(steps: Float64Array): void {
  let previous = -1
  for (const step of steps) {
    assert(Number.isSafeInteger(step) && step > previous, `recorded steps are whole and increase: ${step} after ${previous}`)
    previous = step
  }
}
