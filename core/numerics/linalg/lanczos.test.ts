import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import type { Key } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { lanczosExtremes, type Extreme } from './lanczos.ts'
import { matrixTimes, transposeTimes, type Matrix } from './matrix.ts'
import { symmetricEigen } from './symmetricEigen.ts'
import { norm } from './vector.ts'

expect.extend({ toBeAllclose })

const epsilon = 2 ** -52
const key: Key = [1, 2]
const diagonalMap = (d: readonly number[]) => (v: Float64Array) => v.map((x, i) => x * (d[i] ?? Number.NaN))
const symmetric = (n: number, seed: number): Matrix => {
  const g: Matrix = { rows: n, columns: n, values: drawNormal([seed, 7], n * n) }
  return { ...g, values: g.values.map((x, k) => x + (g.values[(k % n) * n + Math.floor(k / n)] ?? Number.NaN)) }
}

/** That the pair is one of the map, with a residual that is said truly. */
function expectPair(apply: (v: Float64Array) => Float64Array, { value, vector, residual }: Extreme): void {
  const measured = norm(apply(vector).map((x, i) => x - value * (vector[i] ?? Number.NaN)))
  expect(norm(vector)).toBeAllclose(1, { relative: 8 * epsilon })
  expect(residual).toBe(measured)
}

