import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { grid } from './grid.ts'
import type { Levels } from './levels.ts'
import { random } from './random.ts'

type Factors = Readonly<Record<string, Levels>>
const keyOf = (base: number) => rootKey({ base, cell: '0'.repeat(64), replicate: 0 })
const factorsOf = (factors: Factors) => Object.entries(factors).map(([path, levels]) => ({ path, levels }))
const combine = (factors: Factors, cells: number, base = 1) =>
  random.combine(factorsOf(factors), { kind: 'random', cells }, keyOf(base)).cells
const textsOf = (cells: readonly unknown[]) => cells.map((cell) => JSON.stringify(cell))
const columnOf = (cells: ReturnType<typeof combine>, i: number) => cells.map(({ values }) => values[i] ?? null)
const ints = (count: number) => Array.from({ length: count }, (_, i) => i)
const wide: Factors = { a: { uniform: { from: -1, to: 3 } }, b: { logUniform: { from: 1e-4, to: 1 } }, c: ['x', 'y', 'z'] }

describe('random', () => {
  test('from lists: no two cells are equal, all of them are the grid, and a longer design begins with the shorter', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 })
    fc.assert(
      fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(50), (sizes, part, base) => {
        const factors = Object.fromEntries(sizes.map((size, i) => [`f${i}`, ints(size)]))
        const size = sizes.reduce((product, size) => product * size, 1)
        const n = Math.max(1, Math.floor(part * size))
        const all = textsOf(combine(factors, size, base))
        expect(new Set(all).size).toBe(size)
        expect(all.toSorted()).toEqual(textsOf(grid.combine(factorsOf(factors), { kind: 'grid' }, keyOf(base)).cells).toSorted())
        expect(textsOf(combine(factors, n, base))).toEqual(all.slice(0, n))
      }),
    )
  })

  test('from intervals: no two cells are equal, values lie inside, and a longer design begins with the shorter', () => {
    const long = combine(wide, 300)
    expect(new Set(textsOf(long)).size).toBe(300)
    expect(columnOf(long, 0).every((value) => Number(value) >= -1 && Number(value) < 3)).toBe(true)
    expect(columnOf(long, 1).every((value) => Number(value) >= 1e-4 && Number(value) < 1)).toBe(true)
    expect(new Set(columnOf(long, 2))).toEqual(new Set(['x', 'y', 'z']))
    expect(textsOf(combine(wide, 40))).toEqual(textsOf(long).slice(0, 40))
    expect(textsOf(combine(wide, 40, 2))).not.toEqual(textsOf(long).slice(0, 40))
  })

  test('a cell that is drawn twice is drawn again', () => {
    const narrow: Factors = { a: { uniform: { from: 1, to: 1 + 4 * 2 ** -52 } }, b: [0, 1, 2] } // 4 or 5 × 3 different cells
    expect(new Set(textsOf(combine(narrow, 12))).size).toBe(12)
  })

  test('draws are uniform on their scale', () => {
    const cells = combine(wide, 2000)
    const gap = (parts: readonly number[]) =>
      Math.max(...parts.toSorted((a, b) => a - b).map((u, i) => Math.abs(u - (i + 0.5) / parts.length)))
    // the gap of an empirical distribution of 2,000 exceeds 1.95 / √2000 = 0.044 for one key in a thousand (Kolmogorov); this key is fixed
    expect(gap(columnOf(cells, 0).map((value) => (Number(value) + 1) / 4))).toBeLessThan(0.044)
    expect(gap(columnOf(cells, 1).map((value) => 1 + Math.log10(Number(value)) / 4))).toBeLessThan(0.044)
    for (const level of ['x', 'y', 'z']) {
      const uses = columnOf(cells, 2).filter((value) => value === level).length
      expect(Math.abs(uses - 2000 / 3)).toBeLessThan(4 * Math.sqrt((2000 * 2) / 9)) // 4 standard deviations
    }
  })

  test('one more factor leaves the draws of the others', () => {
    const more = combine({ ...wide, d: { uniform: { from: 0, to: 1 } } }, 50)
    for (const i of [0, 1, 2]) expect(columnOf(more, i)).toEqual(columnOf(combine(wide, 50), i))
  })

  test('far more combinations than can be listed are drawn from', () => {
    const many = Object.fromEntries(ints(12).map((i) => [`f${i}`, ints(8)])) // 8¹² combinations
    const cells = textsOf(combine(many, 100))
    expect(new Set(cells).size).toBe(100)
    expect(cells.slice(0, 20)).toEqual(textsOf(combine(many, 20)))
  })

  test('more cells than there are different ones are refused', () => {
    const sentence = 'design.cells: expected at most 6, all combinations of the levels, got 7'
    expect(() => combine({ a: [1, 2], b: [1, 2, 3] }, 7)).toThrow(new Refusal('invalid-input', sentence))
    expect(() => combine({ a: { uniform: { from: 1, to: 1 + 2 ** -52 } } }, 5)).toThrow(
      /^design\.cells: expected factors with as many different values, got [12] cells of 5$/,
    )
    expect(combine({}, 1)).toEqual([{ values: [], branch: null }])
    expect(random.settings.safeParse({ kind: 'random', cells: 0 }).success).toBe(false)
  })
})
