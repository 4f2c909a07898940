import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Key } from '#core/numerics/random/key.ts'
import { permutationTest } from './permutationTest.ts'

const key: Key = [1, 2]
const sample = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 5 })
const a12 = [0.31, 0.52, 0.47, 0.85, 0.12, 0.66, 0.73, 0.28, 0.91, 0.44, 0.37, 0.59]
const b12 = [0.61, 0.95, 0.72, 0.48, 1.1, 0.83, 0.57, 0.99, 0.78, 0.68, 0.9, 0.53]

describe('permutationTest', () => {
  test('of completely separate groups counts the split and its mirror', () => {
    expect(permutationTest([1, 2, 3], [7, 8, 9], key)).toEqual({ p: 2 / 20, permutations: 20, exact: true })
    expect(permutationTest([1, 2, 3, 4], [7, 8, 9, 10], key)).toEqual({ p: 2 / 70, permutations: 70, exact: true })
    expect(permutationTest([1, 2], [70, 80, 90], key)).toEqual({ p: 1 / 10, permutations: 10, exact: true }) // no mirror for unequal sizes
  })

  // Origin: every split counted with Python's fractions.Fraction and itertools.combinations
  test.each([
    [[5.1, 4.9, 6.2, 5.8, 6.0], [4.1, 3.9, 5.0], 3 / 56],
    [[0.1, 0.2, 0.6, 0.7], [0.3, 0.3, 0.4, 0.5], 1],
    [[0.1, 0.2, 0.3], [0.3, 0.4, 0.5, 0.9], 3 / 35],
  ])('of %j and %j is the ratio of exact arithmetic', (a, b, p) => {
    expect(permutationTest(a, b, key)?.p).toBe(p)
  })

  test('counts splits that are tied on paper but not in float64', () => {
    // 0.1 + 0.2 ≠ 0.3 in float64: means of {.1, .2} and {.3, 0} are equal on paper. All 6 splits of {.1, .2, .3, 0}: |d| = 0 twice, .1 twice, .2 twice
    expect(permutationTest([0.1, 0.2], [0.3, 0], key)?.p).toBe(1)
    expect(permutationTest([0.1, 0.3], [0.2, 0], key)?.p).toBe(4 / 6)
    expect(permutationTest([0.2, 0.3], [0.1, 0], key)?.p).toBe(2 / 6)
  })

  test('does not depend on the order of the groups or of their values', () => {
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const forth = permutationTest(a, b, key)
        expect(permutationTest(b, a, key)).toEqual(forth)
        expect(permutationTest(a.toReversed(), b, key)).toEqual(forth)
      }),
    )
    expect(permutationTest(b12.toReversed(), a12, key)).toEqual(permutationTest(a12, b12, key))
  })

  test('is unmoved by a common shift and a common factor', () => {
    // halves and whole numbers: nothing rounds, so that p is the same ratio
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: -1000, max: 1000 }), (a, b, shift) => {
        const moved = permutationTest(
          a.map((x) => 0.5 * x + shift),
          b.map((x) => 0.5 * x + shift),
          key,
        )
        expect(moved).toEqual(permutationTest(a, b, key))
      }),
    )
  })

  test('has a p of at most α in at most a share α of all labellings', () => {
    // The law that makes it a test: over all 20 splits of six values, p takes each value no more often than it may.
    const values = [1, 2, 4, 8, 16, 32]
    const ps: number[] = []
    for (let mask = 0; mask < 64; mask++) {
      const inside = values.filter((_, i) => (mask >> i) % 2 === 1)
      if (inside.length === 3)
        ps.push(
          permutationTest(
            inside,
            values.filter((x) => !inside.includes(x)),
            key,
          )?.p ?? Number.NaN,
        )
    }
    expect(ps.length).toBe(20)
    for (const alpha of ps) expect(ps.filter((p) => p <= alpha).length / 20).toBeLessThanOrEqual(alpha)
  })

  // Origin: all 2,704,156 splits of 12 against 12 counted in Python by a table of subset sums: 38,178 are as extreme.
  test('with drawn splits comes near the exact p of all splits', () => {
    const exact = 38_178 / 2_704_156
    const result = permutationTest(a12, b12, key)
    expect(result).toMatchObject({ permutations: 9_999, exact: false })
    // 4 standard errors of a share of 9,999, and the 1/10,000 of the estimator
    expect(Math.abs((result?.p ?? Number.NaN) - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / 9_999) + 1e-4)
    expect(permutationTest(a12, b12, key)).toEqual(result)
    expect(permutationTest(a12, b12, [3, 4])).not.toEqual(result)
  })

  test('with drawn splits is never 0', () => {
    const result = permutationTest(
      a12,
      a12.map((x) => x + 100),
      key,
    )
    expect(result?.p).toBeGreaterThanOrEqual(1 / 10_000)
    expect(result?.p).toBeLessThanOrEqual(2 / 10_000) // a true p of 7e-7: one of 9,999 draws hits with probability 0.7 %
  })

  test('is 1 when all values are equal', () => {
    expect(permutationTest([0.1, 0.1, 0.1], [0.1, 0.1], key)).toEqual({ p: 1, permutations: 10, exact: true })
    expect(permutationTest([0, 0], [0, 0], key)?.p).toBe(1)
  })

  test('separates groups without spread, where Welch has no answer', () => {
    expect(permutationTest([12, 12, 12], [0, 0, 0], key)?.p).toBe(2 / 20)
  })

  test('holds near the ends of float64', () => {
    expect(permutationTest([1e308, 1.1e308, 1.2e308], [1.5e308, 1.6e308, 1.7e308], key)?.p).toBe(2 / 20)
    expect(permutationTest([1e-310, 2e-310, 3e-310], [5e-310, 6e-310, 7e-310], key)?.p).toBe(2 / 20)
  })

  test('does not exist for fewer than two values in a group, and refuses NaN', () => {
    expect(permutationTest([], [1, 2], key)).toBeNull()
    expect(permutationTest([1, 2], [1], key)).toBeNull()
    expect(() => permutationTest([1, Number.NaN], [1, 2], key)).toThrow(
      new Refusal('invalid-input', 'permutationTest: a: expected finite numbers, got NaN at index 1'),
    )
  })
})
