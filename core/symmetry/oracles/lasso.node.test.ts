import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { lasso, residualCorrelation } from './lasso.ts'
import type { Regression } from './regression.ts'

expect.extend({ toBeAllclose })

/** The table that ships with the program, standardised with the deviation of the population, by loops of its own. */
function diabetes(): Regression {
  const text = readFileSync(new URL('../../../resources/data/diabetes.csv', import.meta.url), 'utf8')
  const rows = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number))
  const columns = Array.from({ length: 11 }, (_, j) => {
    const values = rows.map((row) => row[j] ?? Number.NaN)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    return values.map((value) => (value - mean) / deviation)
  })
  const values = Float64Array.from({ length: rows.length * 10 }, (_, place) => columns[place % 10]?.[Math.floor(place / 10)] ?? Number.NaN)
  return { x: { rows: rows.length, columns: 10, values }, y: Float64Array.from(columns[10] ?? []) }
}
const data = diabetes()

// Origin: theory.md `diabetes-lasso` (diabetes.py), order age, sex, bmi, bp, tc, ldl, hdl, tch, ltg, glu; scikit-learn 1.9.1 gives the
// same (core/testing/fixtures/sklearnLasso.py)
const table = [
  [0, [-0.00618, -0.14813, 0.3211, 0.20037, -0.48931, 0.29447, 0.06241, 0.10937, 0.46405, 0.04177]],
  [0.003, [-0.00028, -0.14068, 0.32496, 0.1948, -0.16225, 0.03327, -0.07649, 0.07065, 0.34274, 0.03999]],
  [0.01, [0, -0.12673, 0.32334, 0.18633, -0.07893, 0, -0.12678, 0.01717, 0.3204, 0.0354]],
  [0.03, [0, -0.09123, 0.31891, 0.16746, -0.02673, 0, -0.12826, 0, 0.29547, 0.01844]],
  [0.1, [0, 0, 0.30486, 0.10632, 0, 0, -0.05844, 0, 0.26474, 0]],
  [0.3, [0, 0, 0.20953, 0, 0, 0, 0, 0, 0.1724, 0]],
  [0.6, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
] as const

describe('lasso of the diabetes table', () => {
  test.each(table)('at γ = %d has the coefficients of the handbook, and its zeros are exact', (gamma, expected) => {
    const v = lasso(data, gamma)
    expect(v).toBeAllclose(expected, { absolute: 5e-6 }) // five printed digits
    expect(Array.from(v, (value) => value === 0)).toEqual(expected.map((value) => value === 0))
  })
  test('ends at the largest correlation, .5864501', () => {
    const largest = Math.max(...residualCorrelation(data, new Float64Array(10)).map(Math.abs))
    expect(largest).toBeAllclose(0.5864501, { absolute: 5e-8 }) // seven printed digits
  })
  test('its nearest zero at γ = .03 is .00205 inside', () => {
    const v = lasso(data, 0.03)
    const margins = residualCorrelation(data, v).map((c, j) => (v[j] === 0 ? 0.03 - Math.abs(c) : Number.POSITIVE_INFINITY))
    expect(Math.min(...margins)).toBeAllclose(0.00205, { absolute: 5e-6 }) // three printed digits
  })
})
