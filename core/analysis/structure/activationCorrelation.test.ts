import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { activationCorrelation } from './activationCorrelation.ts'

expect.extend({ toBeAllclose })

/** Units given one after the other, as columns. */
function samplesOf(...units: readonly (readonly number[])[]): Matrix {
  const rows = units[0]?.length ?? 0
  return {
    rows,
    columns: units.length,
    values: Float64Array.from({ length: rows * units.length }, (_, i) => units[i % units.length]?.[Math.floor(i / units.length)] ?? 0),
  }
}

const units = fc
  .tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 2, max: 5 }))
  .chain(([n, count]) =>
    fc.array(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: n, maxLength: n }), { minLength: count, maxLength: count }),
  )

describe('activationCorrelation', () => {
  test('gives Pearson’s coefficient', () => {
    // x = 1…4, y = (1, 3, 2, 4): Σ deviations' products 4, squares 5 and 5: r = .8. z = (1, −1, −1, 1): orthogonal to x; with y: (−1.5 −.5 +.5 +1.5) = 0
    const result = activationCorrelation(samplesOf([1, 2, 3, 4], [1, 3, 2, 4], [1, -1, -1, 1], [-2, -4, -6, -8]))
    expect(result.units).toEqual([0, 1, 2, 3])
    const expected = [1, 0.8, 0, -1, 0.8, 1, 0, -0.8, 0, 0, 1, 0, -1, -0.8, 0, 1]
    expect(result.matrix.values).toBeAllclose(expected, { absolute: 1e-15 })
    expect(result.meanAbsolute).toBeAllclose((0.8 + 0 + 1 + 0 + 0.8 + 0) / 6)
  })

  test('averages over a subset beside all', () => {
    const data = samplesOf([1, 2, 3, 4], [5, 5, 5, 5], [1, 3, 2, 4], [1, -1, -1, 1])
    const result = activationCorrelation(data, [0, 1, 2]) // unit 1 is constant: left out of the subset, too
    expect(result.meanAbsoluteOfSubset).toBeAllclose(0.8)
    expect(result.meanAbsolute).toBeAllclose(0.8 / 3)
    expect(activationCorrelation(data).meanAbsoluteOfSubset).toBe(result.meanAbsolute)
    expect(activationCorrelation(data, [0]).meanAbsoluteOfSubset).toBeNaN()
    expect(activationCorrelation(data, []).meanAbsoluteOfSubset).toBeNaN()
  })

  test('leaves constant units out and counts them', () => {
    const result = activationCorrelation(samplesOf([0.1, 0.1, 0.1], [1, 2, 4], [0, 0, 0], [3, 1, 0]))
    expect([result.units, result.constantUnits, result.matrix.rows]).toEqual([[1, 3], 2, 2])
  })

  test('calls a unit constant up to a standard deviation of 1e-12 of its own size, whatever that is', () => {
    for (const size of [1e-20, 1, 1e20]) {
      expect(activationCorrelation(samplesOf([size * (1 + 0.9e-12), size * (1 - 0.9e-12)])).constantUnits).toBe(1)
      expect(activationCorrelation(samplesOf([size * (1 + 1.1e-12), size * (1 - 1.1e-12)])).constantUnits).toBe(0)
    }
    expect(activationCorrelation(samplesOf([1e-25, -1e-25])).constantUnits).toBe(0)
  })

  test('agrees with the quotient of covariance and deviations', () => {
    fc.assert(
      fc.property(units, (columns) => {
        const { units: varying, matrix } = activationCorrelation(samplesOf(...columns))
        const n = columns[0]?.length ?? 0
        const total = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0)
        // Whole numbers: n Σxy − ΣxΣy is exact
        const covariance = (x: readonly number[], y: readonly number[]) =>
          n * total(x.map((value, i) => value * (y[i] ?? 0))) - total(x) * total(y)
        const expected = varying.flatMap((i) =>
          varying.map((j) => {
            const [x, y] = [columns[i] ?? [], columns[j] ?? []]
            return covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y))
          }),
        )
        expect(matrix.values).toBeAllclose(expected, { absolute: 1e-14 }) // eight products of numbers of size 1, rounded means
      }),
    )
  })

  test('is symmetric, within [−1, 1], 1 on the diagonal; shifts and scales of a unit turn its sign at most', () => {
    fc.assert(
      fc.property(units, (columns) => {
        const before = activationCorrelation(samplesOf(...columns))
        const changed = columns.map((column, i) => column.map((value) => (i === 0 ? 3 - 7 * value : value)))
        const after = activationCorrelation(samplesOf(...changed))
        const { rows, values } = before.matrix
        for (let i = 0; i < rows; i++) {
          expect(values[i * rows + i]).toBe(1)
          for (let j = 0; j < rows; j++) {
            expect(values[i * rows + j]).toBe(values[j * rows + i])
            expect(Math.abs(values[i * rows + j] ?? Number.NaN)).toBeLessThanOrEqual(1)
          }
        }
        expect(after.matrix.values.map(Math.abs)).toBeAllclose(values.map(Math.abs), { absolute: 1e-14 })
      }),
    )
  })

  test('holds for activations near the ends of float64', () => {
    const huge = activationCorrelation(samplesOf([1e308, -1e308, 1e308], [1, -1, 1]))
    expect(huge.meanAbsolute).toBeAllclose(1)
  })

  test('has no mean below two units that vary, without units and without samples', () => {
    expect(activationCorrelation(samplesOf([1, 2, 3])).meanAbsolute).toBeNaN()
    expect(activationCorrelation(samplesOf([1, 2, 3], [1, 1, 1])).meanAbsolute).toBeNaN()
    expect(activationCorrelation({ rows: 3, columns: 0, values: new Float64Array() })).toMatchObject({ units: [], constantUnits: 0 })
    expect(activationCorrelation({ rows: 0, columns: 2, values: new Float64Array() })).toMatchObject({ units: [], constantUnits: 2 })
    expect(activationCorrelation(samplesOf([4], [5]))).toMatchObject({ units: [], constantUnits: 2, meanAbsolute: Number.NaN })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('is NaN throughout where an activation is %f', (bad) => {
    const result = activationCorrelation(samplesOf([1, 2], [1, bad]))
    expect([...result.matrix.values]).toEqual(Array.from({ length: 4 }, () => Number.NaN))
    expect([result.meanAbsolute, result.meanAbsoluteOfSubset, result.constantUnits]).toEqual([Number.NaN, Number.NaN, 0])
  })

  test('refuses a subset with a unit that is not there', () => {
    const message = 'activationCorrelation: subset: expected units from 0 to 1, got 2'
    expect(() => activationCorrelation(samplesOf([1, 2], [2, 1]), [2])).toThrow(new Refusal('invalid-input', message))
    expect(() => activationCorrelation({ rows: 1, columns: 2, values: new Float64Array(1) })).toThrow(Refusal)
  })
})
