import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { batchesOf } from './batches.ts'

const key = rootKey({ base: 7, cell: 'ab'.repeat(32), replicate: 1 })
const rowsOf = (batches: ReturnType<typeof batchesOf>, step: number, size: number) => {
  const out = new Int32Array(size)
  batches(step, out)
  return [...out]
}
const sizes = fc.record({ rows: fc.integer({ min: 1, max: 40 }), batch: fc.integer({ min: 1, max: 50 }) })

describe('batchesOf', () => {
  test('every row comes once in an epoch, also where the batch does not divide the rows or is larger', () => {
    fc.assert(
      fc.property(sizes, ({ rows, batch }) => {
        const batches = batchesOf(key, rows)
        const steps = Math.ceil((3 * rows) / batch) // at least three epochs
        const sequence = Array.from({ length: steps }, (_, step) => rowsOf(batches, step, batch)).flat()
        for (const epoch of [0, 1, 2]) {
          const seen = sequence.slice(epoch * rows, (epoch + 1) * rows)
          expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i))
        }
      }),
      { numRuns: 30 },
    )
  })
  test('a step asked for alone, and steps asked for backwards, equal the same steps in sequence', () => {
    const [rows, batch, steps] = [7, 3, 30]
    const inOrder = batchesOf(key, rows)
    const sequence = Array.from({ length: steps }, (_, step) => rowsOf(inOrder, step, batch))
    const backwards = batchesOf(key, rows)
    for (let step = steps - 1; step >= 0; step -= 1) {
      expect(rowsOf(batchesOf(key, rows), step, batch)).toEqual(sequence[step])
      expect(rowsOf(backwards, step, batch)).toEqual(sequence[step])
    }
  })
  test('epochs have orders of their own', () => {
    const batches = batchesOf(key, 20)
    expect(rowsOf(batches, 0, 20)).not.toEqual(rowsOf(batches, 1, 20)) // equal by chance once in 20! ≈ 2e18
  })
  test('another key is another order', () => {
    expect(rowsOf(batchesOf(split(key, 'a'), 20), 0, 20)).not.toEqual(rowsOf(batchesOf(split(key, 'b'), 20), 0, 20))
  })
})
