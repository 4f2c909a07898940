/** Reading series: of a study, reduced to what a screen can show, and of one run, whole. Every chunk read is checked. */
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Series, SeriesBlock, SeriesQuery } from '#core/contract/series.ts'
import { gather, shownRows } from './reduce.ts'
import { chunksOf, metricsOf } from './series.ts'
import { numberOf, query, snapshot, type Readable } from './statements.ts'

/** One metric of one run, every recorded row. */
export type RunSeries = { readonly metric: string; readonly steps: Float64Array; readonly values: Float64Array }

/** The most values in one answer: 256 MiB. */
const mostValues = 2 ** 25

/**
 * One metric of all runs of a study, a block for each stack that has recorded it. A stack with more than 2 · buckets + 2 rows is
 * reduced as `reduce.ts` says; `shown` and `total` count rows over the blocks.
 */
export function readSeries(db: Readable, { study, metric, buckets = 1_000 }: SeriesQuery): Series {
  return snapshot(db, () => {
    requireMetric(db, study, metric)
    const sizes = sizesOf(db, study, metric)
    const values = sizes.reduce((sum, { rows, lanes }) => sum + lanes * shownRows(rows, buckets), 0)
    if (values > mostValues) {
      throw new Refusal(
        'invalid-input',
        `buckets: expected few enough for ${mostValues} values, got ${buckets} buckets, which make ${values}`,
      )
    }
    const blocks = sizes.map(({ stack, rows, lanes }): SeriesBlock => {
      return { runs: runsOf(db, stack), ...gather(chunksOf(db, stack, metric), { rows, lanes, buckets }) }
    })
    const shown = blocks.reduce((sum, block) => sum + block.steps.length, 0)
    return { study, metric, shown, total: sizes.reduce((sum, { rows }) => sum + rows, 0), blocks }
  })
}

/** All that one run recorded, by metric. Refuses an unknown id. */
export function readRunSeries(db: Readable, run: string): readonly RunSeries[] {
  return snapshot(db, () => {
    const found = query<{ stack: string; lane: number }>(db, 'SELECT stack_id AS stack, lane FROM runs WHERE id = :run').get({ run })
    if (found === undefined) throw new Refusal('not-found', `run: expected a run of this project, got ${quote(run)}`)
    return metricsOf(db, found.stack).map((metric) => ({ metric, ...readLane(db, { ...found, metric }) }))
  })
}

function readLane(
  db: Readable,
  { stack, metric, lane }: { readonly stack: string; readonly metric: string; readonly lane: number },
): Omit<RunSeries, 'metric'> {
  const rows = numberOf(db, 'SELECT sum(row_count) AS value FROM series_chunks WHERE stack_id = :stack AND metric = :metric', {
    stack,
    metric,
  })
  const [steps, values] = [new Float64Array(rows), new Float64Array(rows)]
  for (const chunk of chunksOf(db, stack, metric)) {
    const count = chunk.steps.length
    steps.set(chunk.steps, chunk.firstRow)
    values.set(chunk.values.subarray(lane * count, (lane + 1) * count), chunk.firstRow)
  }
  return { steps, values }
}

function sizesOf(
  db: Readable,
  study: string,
  metric: string,
): readonly { readonly stack: string; readonly lanes: number; readonly rows: number }[] {
  return query<{ stack: string; lanes: number; rows: number }>(
    db,
    `SELECT k.id AS stack, k.run_count AS lanes, sum(c.row_count) AS rows FROM stacks k JOIN series_chunks c ON c.stack_id = k.id
      WHERE k.study_id = :study AND c.metric = :metric GROUP BY k.id ORDER BY k.position`,
  ).all({ study, metric })
}

function runsOf(db: Readable, stack: string): string[] {
  return query<{ id: string }>(db, 'SELECT id FROM runs WHERE stack_id = :stack ORDER BY lane')
    .all({ stack })
    .map(({ id }) => id)
}

function requireMetric(db: Readable, study: string, metric: string): void {
  const rows = query<{ name: string }>(
    db,
    `SELECT e.value ->> '$.name' AS name FROM studies s, json_each(s.summary_json, '$.metrics') e WHERE s.id = :study`,
  ).all({ study })
  if (rows.some(({ name }) => name === metric)) return
  const known = query<{ id: string }>(db, 'SELECT id FROM studies WHERE id = :study').get({ study })
  if (known === undefined) throw new Refusal('not-found', `study: expected a study of this project, got ${quote(study)}`)
  throw new Refusal('invalid-input', `metric: expected one of ${rows.map(({ name }) => name).join(', ')}, got ${quote(metric)}`)
}