describe('lanczosExtremes', () => {
  test('agrees with the dense method on matrices with normal entries', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(1000), (n, seed) => {
        const a = symmetric(n, seed)
        const apply = (v: Float64Array): Float64Array => matrixTimes(a, v)
        const { values } = symmetricEigen(a)
        const { smallest, largest, converged, steps } = lanczosExtremes(apply, { dimension: n, key })
        expect(converged).toBe(true)
        expect(steps).toBeLessThanOrEqual(n)
        const size = Math.max(...values.map(Math.abs))
        // A residual of 1e-8 ‖A‖ and a gap of 1e-4 ‖A‖ leave 1e-12 ‖A‖; a smaller gap leaves 1e-8 at worst
        expect(largest.value).toBeAllclose(values[0] ?? Number.NaN, { absolute: 1e-8 * size, relative: 0 })
        expect(smallest.value).toBeAllclose(values[n - 1] ?? Number.NaN, { absolute: 1e-8 * size, relative: 0 })
        for (const pair of [smallest, largest]) {
          expectPair(apply, pair)
          expect(Math.min(...values.map((value) => Math.abs(value - pair.value)))).toBeLessThanOrEqual(pair.residual + 64 * epsilon * size)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('equals the largest and smallest entry of a diagonal map, repeated, graded or with a gap', () => {
    const cases: number[][] = [
      [5, ...new Array<number>(60).fill(1)],
      [-3, -3, -3, 2, 2, 2, 2],
      Array.from({ length: 60 }, (_, i) => 10 ** (8 - i / 4)),
      Array.from({ length: 300 }, (_, i) => i / 299),
    ]
    for (const d of cases) {
      const { smallest, largest, converged } = lanczosExtremes(diagonalMap(d), { dimension: d.length, key })
      expect(converged).toBe(true)
      // Values are better than the residual 1e-8 of the largest
      expect(largest.value).toBeAllclose(Math.max(...d), { absolute: 1e-8 * Math.max(...d.map(Math.abs)), relative: 0 })
      expect(smallest.value).toBeAllclose(Math.min(...d), { absolute: 1e-8 * Math.max(...d.map(Math.abs)), relative: 0 })
    }
  })

  test('is exact for one dimension', () => {
    for (const value of [7, -0.1, 0, 1e300, 5e-324]) {
      const { smallest, largest, converged, steps } = lanczosExtremes(diagonalMap([value]), { dimension: 1, key })
      expect([smallest.value, largest.value, smallest.residual, largest.residual, converged, steps]).toEqual([value, value, 0, 0, true, 1])
      expect(Math.abs(largest.vector[0] ?? 0)).toBe(1)
    }
  })

  test('goes on from an invariant subspace: identity, zero, and a projector on one entry of many', () => {
    const few = [
      { apply: (v: Float64Array) => v, dimension: 50, expected: [1, 1] },
      { apply: (v: Float64Array) => v.map(() => 0), dimension: 50, expected: [0, 0] },
      { apply: (v: Float64Array) => v.map((x, i) => (i === 0 ? x : 0)), dimension: 2000, expected: [0, 1] },
    ]
    for (const { apply, dimension, expected } of few) {
      const { smallest, largest, converged } = lanczosExtremes(apply, { dimension, key })
      expect(converged).toBe(true)
      expect([smallest.value, largest.value]).toBeAllclose(expected, { absolute: 64 * epsilon, relative: 0 })
    }
  })

  test('says so when the steps do not suffice, and stays inside the spectrum', () => {
    const d = Array.from({ length: 120 }, (_, i) => i / 119)
    const { smallest, largest, converged, steps } = lanczosExtremes(diagonalMap(d), { dimension: 120, key, steps: 5 })
    expect([converged, steps]).toEqual([false, 5])
    expect(largest.residual).toBeGreaterThan(1e-3)
    expect(largest.value).toBeLessThan(1)
    expect(smallest.value).toBeGreaterThan(0)
    expect(lanczosExtremes(diagonalMap(d), { dimension: 120, key, steps: 1 }).converged).toBe(false)
    expect(lanczosExtremes(diagonalMap(d), { dimension: 120, key, steps: 120, tolerance: 1e-300 }).converged).toBe(false)
  })

  test('finds the sharpest direction of a quadratic that is known by products only: XᵀX / n', () => {
    const x: Matrix = { rows: 50, columns: 200, values: drawNormal([5, 6], 10_000) }
    const apply = (v: Float64Array): Float64Array => transposeTimes(x, matrixTimes(x, v)).map((value) => value / 50)
    const small: Matrix = { rows: 50, columns: 50, values: new Float64Array(2500) } // XXᵀ / n has the same largest value
    for (let i = 0; i < 50; i++)
      small.values.set(
        matrixTimes(x, x.values.subarray(i * 200, (i + 1) * 200)).map((v) => v / 50),
        i * 50,
      )
    const { smallest, largest, converged } = lanczosExtremes(apply, { dimension: 200, key })
    expect(converged).toBe(true)
    const wanted = symmetricEigen(small).values[0] ?? Number.NaN
    expect(largest.value).toBeAllclose(wanted, { relative: 1e-8 })
    expect(smallest.value).toBeAllclose(0, { absolute: 1e-8 * wanted }) // rank 50 of 200
  })

  test('scales with powers of two exactly, far beyond squares in float64, and turns with the sign', () => {
    const a = symmetric(30, 3)
    const run = (factor: number): number[] => {
      const { smallest, largest } = lanczosExtremes((v) => matrixTimes(a, v).map((x) => x * factor), { dimension: 30, key })
      return [smallest.value, largest.value]
    }
    const [low = 0, high = 0] = run(1)
    expect(run(2 ** 900)).toEqual([low * 2 ** 900, high * 2 ** 900])
    expect(run(2 ** -900)).toEqual([low * 2 ** -900, high * 2 ** -900])
    expect(run(-1)).toBeAllclose([-high, -low], { relative: 1e-8 })
  })

  test('depends on the key and nothing else, and leaves what it is given alone', () => {
    const a = symmetric(30, 4)
    const shared = new Float64Array(30)
    const inPlace = (v: Float64Array): Float64Array => {
      shared.set(matrixTimes(a, v))
      v.fill(Number.NaN)
      return shared // one buffer for all products
    }
    const plain = lanczosExtremes((v) => matrixTimes(a, v), { dimension: 30, key })
    expect(lanczosExtremes(inPlace, { dimension: 30, key })).toEqual(plain)
    expect(lanczosExtremes(inPlace, { dimension: 30, key: [3, 4] }).largest.vector).not.toEqual(plain.largest.vector)
  })

  test('refuses maps that are not symmetric, not finite, of another size, and options without meaning', () => {
    const skew: Matrix = { rows: 3, columns: 3, values: Float64Array.of(0, 1, 2, -1, 0, 3, -2, -3, 0) }
    expect(() => lanczosExtremes((v) => matrixTimes(skew, v), { dimension: 3, key })).toThrow('expected a symmetric linear map')
    const triangle: Matrix = { ...skew, values: Float64Array.of(1, 1, 1, 0, 2, 1, 0, 0, 3) }
    expect(() => lanczosExtremes((v) => matrixTimes(triangle, v), { dimension: 3, key })).toThrow(Refusal)
    expect(() => lanczosExtremes((v) => v.map(() => Number.NaN), { dimension: 3, key })).toThrow(
      new Refusal('invalid-input', 'lanczosExtremes: apply(v): expected finite numbers, got NaN at index 0'),
    )
    expect(() => lanczosExtremes((v) => v.map(() => Number.POSITIVE_INFINITY), { dimension: 3, key })).toThrow(Refusal)
    expect(() => lanczosExtremes((v) => v.slice(1), { dimension: 3, key })).toThrow(Refusal)
    expect(() => lanczosExtremes((v) => v, { dimension: 0, key })).toThrow(Refusal)
    expect(() => lanczosExtremes((v) => v, { dimension: 3, key, steps: 0 })).toThrow(Refusal)
    expect(() => lanczosExtremes((v) => v, { dimension: 3, key, tolerance: 0 })).toThrow(Refusal)
  })
})
