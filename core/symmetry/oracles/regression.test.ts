import { describe, expect, test } from 'vitest'
import { joinColumns, regressionOf } from './regression.ts'

const part = {
  x: { rows: 2, columns: 1, values: Float64Array.of(5, 6) },
  y: { rows: 2, columns: 3, values: Float64Array.of(1, 2, 3, 4, 5, 6) },
}

describe('regressionOf', () => {
  test('takes one column of y', () => {
    expect([...regressionOf(part, 1).y]).toEqual([2, 5])
    expect(regressionOf(part, 1).x).toBe(part.x)
  })
  test('of no row is empty', () =>
    expect(
      regressionOf({ x: { rows: 0, columns: 1, values: new Float64Array() }, y: { rows: 0, columns: 1, values: new Float64Array() } }, 0).y,
    ).toHaveLength(0))
})

describe('joinColumns', () => {
  test('puts the columns side by side, as a weight [inputs, outputs] is stored', () => {
    expect([...joinColumns([0, 1, 2].map((column) => regressionOf(part, column).y))]).toEqual([...part.y.values])
    expect([...joinColumns([Float64Array.of(1, 2)])]).toEqual([1, 2])
  })
  test('of none is empty', () => expect(joinColumns([])).toHaveLength(0))
})
