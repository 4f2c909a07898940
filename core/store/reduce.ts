/**
 * A long series made short without losing its extremes. The first and the last row stay as they are; the rows between them fall
 * into buckets of equal numbers of rows. A bucket becomes two rows, at the steps of its first and its last row, for all lanes
 * alike; they hold the lane's least and greatest value of that bucket, in the order in which they occur.
 *
 * A lane with NaN in a bucket keeps it visible: of the two values one is NaN, and the other is the number farthest from 0, again
 * in the order in which they occur. Both are NaN when there is no number.
 */
import { assert } from '#core/contract/errors.ts'
import type { Chunk } from './chunk.ts'

/** `values` is lane-major, [lanes × steps]. */
export type Matrix = { readonly steps: Float64Array; readonly values: Float64Array }

/** How many rows are shown of `rows`: all, or two per bucket and both ends. */
export function shownRows(rows: number, buckets: number): number {
  return Math.min(rows, 2 * buckets + 2)
}

/** The rows of `chunks`, which follow each other from row 0, as one matrix: all when they fit, otherwise reduced. */
export function gather(chunks: Iterable<Chunk>, size: { readonly rows: number; readonly lanes: number; readonly buckets: number }): Matrix {
  return size.rows > shownRows(size.rows, size.buckets) ? reduced(chunks, size) : joined(chunks, size)
}

function joined(chunks: Iterable<Chunk>, { rows, lanes }: { readonly rows: number; readonly lanes: number }): Matrix {
  const [steps, values] = [new Float64Array(rows), new Float64Array(rows * lanes)]
  let seen = 0
  for (const chunk of chunks) {
    const count = chunk.steps.length
    assert(chunk.firstRow === seen && chunk.lanes === lanes, `chunks follow each other: row ${chunk.firstRow} after ${seen}`)
    steps.set(chunk.steps, seen)
    for (let lane = 0; lane < lanes; lane++) values.set(chunk.values.subarray(lane * count, (lane + 1) * count), lane * rows + seen)
    seen += count
  }
  assert(seen === rows, `all chunks were read: ${seen} rows of ${rows}`)
  return { steps, values }
}

function reduced(
  chunks: Iterable<Chunk>,
  { rows, lanes, buckets }: { readonly rows: number; readonly lanes: number; readonly buckets: number },
): Matrix {
  const edges = bucketEdges(rows, buckets)
  const shown = shownRows(rows, buckets)
  const [steps, values] = [new Float64Array(shown), new Float64Array(shown * lanes)]
  const extremes = Array.from({ length: lanes }, newExtremes)
  let done = 0
  for (const { chunk, bucket, from, to } of segments(chunks, edges)) {
    const [start = 0, end = rows] = [edges[bucket], edges[bucket + 1]]
    const slot = bucket === 0 ? 0 : 2 * bucket - 1 // the first bucket has one row, so the others begin at 1, 3, 5 …
    if (chunk.firstRow + from === start) steps[slot] = chunk.steps[from] ?? 0
    extremes.forEach((lane, index) => addRows(lane, chunk, [index, from, to]))
    if (chunk.firstRow + to < end) continue
    const width = Math.min(2, end - start)
    steps[slot + width - 1] = chunk.steps[to - 1] ?? 0
    extremes.forEach((lane, index) => show(lane, values.subarray(index * shown + slot, index * shown + slot + width)))
    done++
  }
  assert(done === edges.length - 1, `all chunks were read: ${done} buckets of ${edges.length - 1}`)
  return { steps, values }
}

/** Rows [from, to) of a chunk that lie in one bucket. */
type Segment = { readonly chunk: Chunk; readonly bucket: number; readonly from: number; readonly to: number }

function* segments(chunks: Iterable<Chunk>, edges: readonly number[]): Generator<Segment> {
  let bucket = 0
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.steps.length;) {
      const end = (edges[bucket + 1] ?? 0) - chunk.firstRow
      const to = Math.min(chunk.steps.length, end)
      assert(to > from, `a bucket holds the rows that follow: row ${chunk.firstRow + from}, bucket ${bucket}`)
      yield { chunk, bucket, from, to }
      if (to === end) bucket++
      from = to
    }
  }
}

/** Where buckets begin, and `rows` at the end: the first and the last row are buckets of their own. */
function bucketEdges(rows: number, buckets: number): readonly number[] {
  const inner = Array.from({ length: buckets }, (_, bucket) => 1 + Math.floor((bucket * (rows - 2)) / buckets))
  return [0, ...inner, rows - 1, rows]
}

/** Of one lane in one bucket; a row is −1 while there is none. */
type Extremes = { least: number; leastRow: number; greatest: number; greatestRow: number; nanRow: number }

function newExtremes(): Extremes {
  return { least: Number.NaN, leastRow: -1, greatest: Number.NaN, greatestRow: -1, nanRow: -1 }
}

function addRows(extremes: Extremes, chunk: Chunk, [lane, from, to]: readonly [number, number, number]): void {
  const start = lane * chunk.steps.length
  for (let row = from; row < to; row++) {
    const value = chunk.values[start + row] ?? Number.NaN
    if (Number.isNaN(value)) {
      if (extremes.nanRow < 0) extremes.nanRow = chunk.firstRow + row
      continue
    }
    if (extremes.leastRow < 0 || value < extremes.least) [extremes.least, extremes.leastRow] = [value, chunk.firstRow + row]
    if (extremes.greatestRow < 0 || value > extremes.greatest) [extremes.greatest, extremes.greatestRow] = [value, chunk.firstRow + row]
  }
}

/** Writes what a bucket showed into `target`, one or two values, and empties it. */
function show(extremes: Extremes, target: Float64Array): void {
  const { least, leastRow, greatest, greatestRow, nanRow } = extremes
  if (nanRow < 0)
    target.set([leastRow <= greatestRow ? least : greatest, leastRow <= greatestRow ? greatest : least].slice(0, target.length))
  else {
    const [far, farRow] = Math.abs(least) > Math.abs(greatest) ? [least, leastRow] : [greatest, greatestRow]
    target.set([nanRow < farRow ? Number.NaN : far, nanRow < farRow ? far : Number.NaN].slice(0, target.length))
  }
  Object.assign(extremes, newExtremes())
}
