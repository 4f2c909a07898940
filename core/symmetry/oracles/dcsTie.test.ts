import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { dcsMinimum, dcsThresholds, dcsTie, tieMinimum } from './dcsTie.ts'
import { lasso } from './lasso.ts'

expect.extend({ toBeAllclose })

const real = fc.double({ min: -3, max: 3, noNaN: true })
const vector = fc.array(real, { minLength: 3, maxLength: 3 }).map((values) => Float64Array.from(values))
const strength = fc.double({ min: 0, max: 4, noNaN: true })
const tie: Matrix = { rows: 2, columns: 1, values: Float64Array.of(Math.SQRT1_2, -Math.SQRT1_2) }
// two perpendicular directions of a turn about (1, 1, 1)
const plane: Matrix = {
  rows: 3,
  columns: 2,
  values: Float64Array.of(1 / Math.sqrt(2), 1 / Math.sqrt(6), -1 / Math.sqrt(2), 1 / Math.sqrt(6), 0, -2 / Math.sqrt(6)),
}
const identity: Matrix = { rows: 3, columns: 3, values: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }

test('carries its number', () => expect(dcsTie.number).toBe('8.12'))

describe('tieMinimum', () => {
  // Origin: theory.md 8.12
  test.each([
    [0.2, [0.8585786, 0.5414214]],
    [0.6, [0.7, 0.7]],
  ])('of (1, .4) at κ = %d is %j, tied from .42426407', (kappa, expected) => {
    const { theta, tiedFrom } = tieMinimum([1, 0.4], kappa)
    expect(theta).toBeAllclose(expected, { absolute: 5e-8 }) // seven printed digits
    expect(tiedFrom).toBeAllclose(0.42426407, { absolute: 5e-9 }) // eight
  })
  test('is dcsMinimum with O = (1, −1)/√2, and ties to the last bit', () => {
    fc.assert(
      fc.property(real, real, strength, (a, b, kappa) => {
        const { theta, tiedFrom } = tieMinimum([a, b], kappa)
        expect(theta).toBeAllclose(dcsMinimum(Float64Array.of(a, b), { o: tie, strength: kappa }), { absolute: 1e-14 }) // entries below 3
        expect(theta[0] + theta[1]).toBeAllclose(a + b, { absolute: 1e-14 })
        if (kappa >= tiedFrom) expect(theta[0]).toBe(theta[1])
        else if (kappa < tiedFrom - 1e-12) expect(theta[0]).not.toBe(theta[1]) // nearer, the mean's rounding may hide it
      }),
      { examples: [[1, 0.4, 0.3]] },
    )
  })
  test('no a, u and w cost less', () => {
    fc.assert(
      fc.property(fc.tuple(real, real), strength, fc.tuple(real, real, real), (y, kappa, [a, u, w]) => {
        const cost = (theta: readonly [number, number], penalty: number) =>
          0.5 * ((theta[0] - y[0]) ** 2 + (theta[1] - y[1]) ** 2) + penalty
        const { theta } = tieMinimum(y, kappa)
        const best = cost(theta, kappa * Math.abs((theta[0] - theta[1]) * Math.SQRT1_2))
        const other: [number, number] = [a + Math.SQRT1_2 * u * w, a - Math.SQRT1_2 * u * w]
        expect(best).toBeLessThanOrEqual(cost(other, (kappa / 2) * (u * u + w * w)) + 1e-11) // costs below 300
      }),
    )
  })
  test('refuses NaN and negative strength', () => {
    expect(() => tieMinimum([1, Number.NaN], 1)).toThrow('tieMinimum: y: expected finite numbers, got NaN at index 1')
    expect(() => tieMinimum([1, 2], -1)).toThrow('tieMinimum: strength')
    expect(tieMinimum([1e308, 1e308], 1).theta).toEqual([1e308, 1e308])
  })
})

describe('dcsMinimum', () => {
  test('with O = I is the lasso of an identity design', () => {
    fc.assert(
      fc.property(vector, fc.double({ min: 0, max: 1, noNaN: true }), (y, kappa) => {
        const expected = lasso({ x: identity, y }, kappa / 3) // (1/n)‖θ − y‖², n = 3
        expect(dcsMinimum(y, { o: identity, strength: kappa })).toBeAllclose(expected, { absolute: 1e-14 }) // entries below 3
      }),
    )
  })
  test('leaves what is perpendicular to O, and thresholds the rest', () => {
    fc.assert(
      fc.property(vector, strength, (y, kappa) => {
        const theta = dcsMinimum(y, { o: plane, strength: kappa })
        expect(theta.reduce((sum, value) => sum + value, 0)).toBeAllclose(
          y.reduce((sum, value) => sum + value, 0),
          { absolute: 1e-13 },
        ) // sums below 9
        const thresholds = dcsThresholds(y, plane)
        for (const [k, value] of transposeTimes(plane, theta).entries()) {
          expect(Math.abs(value)).toBeAllclose(Math.max((thresholds[k] ?? Number.NaN) - kappa, 0), { absolute: 1e-13 })
        }
      }),
    )
  })
  test('no other parameters cost less', () => {
    fc.assert(
      fc.property(vector, vector, strength, (y, other, kappa) => {
        const cost = (theta: Float64Array) =>
          theta.reduce((sum, value, i) => sum + (value - (y[i] ?? 0)) ** 2, 0) +
          2 * kappa * transposeTimes(plane, theta).reduce((sum, value) => sum + Math.abs(value), 0)
        expect(cost(dcsMinimum(y, { o: plane, strength: kappa }))).toBeLessThanOrEqual(cost(other) + 1e-12) // costs below 200
      }),
    )
  })
  test('with no condition, or no strength, is the target', () => {
    const y = Float64Array.of(1, -2, 3)
    expect(dcsMinimum(y, { o: { rows: 3, columns: 0, values: new Float64Array() }, strength: 5 })).toEqual(y)
    expect(dcsMinimum(y, { o: plane, strength: 0 })).toBeAllclose(y)
  })
  test('refuses columns that are not orthonormal, sizes that disagree, NaN', () => {
    const y = Float64Array.of(1, 2)
    expect(() => dcsMinimum(y, { o: { ...tie, values: Float64Array.of(1, -1) }, strength: 1 })).toThrow(
      'dcsMinimum: o: expected orthonormal columns, got max |OᵀO − I| = 1',
    )
    expect(() => dcsMinimum(Float64Array.of(1), { o: tie, strength: 1 })).toThrow('expected 2 entries, got 1')
    expect(() => dcsMinimum(Float64Array.of(1, Number.NaN), { o: tie, strength: 1 })).toThrow('dcsMinimum: y')
    expect(() => dcsMinimum(y, { o: { ...tie, values: Float64Array.of(Number.NaN, 1) }, strength: 1 })).toThrow('got max |OᵀO − I| = NaN')
  })
})
