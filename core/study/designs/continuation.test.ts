import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { continuation } from './continuation.ts'
import type { Levels } from './levels.ts'

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 })
const combine = (factors: Readonly<Record<string, Levels>>, settings: object) => {
  const list = Object.entries(factors).map(([path, levels]) => ({ path, levels }))
  return continuation.combine(list, continuation.settings.parse({ kind: 'continuation', ...settings }), key)
}

describe('continuation', () => {
  test('walks one factor in its order, a chain for each combination of the others', () => {
    const { cells, chains } = combine({ a: ['x', 'y'], γ: [0.1, 0.3, 0.2] }, { factor: 'γ' })
    expect(cells).toEqual([
      { values: ['x', 0.1], branch: 'up' },
      { values: ['x', 0.3], branch: 'up' },
      { values: ['x', 0.2], branch: 'up' },
      { values: ['y', 0.1], branch: 'up' },
      { values: ['y', 0.3], branch: 'up' },
      { values: ['y', 0.2], branch: 'up' },
    ])
    expect(chains).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ])
  })

  test('both ways meet each level twice, on branches of their own', () => {
    const { cells, chains } = combine({ γ: [0.1, 0.2], a: ['x'] }, { factor: 'γ', direction: 'both', kick: 0.1 })
    expect(cells).toEqual([
      { values: [0.1, 'x'], branch: 'up' },
      { values: [0.2, 'x'], branch: 'up' },
      { values: [0.2, 'x'], branch: 'down' },
      { values: [0.1, 'x'], branch: 'down' },
    ])
    expect(chains).toEqual([[0, 1, 2, 3]])
  })

  test('every cell is in one chain, no two are equal, and along a chain only the walked factor changes', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(sizes, fc.nat(3), fc.constantFrom('up', 'down', 'both'), (sizes, choice, direction) => {
        const walked = choice % sizes.length
        const levels = sizes.map((size) => Array.from({ length: size }, (_, i) => i))
        const factors = Object.fromEntries(levels.map((list, i) => [`f${i}`, list]))
        const { cells, chains } = combine(factors, { factor: `f${walked}`, direction })
        expect(cells).toHaveLength(sizes.reduce((product, size) => product * size, direction === 'both' ? 2 : 1))
        expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(cells.length)
        expect(chains.flat()).toEqual(cells.map((_, i) => i))
        const up = levels[walked] ?? []
        const way = { up, down: up.toReversed(), both: [...up, ...up.toReversed()] }[direction]
        for (const chain of chains) {
          const values = chain.map((i) => cells[i]?.values ?? [])
          expect(new Set(values.map((value) => JSON.stringify(value.toSpliced(walked, 1)))).size).toBe(1)
          expect(values.map((value) => value[walked])).toEqual(way)
        }
      }),
    )
  })

  test.each<[Readonly<Record<string, Levels>>, string]>([
    [{ a: [1], b: [2] }, 'design.factor: expected a factor of the study, got "γ"; factors are a, b'],
    [{}, 'design.factor: expected a factor of the study, got "γ"; factors are none'],
    [{ γ: [1, 2, 1] }, 'factors.γ: expected levels that differ, got 1 twice'],
    [
      { γ: { range: { from: 0, to: 1, count: 1000 } }, b: { range: { from: 0, to: 1, count: 1000 } } },
      'factors: expected at most 100000 cells before constraints, got 2000000',
    ],
  ])('%j is refused', (factors, sentence) => {
    expect(() => combine(factors, { factor: 'γ', direction: 'both' })).toThrow(new Refusal('invalid-input', sentence))
  })

  test('a kick is a number ≥ 0', () => {
    for (const kick of [-1, 'a', Infinity]) {
      expect(continuation.settings.safeParse({ kind: 'continuation', factor: 'γ', kick }).success).toBe(false)
    }
  })
})
