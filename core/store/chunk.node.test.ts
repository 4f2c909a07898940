import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeChunk, encodeChunk, extendChunk, floatsOf, headOf, rowsPerChunk, type Chunk } from './chunk.ts'

const steps = fc.uniqueArray(fc.nat(1_000_000), { maxLength: 30 }).map((list) => Float64Array.from(list.sort((a, b) => a - b)))
const chunks = fc
  .tuple(steps, fc.integer({ min: 1, max: 5 }), fc.nat(1_000))
  .chain(([axis, lanes, firstRow]) =>
    fc
      .array(fc.double(), { minLength: axis.length * lanes, maxLength: axis.length * lanes })
      .map((values): Chunk => ({ firstRow, lanes, steps: axis, values: Float64Array.from(values) })),
  )

describe('chunk', () => {
  test('comes back equal, NaN, infinities and −0 included', () => {
    fc.assert(fc.property(chunks, (chunk) => void expect(decodeChunk(encodeChunk(chunk), 'x')).toEqual(chunk)))
  })

  test('stores equally spaced steps as their ends only', () => {
    const regular = Float64Array.from({ length: 200 }, (_, row) => 200 * row)
    const values = new Float64Array(200)
    expect(encodeChunk({ firstRow: 0, lanes: 1, steps: regular, values }).steps).toBeNull()
    expect(
      encodeChunk({ firstRow: 0, lanes: 1, steps: regular.map((step, row) => (row === 199 ? step + 1 : step)), values }).steps,
    ).toHaveLength(1_600)
  })

  test('refuses any changed byte, of the header, the steps or the data, and names the part', () => {
    const chunk: Chunk = { firstRow: 7, lanes: 2, steps: Float64Array.of(0, 3, 4), values: Float64Array.of(1, 2, 3, 4, 5, 6) }
    const row = encodeChunk(chunk)
    const flipped = (bytes: Buffer | null, at: number): Buffer => {
      const copy = Buffer.from(bytes ?? [])
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
      return copy
    }
    const changed = [
      ...Array.from({ length: row.data.length }, (_, at) => ({ ...row, data: flipped(row.data, at) })),
      ...Array.from({ length: 24 }, (_, at) => ({ ...row, steps: flipped(row.steps, at) })),
      { ...row, firstRow: 8 },
      { ...row, laneCount: 3, rowCount: 2 },
      { ...row, lastStep: 5 },
      { ...row, data: row.data.subarray(8) },
      { ...row, data: Buffer.alloc(0) },
    ]
    for (const bad of changed)
      expect(() => decodeChunk(bad, 'stack k0, metric loss')).toThrow(/^stack k0, metric loss, chunk at row [78]: expected .*damaged/)
    expect(() => decodeChunk({ ...row, format: 2 }, 'x')).toThrow('x, chunk at row 7: expected format 1, got 2')
  })

  test('extended and cut back, it is what it was', () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 6 }), (chunk, rows) => {
        const last = chunk.steps.at(-1) ?? 0
        const batch = {
          steps: Float64Array.from({ length: rows }, (_, row) => last + 1 + row),
          values: Float64Array.from({ length: rows * chunk.lanes }, (_, at) => at),
        }
        expect(headOf(extendChunk(chunk, batch, [0, rows]), chunk.steps.length)).toEqual(chunk)
      }),
    )
  })

  test('a row-major batch becomes lane-major', () => {
    const empty: Chunk = { firstRow: 0, lanes: 2, steps: new Float64Array(0), values: new Float64Array(0) }
    const batch = { steps: Float64Array.of(0, 1, 2), values: Float64Array.of(0, 10, 1, 11, 2, 12) } // [steps × lanes]
    expect(extendChunk(empty, batch, [1, 3]).values).toEqual(Float64Array.of(1, 2, 11, 12)) // [lanes × rows]
  })

  test('a full one holds 128 KiB, and one row at least', () => {
    expect([1, 80, 16_384, 100_000].map(rowsPerChunk)).toEqual([16_384, 204, 1, 1])
  })

  test('numbers are read from bytes at any place in memory', () => {
    const bytes = Buffer.alloc(17)
    bytes.writeDoubleLE(Math.PI, 1)
    bytes.writeDoubleLE(-1, 9)
    expect(floatsOf(bytes.subarray(1))).toEqual(Float64Array.of(Math.PI, -1))
  })
})
