import { describe, expect, test } from 'vitest'
import { phaseCells } from './phaseCells.ts'

describe('phaseCells', () => {
  test('holds every pair of levels, all of the first y before the next', () => {
    const cells = phaseCells({ x: 3, y: 2 }, [{ x: 1, y: 1, values: [2, 4] }])
    expect(cells.map(({ x, y }) => [x, y])).toEqual([[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]) // prettier-ignore
    expect(cells[4]).toEqual({ x: 1, y: 1, n: 2, diverged: 0, mean: 3, standardDeviation: Math.SQRT2 })
    expect(cells[0]).toEqual({ x: 0, y: 0, n: 0, diverged: 0, mean: null, standardDeviation: null })
  })
  test('counts diverged runs and leaves them out; one run has no deviation', () => {
    const [mixed, lost] = phaseCells({ x: 2, y: 1 }, [
      { x: 0, y: 0, values: [5, null, null] },
      { x: 1, y: 0, values: [null] },
    ])
    expect(mixed).toEqual({ x: 0, y: 0, n: 1, diverged: 2, mean: 5, standardDeviation: null })
    expect(lost).toEqual({ x: 1, y: 0, n: 0, diverged: 1, mean: null, standardDeviation: null })
  })
  test('what leaves float64 is null, never NaN', () => {
    const [cell] = phaseCells({ x: 1, y: 1 }, [{ x: 0, y: 0, values: [1.7e308, -1.7e308] }])
    expect([cell?.mean, cell?.standardDeviation]).toEqual([0, null])
  })
  test('of no level there is no cell', () => expect(phaseCells({ x: 0, y: 3 }, [])).toEqual([]))
})
