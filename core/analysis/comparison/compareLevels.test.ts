import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparison } from '#core/contract/comparison.ts'
import type { ComparedLevel, Comparison } from '#core/contract/comparison.ts'
import { Refusal } from '#core/contract/errors.ts'
import { compareLevels } from './compareLevels.ts'
import type { LevelRuns, LevelsQuestion } from './compareLevels.ts'

const key = [5, 6] as const
const common = { factor: 'regularisation.weightDecay', metric: 'loss', key }

function level(label: string, values: readonly (number | null)[]): LevelRuns {
  return { label, value: label, runs: values.map((value, i) => ({ run: `${label}-${i}`, value })) }
}

function compare(levels: readonly LevelRuns[], rest: Partial<LevelsQuestion> = {}): Comparison {
  return compareLevels({ ...common, levels, ...rest })
}

function at(result: Comparison, label: string): ComparedLevel {
  const found = result.levels.find((one) => one.label === label)
  if (found === undefined) throw new Error(`no level ${label}`)
  return found
}

const runs = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 2, maxLength: 5 })
const wildRuns = fc.array(fc.option(fc.double(), { nil: null }), { maxLength: 5 }) // NaN, ±∞, −0, 1e308 and 5e-324 among them
const tests = fc.constantFrom('welch', 'permutation')

