/**
 * A chunk of a series: some rows of one metric of one stack as bytes. Format 1: `data` is float64, little-endian, lane-major
 * [lanes × rows]; `steps` is float64 [rows], or nothing when the steps are equally spaced from first to last. The checksum is
 * CRC-32 over the header, the steps and the data.
 */
import { crc32 } from 'node:zlib'
import { Refusal } from '#core/contract/errors.ts'
import { damaged } from './storeErrors.ts'

export type Chunk = {
  readonly firstRow: number
  readonly lanes: number
  readonly steps: Float64Array // [rows], increasing
  readonly values: Float64Array // [lanes × rows], lane-major
}

/** A row of `series_chunks`, without its keys. */
export type ChunkRow = {
  readonly format: number
  readonly firstRow: number
  readonly rowCount: number
  readonly laneCount: number
  readonly firstStep: number
  readonly lastStep: number
  readonly steps: Buffer | null
  readonly data: Buffer
  readonly checksum: number
}

const format = 1
const chunkValues = 2 ** 14

/**
 * How many rows a full chunk of a stack has: 2¹⁴ values (128 KiB), at least one row. The open chunk is written anew with each
 * batch, so that a batch of 8 metrics rewrites at most 1 MiB; and the chunks depend on the rows alone, not on the batches.
 */
export function rowsPerChunk(lanes: number): number {
  return Math.max(1, Math.floor(chunkValues / lanes))
}

/** The bytes of a chunk. */
export function encodeChunk(chunk: Chunk): ChunkRow {
  const { firstRow, lanes, steps, values } = chunk
  const row = {
    format,
    firstRow,
    rowCount: steps.length,
    laneCount: lanes,
    firstStep: steps.at(0) ?? 0,
    lastStep: steps.at(-1) ?? 0,
    steps: isRegular(steps) ? null : bytesOf(steps),
    data: bytesOf(values),
  }
  return { ...row, checksum: checksumOf(row) }
}

/** The chunk of a row. Refuses damage; `name` says whose it is. */
export function decodeChunk(row: ChunkRow, name: string): Chunk {
  const part = `${name}, chunk at row ${row.firstRow}`
  if (row.format !== format) throw new Refusal('store-failed', `${part}: expected format ${format}, got ${row.format}`)
  const sized =
    row.data.byteLength === 8 * row.rowCount * row.laneCount && (row.steps === null || row.steps.byteLength === 8 * row.rowCount)
  if (!sized || checksumOf(row) !== row.checksum) throw damaged(part, `bytes with checksum ${row.checksum}`)
  const steps = row.steps === null ? regularSteps(row) : floatsOf(row.steps)
  return { firstRow: row.firstRow, lanes: row.laneCount, steps, values: floatsOf(row.data) }
}

/** A chunk with only its first `rows` rows. */
export function headOf(chunk: Chunk, rows: number): Chunk {
  const old = chunk.steps.length
  const values = new Float64Array(chunk.lanes * rows)
  for (let lane = 0; lane < chunk.lanes; lane++) values.set(chunk.values.subarray(lane * old, lane * old + rows), lane * rows)
  return { ...chunk, steps: chunk.steps.slice(0, rows), values }
}

/** `chunk` followed by the rows [from, to) of a batch whose values are row-major [steps × lanes]. */
export function extendChunk(
  chunk: Chunk,
  batch: { readonly steps: Float64Array; readonly values: Float64Array },
  [from, to]: readonly [number, number],
): Chunk {
  const { lanes } = chunk
  const [old, added] = [chunk.steps.length, to - from]
  const rows = old + added
  const steps = new Float64Array(rows)
  steps.set(chunk.steps)
  steps.set(batch.steps.subarray(from, to), old)
  const values = new Float64Array(lanes * rows)
  for (let lane = 0; lane < lanes; lane++) {
    values.set(chunk.values.subarray(lane * old, (lane + 1) * old), lane * rows)
    for (let row = 0; row < added; row++) values[lane * rows + old + row] = batch.values[(from + row) * lanes + lane] ?? Number.NaN
  }
  return { firstRow: chunk.firstRow, lanes, steps, values }
}

/** The bytes of an array, without a copy. */
export function bytesOf(values: Float64Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}

/** The numbers in bytes, in memory of their own: SQLite's buffers need not be aligned. */
export function floatsOf(bytes: Buffer): Float64Array {
  const values = new Float64Array(bytes.byteLength / 8)
  bytesOf(values).set(bytes)
  return values
}

function regularSteps({ firstStep, lastStep, rowCount }: ChunkRow): Float64Array {
  const stride = rowCount > 1 ? (lastStep - firstStep) / (rowCount - 1) : 0
  return Float64Array.from({ length: rowCount }, (_, row) => firstStep + row * stride)
}

/** Whether `regularSteps` gives the same bits back. */
function isRegular(steps: Float64Array): boolean {
  const [first, last] = [steps.at(0) ?? 0, steps.at(-1) ?? 0]
  const stride = steps.length > 1 ? (last - first) / (steps.length - 1) : 0
  return steps.every((step, row) => step === first + row * stride)
}

function checksumOf(row: Omit<ChunkRow, 'checksum'>): number {
  const header = Float64Array.of(row.format, row.firstRow, row.rowCount, row.laneCount, row.firstStep, row.lastStep)
  const start = crc32(bytesOf(header))
  return crc32(row.data, row.steps === null ? start : crc32(row.steps, start))
}
