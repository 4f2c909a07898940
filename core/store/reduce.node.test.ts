import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Chunk } from './chunk.ts'
import { gather, shownRows } from './reduce.ts'

/** One matrix, cut into chunks of `size` rows. */
function chunked(steps: Float64Array, lanes: readonly Float64Array[], size: number): Chunk[] {
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, index) => {
    const [from, to] = [index * size, Math.min(steps.length, (index + 1) * size)]
    const values = Float64Array.from(lanes.flatMap((lane) => [...lane.subarray(from, to)]))
    return { firstRow: from, lanes: lanes.length, steps: steps.slice(from, to), values }
  })
}

const value = fc.oneof({ weight: 8, arbitrary: fc.double({ noNaN: true }) }, { weight: 1, arbitrary: fc.constant(Number.NaN) })
const matrix = fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 3 })).chain(([rows, lanes]) =>
  fc.record({
    steps: fc.constant(Float64Array.from({ length: rows }, (_, row) => 10 * row)),
    lanes: fc.array(
      fc.array(value, { minLength: rows, maxLength: rows }).map((list) => Float64Array.from(list)),
      { minLength: lanes, maxLength: lanes },
    ),
    size: fc.integer({ min: 1, max: 130 }),
    buckets: fc.integer({ min: 1, max: 20 }),
  }),
)

const numbers = (values: Float64Array): number[] => [...values].filter((one) => !Number.isNaN(one))

describe('gather', () => {
  test('what fits is shown as it is, whatever the chunks', () => {
    fc.assert(
      fc.property(matrix, ({ steps, lanes, size }) => {
        const shown = gather(chunked(steps, lanes, size), { rows: steps.length, lanes: lanes.length, buckets: 60 })
        expect(shown).toEqual({ steps, values: Float64Array.from(lanes.flatMap((lane) => [...lane])) })
      }),
    )
  })

  test('reduced: steps are true steps and increase, both ends stay, and every lane keeps its least and greatest number and shows NaN', () => {
    fc.assert(
      fc.property(matrix, ({ steps, lanes, size, buckets }) => {
        const rows = steps.length
        const shown = gather(chunked(steps, lanes, size), { rows, lanes: lanes.length, buckets })
        const count = shown.steps.length
        expect(count).toBe(shownRows(rows, buckets))
        expect(count).toBeLessThanOrEqual(2 * buckets + 2)
        expect([...shown.steps].every((step, index) => steps.includes(step) && (index === 0 || step > (shown.steps[index - 1] ?? 0)))).toBe(
          true,
        )
        lanes.forEach((lane, index) => {
          const kept = shown.values.subarray(index * count, (index + 1) * count)
          expect([kept[0], kept[count - 1]]).toEqual([lane[0], lane[rows - 1]])
          expect(kept.some(Number.isNaN)).toBe(lane.some(Number.isNaN))
          if (!lane.some(Number.isNaN)) {
            expect([Math.min(...kept), Math.max(...kept)].map(Math.abs)).toEqual([Math.min(...lane), Math.max(...lane)].map(Math.abs)) // −0 is 0
          }
          expect(numbers(kept).every((one) => lane.includes(one))).toBe(true)
        })
      }),
    )
  })

  test('in each bucket least and greatest come in their order', () => {
    const steps = Float64Array.from({ length: 8 }, (_, row) => row)
    const [rising, falling] = [Float64Array.of(9, 0, 5, 1, 1, 2, 3, 9), Float64Array.of(9, 5, 0, 1, 3, 2, 1, 9)]
    const { steps: axis, values } = gather(chunked(steps, [rising, falling], 3), { rows: 8, lanes: 2, buckets: 2 })
    // Buckets of rows 1–3 and 4–6, at the steps of their first and last row.
    expect([...axis]).toEqual([0, 1, 3, 4, 6, 7])
    expect([...values]).toEqual([9, 0, 5, 1, 3, 9, 9, 5, 0, 3, 1, 9])
  })

  test('a bucket with NaN shows it and the number farthest from 0, in their order', () => {
    const steps = Float64Array.from({ length: 8 }, (_, row) => row)
    const lane = Float64Array.of(0, 1, -7, Number.NaN, Number.NaN, Number.NaN, 4, 0)
    expect([...gather(chunked(steps, [lane], 8), { rows: 8, lanes: 1, buckets: 2 }).values]).toEqual([0, -7, Number.NaN, Number.NaN, 4, 0])
    const gone = Float64Array.of(1, 1, 1, 1, Number.NaN, Number.NaN, Number.NaN, Number.NaN)
    expect([...gather(chunked(steps, [gone], 8), { rows: 8, lanes: 1, buckets: 2 }).values]).toEqual([
      1,
      1,
      1,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
  })

  test('a spike of one row among a million is never lost', () => {
    const rows = 1_000_000
    const lane = new Float64Array(rows)
    lane[654_321] = Number.POSITIVE_INFINITY
    const shown = gather(chunked(Float64Array.from(lane.keys()), [lane], 16_384), { rows, lanes: 1, buckets: 1_000 })
    expect(shown.values.filter((one) => one === Number.POSITIVE_INFINITY)).toHaveLength(1)
  })
})