describe('compareLevels', () => {
  test('tells of each level its runs, mean, deviation and interval', () => {
    const result = compare([level('a', [1, 3]), level('b', [2, 2, 2])])
    const halfWidth = Math.tan((Math.PI * 0.95) / 2) // t of one degree of freedom times s / √n = √2 / √2
    expect(at(result, 'a')).toMatchObject({ n: 2, diverged: 0, mean: 2, difference: null, need: null })
    expect(at(result, 'a').values).toEqual([
      { run: 'a-0', value: 1 },
      { run: 'a-1', value: 3 },
    ])
    expect(at(result, 'a').standardDeviation).toBeCloseTo(Math.SQRT2, 15)
    expect(at(result, 'a').interval?.high).toBeCloseTo(2 + halfWidth, 9)
    expect(at(result, 'b')).toMatchObject({ mean: 2, standardDeviation: 0, interval: { low: 2, high: 2 } })
    expect(result).toMatchObject({ baseline: 'a', test: 'welch', confidence: 0.95, factor: common.factor, metric: 'loss' })
  })

  test('counts diverged runs and leaves them out of every number', () => {
    const clean = compare([level('a', [1, 3, 5]), level('b', [2, 4, 9])])
    const result = compare([level('a', [1, 3, 5, null, Number.NaN]), level('b', [2, 4, 9, Number.NaN])])
    expect(at(result, 'a')).toEqual({ ...at(clean, 'a'), diverged: 2 })
    expect(at(result, 'b')).toEqual({ ...at(clean, 'b'), diverged: 1 })
  })

  test('counts runs with an infinite value by themselves, and leaves them out of every number', () => {
    const clean = compare([level('a', [1, 3, 5]), level('b', [2, 4, 9])])
    const result = compare([level('a', [1, 3, 5, Infinity, null]), level('b', [2, 4, 9, -Infinity, -Infinity])])
    expect(at(result, 'a')).toEqual({ ...at(clean, 'a'), diverged: 1, infinite: 1 })
    expect(at(result, 'b')).toEqual({ ...at(clean, 'b'), diverged: 0, infinite: 2 })
    expect(at(compare([level('a', [1, 2]), level('b', [Infinity])]), 'b')).toMatchObject({ n: 0, infinite: 1, mean: null })
  })

  test('gives one seed a mean and a difference, no interval and no test, and says that two seeds are needed', () => {
    for (const name of ['welch', 'permutation'] as const) {
      const result = compare([level('a', [1, 2, 3]), level('b', [5, null])], { test: name })
      expect(at(result, 'b')).toMatchObject({ n: 1, diverged: 1, mean: 5, standardDeviation: null, interval: null, need: { seeds: 2 } })
      expect(at(result, 'b').difference).toEqual({ value: 3, low: null, high: null, p: null, pAdjusted: null, effect: null })
    }
  })

  test('gives a level without any value no mean and no difference', () => {
    const result = compare([level('a', [1, 2]), level('b', [null, null]), level('c', [])])
    expect(at(result, 'b')).toMatchObject({ n: 0, diverged: 2, mean: null, interval: null, difference: null, need: { seeds: 2 } })
    expect(at(result, 'c')).toMatchObject({ n: 0, diverged: 0, mean: null, difference: null })
    expect(at(compare([level('b', [null]), level('a', [1, 2])]), 'a').difference).toBeNull()
  })

  test('the permutation test of three against three separate values is exact: p = 2/20', () => {
    const result = compare([level('a', [1, 2, 3]), level('b', [7, 8, 9])], { test: 'permutation' })
    expect(at(result, 'b').difference).toMatchObject({ value: 6, p: 2 / 20, pAdjusted: 2 / 20, exact: true, permutations: 20 })
  })

  test('levels without spread have no Welch test, and a permutation test', () => {
    const levels = [level('a', [12, 12, 12]), level('b', [0, 0, 0])]
    expect(at(compare(levels), 'b').difference).toEqual({ value: -12, low: null, high: null, p: null, pAdjusted: null, effect: null })
    expect(at(compare(levels, { test: 'permutation' }), 'b').difference?.p).toBe(2 / 20)
  })

  test('a spread that float32 cannot tell is none: seeds at one optimum differ by rounding, and rounding is no replicate', () => {
    const near = (mean: number) => [mean, mean * (1 + 2 ** -25), mean * (1 - 2 ** -25)] // a quarter of float32's last place
    const { difference } = at(compare([level('a', near(0.5)), level('b', near(0.51))]), 'b')
    expect(difference).toMatchObject({ low: null, high: null, p: null, effect: null })
    const wide = (mean: number) => [mean, mean * (1 + 2 ** -20), mean * (1 - 2 ** -20)]
    expect(at(compare([level('a', wide(0.5)), level('b', wide(0.51))]), 'b').difference?.p).toBeLessThan(0.001)
  })

  test('runs that differ in another factor are no replicates: means and differences, no interval, no test, no effect', () => {
    const result = compare([level('a', [1, 2, 3]), level('b', [7, 8, 9])], { test: 'permutation', pooled: ['weightDecay'] })
    expect(result.pooled).toEqual(['weightDecay'])
    expect(at(result, 'b')).toMatchObject({
      mean: 8,
      interval: null,
      difference: { value: 6, low: null, high: null, p: null, effect: null },
    })
  })

  test('Holm never lowers p, and counts only the levels that have one', () => {
    const levels = [level('a', [1, 2, 3]), level('b', [7, 8, 9]), level('c', [1, 2, 9]), level('d', [4])]
    const result = compare(levels, { test: 'permutation' })
    expect(at(result, 'b').difference?.pAdjusted).toBe(2 * (2 / 20)) // the smaller of two
    expect(at(result, 'd').difference?.pAdjusted).toBeNull()
    fc.assert(
      fc.property(fc.array(runs, { minLength: 1, maxLength: 4 }), tests, (samples, name) => {
        for (const { difference } of compare(
          samples.map((values, i) => level(`l${i}`, values)),
          { test: name },
        ).levels) {
          if (difference?.p == null) expect(difference?.pAdjusted ?? null).toBeNull()
          else expect(difference.pAdjusted).toBeGreaterThanOrEqual(difference.p)
        }
      }),
    )
  })

  test('swapping level and baseline negates difference and effect, and leaves p', () => {
    fc.assert(
      fc.property(runs, runs, tests, (a, b, name) => {
        const levels = [level('a', a), level('b', b)]
        const forth = compare(levels, { test: name, baseline: 'a' })
        const back = compare(levels, { test: name, baseline: 'b' })
        const one = at(forth, 'b').difference
        const two = at(back, 'a').difference
        if (one === null || two === null) throw new Error('both sides have values')
        expect(two.value + 0).toBe(-one.value + 0) // + 0: −0 and 0 are one number here
        expect(two.p).toBe(one.p)
        expect((two.effect?.g ?? 0) + 0).toBe(-(one.effect?.g ?? 0) + 0)
        expect((two.low ?? 0) + 0).toBe(-(one.high ?? 0) + 0)
      }),
    )
  })

  test('a common shift moves the means and leaves differences and p', () => {
    fc.assert(
      fc.property(runs, runs, fc.integer({ min: -500, max: 500 }), tests, (a, b, shift, name) => {
        const shifted = (values: readonly number[]): number[] => values.map((value) => value + shift)
        const before = compare([level('a', a), level('b', b)], { test: name })
        const after = compare([level('a', shifted(a)), level('b', shifted(b))], { test: name })
        // Means of whole numbers up to 530 round by 2⁻⁵³ · 530 < 1e-13
        expect(at(after, 'a').mean).toBeCloseTo((at(before, 'a').mean ?? Number.NaN) + shift, 11)
        expect(at(after, 'b').difference?.value).toBeCloseTo(at(before, 'b').difference?.value ?? Number.NaN, 11)
        const p = at(before, 'b').difference?.p ?? null
        if (p === null) expect(at(after, 'b').difference?.p).toBeNull()
        else expect(at(after, 'b').difference?.p).toBeCloseTo(p, 9) // spreads ≥ 1/√12: t moves by less than 1e-10
      }),
    )
  })

  test('another level changes no number of the others but the adjusted p', () => {
    const a = level(
      'a',
      Array.from({ length: 12 }, (_, i) => i),
    ) // large enough for drawn permutations
    const b = level(
      'b',
      Array.from({ length: 12 }, (_, i) => i + 2),
    )
    const alone = at(compare([a, b], { test: 'permutation' }), 'b')
    const beside = at(compare([a, level('c', [3, 4, 5]), b], { test: 'permutation' }), 'b')
    expect(alone.difference).toMatchObject({ exact: false, permutations: 9_999 })
    expect({ ...beside, difference: { ...beside.difference, pAdjusted: null } }).toEqual({
      ...alone,
      difference: { ...alone.difference, pAdjusted: null },
    })
  })

  test('whatever the runs gave, the result keeps the contract', () => {
    fc.assert(
      fc.property(fc.array(wildRuns, { minLength: 1, maxLength: 4 }), tests, (samples, name) => {
        const result = compare(
          samples.map((values, i) => level(`l${i}`, values)),
          { test: name },
        )
        expect(comparison.safeParse(result).error).toBeUndefined()
      }),
    )
  })

  test('refuses an unknown baseline and names the known ones', () => {
    expect(() => compare([level('0.1', [1]), level('0.2', [2])], { baseline: '0.3' })).toThrow(
      new Refusal('invalid-input', 'baseline: expected one of the levels "0.1", "0.2", got "0.3"'),
    )
  })

  test('refuses no levels, a label twice and a confidence of 1', () => {
    expect(() => compare([])).toThrow(Refusal)
    expect(() => compare([level('a', [1]), level('a', [2])])).toThrow('expected different labels, got "a" twice')
    expect(() => compare([level('a', [1])], { confidence: 1 })).toThrow(Refusal)
  })
})
