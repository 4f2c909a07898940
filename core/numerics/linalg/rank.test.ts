import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Matrix } from './matrix.ts'
import { effectiveRank, energyRank, machineRank, numericRank, stableRank } from './rank.ts'
import { singularValues } from './singularValues.ts'

expect.extend({ toBeAllclose })

const float32 = { rows: 10, columns: 10, epsilon: 2 ** -23 }
const ranks: readonly [string, (sigma: Float64Array) => number][] = [
  ['numericRank', numericRank],
  ['machineRank', (sigma) => machineRank(sigma, float32)],
  ['effectiveRank', effectiveRank],
  ['stableRank', stableRank],
  ['energyRank', (sigma) => energyRank(sigma)],
]
const spectrum = fc
  .array(fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.constant(0)), { minLength: 1, maxLength: 12 })
  .map((v) => Float64Array.from(v, (x) => (x < 1e-100 ? 0 : x))) // squares of smaller ones vanish

describe('ranks of the handbook', () => {
  const rows = (...r: number[][]): Matrix => ({ rows: r.length, columns: r[0]?.length ?? 0, values: Float64Array.from(r.flat()) })
  // Origin: theory.md 9, to 10 digits (half a unit of the last: 6e-11 with rounding)
  test.each<[string, Matrix, number, number, number]>([
    ['diag(3, 2, 1)', rows([3, 0, 0], [0, 2, 0], [0, 0, 1]), 2.749459274, 1.5555555556, 3],
    ['[[1,2],[3,4]]', rows([1, 2], [3, 4]), 1.264279547, 1.0044843951, 2],
    ['rank one', rows([1, 2], [2, 4], [3, 6]), 1, 1, 1],
    ['4 × 3', rows([2, 0, 1], [0, 1, 0], [1, 0, 2], [0, 0, 1]), 2.6296570366, 1.2590323936, 3],
  ])('%s', (_, m, effective, stable, numeric) => {
    const sigma = singularValues(m)
    expect(effectiveRank(sigma)).toBeAllclose(effective, { absolute: 6e-11, relative: 0 })
    expect(stableRank(sigma)).toBeAllclose(stable, { absolute: 6e-11, relative: 0 })
    expect(numericRank(sigma)).toBe(numeric)
    expect(machineRank(sigma, { rows: m.rows, columns: m.columns, epsilon: 2 ** -52 })).toBe(numeric)
  })
})

describe('thresholds', () => {
  test('are strict', () => {
    const step = 1e-3
    expect(numericRank(Float64Array.of(1, step, step * (1 + 2 ** -52), 1e-4))).toBe(2)
    const least = 10 * 2 ** -23
    expect(machineRank(Float64Array.of(1, least, least * (1 + 2 ** -52)), float32)).toBe(2)
  })

  test('of the machine rank follow the larger side and the dtype', () => {
    const sigma = Float64Array.of(1, 1e-5, 1e-7, 1e-14)
    expect(machineRank(sigma, { rows: 4, columns: 4, epsilon: 2 ** -23 })).toBe(2) // 4.8e-7
    expect(machineRank(sigma, { rows: 4, columns: 784, epsilon: 2 ** -23 })).toBe(1) // 9.3e-5
    expect(machineRank(sigma, { rows: 4, columns: 4, epsilon: 2 ** -52 })).toBe(4) // 8.9e-16
  })

  test('of the energy rank reach the share exactly', () => {
    const sigma = Float64Array.of(1, 3, 2, 1, 1) // squares 9, 4, 1, 1, 1 of 16
    expect([0.5, 9 / 16, 0.6, 13 / 16, 0.9, 15 / 16, 0.99, 1].map((q) => energyRank(sigma, q))).toEqual([1, 1, 2, 2, 4, 4, 5, 5])
    expect(energyRank(sigma)).toBe(5) // 0.99
    expect(energyRank(Float64Array.of(2, 0, 0), 1)).toBe(1)
  })
})

describe('all ranks', () => {
  test('of equal values are their number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (n, value) => {
        const sigma = new Float64Array(n).fill(value)
        for (const [, rank] of ranks) expect(rank(sigma)).toBeAllclose(n)
      }),
    )
  })

  test('depend neither on order, nor on scale, nor on zeros besides', () => {
    fc.assert(
      fc.property(spectrum, (sigma) => {
        for (const [, rank] of ranks) {
          const value = rank(sigma)
          expect(rank(sigma.toReversed())).toBeAllclose(value)
          expect(rank(sigma.map((x) => x * 2 ** 300))).toBe(value)
          expect(rank(Float64Array.from([...sigma, 0, 0]))).toBe(value)
        }
      }),
    )
  })

  test('lie between 1 and the number of positive values', () => {
    fc.assert(
      fc.property(spectrum, (sigma) => {
        const positive = sigma.filter((x) => x > 0).length
        for (const [, rank] of ranks) {
          const value = rank(sigma)
          expect(value).toBeLessThanOrEqual(positive)
          expect(value).toBeGreaterThanOrEqual(Math.min(1, positive))
        }
      }),
    )
  })

  test.each(ranks)('%s: zeros and nothing give 0, NaN and ±∞ give NaN, a negative value is refused', (name, rank) => {
    expect(rank(new Float64Array(3))).toBe(0)
    expect(rank(new Float64Array(0))).toBe(0)
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) expect(rank(Float64Array.of(2, bad))).toBeNaN()
    expect(() => rank(Float64Array.of(1, -1))).toThrow(new Refusal('invalid-input', `${name}: sigma: expected numbers ≥ 0, got -1`))
  })

  test('refuse thresholds without meaning', () => {
    const one = Float64Array.of(1)
    expect(() => energyRank(one, 0)).toThrow(new Refusal('invalid-input', 'energyRank: q: expected a number > 0 and ≤ 1, got 0'))
    expect(() => energyRank(one, 1.01)).toThrow(Refusal)
    expect(() => energyRank(one, Number.NaN)).toThrow(Refusal)
    expect(() => machineRank(one, { ...float32, epsilon: 0 })).toThrow(Refusal)
    expect(() => machineRank(one, { ...float32, rows: 1.5 })).toThrow(Refusal)
  })
})
