import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { drawUniform } from '#core/numerics/random/draw.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { averageLinkage, type Merge } from './clustering.ts'

expect.extend({ toBeAllclose })

/** A correlation matrix, or any symmetric one, from its entries above the diagonal, row after row. */
function symmetric(n: number, above: readonly number[]): Matrix {
  const values = new Float64Array(n * n)
  let next = 0
  for (let i = 0; i < n; i++) {
    values[i * n + i] = 1
    for (let j = i + 1; j < n; j++) {
      const value = above[next++] ?? Number.NaN
      values[i * n + j] = value
      values[j * n + i] = value
    }
  }
  return { rows: n, columns: n, values }
}

// Eighths: sums of distances are exact, so that ties are ties in both computations
const correlation = fc.integer({ min: 0, max: 9 }).chain((n) =>
  fc
    .array(
      fc.integer({ min: -8, max: 8 }).map((k) => k / 8),
      { minLength: (n * (n - 1)) / 2, maxLength: (n * (n - 1)) / 2 },
    )
    .map((above) => symmetric(n, above)),
)

/** By the definition: every two clusters, every pair of units between them, in the order of first units. */
function byDefinition({ rows: n, values }: Matrix): { order: number[]; merges: Merge[] } {
  let clusters = Array.from({ length: n }, (_, i) => [i])
  const merges: Merge[] = []
  const apart = (first: number[], second: number[]) => {
    const pairs = first.flatMap((a) => second.map((b) => 1 - Math.abs(values[a * n + b] ?? Number.NaN)))
    return pairs.reduce((sum, value) => sum + value, 0) / pairs.length
  }
  while (clusters.length > 1) {
    const candidates = clusters.flatMap((first, i) =>
      clusters.slice(i + 1).map((second) => ({ first, second, distance: apart(first, second) })),
    )
    const best = candidates.reduce((nearest, candidate) => (candidate.distance < nearest.distance ? candidate : nearest)) // the first of equals
    const { first, second, distance } = best
    merges.push({ first: Math.min(...first), second: Math.min(...second), distance })
    clusters = clusters.filter((cluster) => cluster !== second).map((cluster) => (cluster === first ? [...first, ...second] : cluster))
  }
  return { order: clusters[0] ?? [], merges }
}

describe('averageLinkage', () => {
  test('brings blocks together', () => {
    // Units 0, 2 and 4 are alike, up to sign; 1 and 3 are alike
    const blocks = symmetric(5, [0.1, -0.9, 0.1, 0.8, 0.1, 0.9, 0.1, 0.1, -0.9, 0.1])
    const { order, merges } = averageLinkage(blocks)
    expect(order).toEqual([0, 2, 4, 1, 3])
    expect(merges.map(({ first, second }) => [first, second])).toEqual([
      [0, 2],
      [1, 3],
      [0, 4],
      [0, 1],
    ])
    expect(merges.map(({ distance }) => distance)).toBeAllclose([0.1, 0.1, (0.2 + 0.1) / 2, 0.9])
  })

  test('agrees with the definition, ties included', () => {
    fc.assert(
      fc.property(correlation, (matrix) => {
        expect(averageLinkage(matrix)).toEqual(byDefinition(matrix))
      }),
      { numRuns: 300 },
    )
  })

  test('orders every unit once, with distances that never fall', () => {
    fc.assert(
      fc.property(correlation, (matrix) => {
        const { order, merges } = averageLinkage(matrix)
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: matrix.rows }, (_, i) => i))
        expect(merges.length).toBe(Math.max(0, matrix.rows - 1))
        const distances = merges.map(({ distance }) => distance)
        for (const [i, distance] of distances.entries()) expect(distance).toBeGreaterThanOrEqual((distances[i - 1] ?? 0) - 1e-15) // one rounding
      }),
    )
  })

  test('does not see the signs of correlations', () => {
    fc.assert(
      fc.property(correlation, (matrix) => {
        expect(averageLinkage({ ...matrix, values: matrix.values.map(Math.abs) })).toEqual(averageLinkage(matrix))
      }),
    )
  })

  test('keeps the order of the units where all are equally near', () => {
    for (const r of [0, 0.5, 1]) {
      expect(
        averageLinkage(
          symmetric(
            6,
            Array.from({ length: 15 }, () => r),
          ),
        ).order,
      ).toEqual([0, 1, 2, 3, 4, 5])
    }
  })

  test('orders 512 units as the definition’s blocks say', () => {
    // Unit i belongs to block i mod 8: alike inside by .5 and more, below .4 outside
    const n = 512
    const noise = drawUniform([7, 0], (n * (n - 1)) / 2)
    let next = 0
    const above: number[] = []
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) above.push(((i - j) % 8 === 0 ? 0.5 : 0) + 0.4 * (noise[next++] ?? Number.NaN))
    const { order } = averageLinkage(symmetric(n, above))
    const blocks = order.map((unit) => unit % 8)
    expect(blocks.filter((block, i) => block !== blocks[i - 1])).toHaveLength(8)
  })

  test('answers for no unit, one and two', () => {
    expect(averageLinkage(symmetric(0, []))).toEqual({ order: [], merges: [] })
    expect(averageLinkage(symmetric(1, []))).toEqual({ order: [0], merges: [] })
    expect(averageLinkage(symmetric(2, [-0.25]))).toEqual({ order: [0, 1], merges: [{ first: 0, second: 1, distance: 0.75 }] })
  })

  test('refuses a matrix that is not square or holds NaN', () => {
    const message = 'averageLinkage: correlation: expected a square matrix, got 1 × 2'
    expect(() => averageLinkage({ rows: 1, columns: 2, values: new Float64Array(2) })).toThrow(new Refusal('invalid-input', message))
    expect(() => averageLinkage(symmetric(2, [Number.NaN]))).toThrow(Refusal)
  })
})
