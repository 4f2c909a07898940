import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { latinHypercube } from './latinHypercube.ts'
import { intervalOf, valueAt, type Levels } from './levels.ts'

type Factors = Readonly<Record<string, Levels>>
const combine = (factors: Factors, cells: number, base = 1) => {
  const list = Object.entries(factors).map(([path, levels]) => ({ path, levels }))
  return latinHypercube.combine(list, { kind: 'latin-hypercube', cells }, rootKey({ base, cell: '0'.repeat(64), replicate: 0 })).cells
}
const columnOf = (cells: ReturnType<typeof combine>, i: number) => cells.map(({ values }) => values[i] ?? null)
const ints = (count: number) => Array.from({ length: count }, (_, i) => i)
const rising = (a: number, b: number) => a - b
const unit: Levels = { uniform: { from: 0, to: 1 } }

describe('latin-hypercube', () => {
  test('each stratum of each interval holds exactly one cell', () => {
    const interval = fc.constantFrom<Levels>(
      unit,
      { uniform: { from: -7.3, to: 1e5 } },
      { logUniform: { from: 1e-4, to: 0.1 } },
      { logUniform: { from: 1e-200, to: 1e200 } },
    )
    fc.assert(
      fc.property(fc.array(interval, { minLength: 1, maxLength: 3 }), fc.integer({ min: 2, max: 60 }), fc.nat(99), (intervals, n, base) => {
        const cells = combine(Object.fromEntries(intervals.map((levels, i) => [`f${i}`, levels])), n, base)
        expect(cells).toHaveLength(n)
        for (const [i, levels] of intervals.entries()) {
          const ends = intervalOf(levels) ?? { scale: 'linear', from: Number.NaN, to: Number.NaN }
          const sorted = columnOf(cells, i).map(Number).sort(rising)
          const inside = sorted.map((value, k) => value >= valueAt(ends, k / n) && value < valueAt(ends, (k + 1) / n))
          expect(inside).toEqual(new Array<boolean>(n).fill(true))
        }
      }),
    )
  })

  test('the levels of a list are used equally often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 60 }), fc.nat(99), (m, n, base) => {
        const cells = combine({ a: unit, list: ints(m) }, n, base)
        const uses = ints(m).map((level) => columnOf(cells, 1).filter((value) => value === level).length)
        expect(Math.max(...uses) - Math.min(...uses)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('strata of the unit interval are [k / n, (k + 1) / n)', () => {
    for (const n of [2, 16, 1000]) {
      const strata = columnOf(combine({ a: unit }, n), 0).map((value) => Math.floor(n * Number(value) + 1e-12)) // n · (k / n) may round below k
      expect(strata.sort(rising)).toEqual(ints(n))
    }
  })

  test('places within strata are uniform, and factors are paired by chance', () => {
    const n = 400
    const cells = combine({ a: unit, b: unit }, n)
    const [a, b] = [columnOf(cells, 0).map(Number), columnOf(cells, 1).map(Number)]
    const offsets = a.map((value) => (n * value) % 1)
    const average = offsets.reduce((sum, u) => sum + u, 0) / n
    expect(Math.abs(average - 0.5)).toBeLessThan(4 / Math.sqrt(12 * n)) // 4 standard errors of a uniform mean
    const covariance = a.reduce((sum, x, i) => sum + (x - 0.5) * ((b[i] ?? 0) - 0.5), 0) / n
    expect(Math.abs(12 * covariance)).toBeLessThan(4 / Math.sqrt(n)) // under independence a correlation has standard deviation 1 / √n
  })

  test('a list with a level for every cell is enough', () => {
    const cells = combine({ a: ints(5), b: [0, 1] }, 5)
    expect(columnOf(cells, 0).map(Number).sort(rising)).toEqual(ints(5))
    expect(
      columnOf(cells, 1)
        .map(Number)
        .filter((value) => value === 1).length,
    ).toBeOneOf([2, 3])
  })

  const rule = 'factors: expected an interval, or a list of at least 8 levels, so that no two cells are equal'
  const narrow: Levels = { uniform: { from: 1, to: 1 + 2 ** -52 } }
  test.each<[Factors, string]>([
    [{}, `${rule}, got no factor`],
    [{ a: [1, 2], b: [1, 2, 3] }, `${rule}, got shorter lists`],
    [{ a: narrow }, 'factors.a: expected an interval wide enough for 8 strata, got {"scale":"linear","from":1,"to":1.0000000000000002}'],
  ])('%j is refused', (factors, sentence) => {
    expect(() => combine(factors, 8)).toThrow(new Refusal('invalid-input', sentence))
  })
})
