import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { mostCells } from './design.ts'
import { grid } from './grid.ts'
import type { Levels } from './levels.ts'

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 })
const combine = (...levels: Levels[]) =>
  grid.combine(
    levels.map((levels, i) => ({ path: `f${i}`, levels })),
    { kind: 'grid' },
    key,
  )
const valuesOf = (...levels: Levels[]) => combine(...levels).cells.map(({ values }) => values)

describe('grid', () => {
  test('has every combination, the last factor running fastest', () => {
    expect(valuesOf([1, 2], ['x', 'y', 'z'])).toEqual([
      [1, 'x'],
      [1, 'y'],
      [1, 'z'],
      [2, 'x'],
      [2, 'y'],
      [2, 'z'],
    ])
    expect(valuesOf({ range: { from: 0, to: 1, count: 3 } })).toEqual([[0], [0.5], [1]])
  })

  test('without factors is one cell', () => {
    expect(combine()).toEqual({ cells: [{ values: [], branch: null }], chains: [], facts: [] })
  })

  test('has as many cells as the product of its levels, all different', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }), (sizes) => {
        const cells = valuesOf(...sizes.map((size) => Array.from({ length: size }, (_, i) => i)))
        expect(cells).toHaveLength(sizes.reduce((product, size) => product * size, 1))
        expect(new Set(cells.map((values) => JSON.stringify(values))).size).toBe(cells.length)
      }),
    )
  })

  test('too many cells are refused before they are made', () => {
    const wide = { range: { from: 0, to: 1, count: 100 } }
    const sentence = `factors: expected at most ${mostCells} cells before constraints, got 1000000`
    expect(() => combine(wide, wide, wide)).toThrow(new Refusal('invalid-input', sentence))
  })

  test('an interval has no levels', () => {
    expect(() => combine({ uniform: { from: 0, to: 1 } })).toThrow(/^factors\.f0: expected a list, a range or a logRange in this design/)
  })
})
