import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { explainProblems } from '../text/problems.ts'
import { expandLevels, intervalOf, levels, mostLevels, valueAt, type Levels } from './levels.ts'

const expand = (written: Levels) => expandLevels('data.noise', written)
const real = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => x + 0) // JSON has no −0

const positive = fc.integer({ min: -300, max: 300 }).chain((e) => fc.double({ min: 1, max: 9, noNaN: true }).map((m) => m * 10 ** e))

describe('expandLevels', () => {
  test.each<[Levels, unknown[]]>([
    [
      [0.05, 'a', { kind: 'linear' }],
      [0.05, 'a', { kind: 'linear' }],
    ],
    [{ range: { from: 0, to: 1, count: 2 } }, [0, 1]],
    [{ range: { from: 0, to: 1, count: 11 } }, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]],
    [{ range: { from: -0.3, to: 0.3, count: 7 } }, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]],
    [{ range: { from: -0, to: 4, count: 3 } }, [0, 2, 4]],
    [{ range: { from: 1, to: 4, count: 4 } }, [1, 2, 3, 4]],
    [{ range: { from: 0.425, to: 0.465, count: 5 } }, [0.425, 0.435, 0.445, 0.455, 0.465]],
    [{ logRange: { from: 1e-4, to: 1e-1, count: 4 } }, [0.0001, 0.001, 0.01, 0.1]],
    [{ logRange: { from: 1, to: 1024, count: 11 } }, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]],
    [{ logRange: { from: 1e-300, to: 1e300, count: 3 } }, [1e-300, 1, 1e300]],
  ])('%j', (written, expected) => {
    expect(expand(written)).toEqual(expected)
  })

  test('what no short decimal matches keeps all its digits', () => {
    expect(expand({ logRange: { from: 1, to: 10, count: 3 } })[1]).toBeCloseTo(Math.sqrt(10), 15)
    expect(JSON.stringify(expand({ logRange: { from: 1, to: 10, count: 3 } })[1]).length).toBeGreaterThan(15)
    expect(expand({ range: { from: 0, to: 1, count: 4 } })[1]).toBe(1 / 3)
  })

  test('powers of ten are exact over the whole range of float64', () => {
    for (const [from, to] of [
      [-300, 300],
      [-12, -3],
      [0, 15],
    ] as const) {
      const values = expand({ logRange: { from: Number(`1e${from}`), to: Number(`1e${to}`), count: to - from + 1 } })
      expect(values).toEqual(Array.from({ length: to - from + 1 }, (_, i) => Number(`1e${from + i}`)))
    }
  })

  test('a range has its ends, rises and has equal steps', () => {
    fc.assert(
      fc.property(real, fc.double({ min: 1e-3, max: 1e6, noNaN: true }), fc.integer({ min: 2, max: 60 }), (from, width, count) => {
        const to = from + width
        const values = expand({ range: { from, to, count } }).map(Number)
        expect([values[0], values.at(-1), values.length]).toEqual([from, to, count])
        // the stated accuracy, 2⁻⁵¹ of the larger end, for the formula and once more for the short decimal
        const tolerance = 2 ** -50 * Math.max(Math.abs(from), Math.abs(to))
        for (const [i, value] of values.entries()) {
          expect(Math.abs(value - (from * (count - 1 - i) + to * i) / (count - 1))).toBeLessThanOrEqual(tolerance)
          expect(i === 0 || value > (values[i - 1] ?? Infinity)).toBe(true)
          expect(Number(String(value))).toBe(value)
        }
      }),
    )
  })

  test('a logRange has its ends, rises and has equal ratios', () => {
    fc.assert(
      fc.property(positive, fc.double({ min: 1.5, max: 1e6, noNaN: true }), fc.integer({ min: 2, max: 40 }), (from, ratio, count) => {
        const to = from * ratio
        const values = expand({ logRange: { from, to, count } }).map(Number)
        expect([values[0], values.at(-1), values.length]).toEqual([from, to, count])
        for (const [i, value] of values.entries()) {
          // logarithms lose |ln x| · 2⁻⁵³ themselves: at most 705 each, 4 of them
          expect(Math.abs(Math.log(value) - Math.log(from) - (Math.log(ratio) * i) / (count - 1))).toBeLessThan(4 * 705 * 2 ** -53)
          expect(i === 0 || value > (values[i - 1] ?? Infinity)).toBe(true)
        }
      }),
    )
  })

  test('neighbours that one short decimal would match stay apart', () => {
    const narrow = expand({ range: { from: 1, to: 1 + 4 * 2 ** -52, count: 5 } })
    expect(narrow).toEqual([0, 1, 2, 3, 4].map((i) => 1 + i * 2 ** -52))
  })

  test.each<[Levels, string]>([
    [
      { range: { from: 1, to: 1 + 2 ** -52, count: 3 } },
      'expected a range wide enough for 3 different numbers, got {"scale":"linear","from":1,"to":1.0000000000000002}',
    ],
    [
      { uniform: { from: 0, to: 1 } },
      'expected a list, a range or a logRange in this design, got {"uniform":{"from":0,"to":1}}; random and latin-hypercube draw from an interval',
    ],
    [[1, 2, 1], 'expected levels that differ, got 1 twice'],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      'expected levels that differ, got {"b":2,"a":1} twice',
    ],
  ])('%j is refused: %s', (written, sentence) => {
    expect(() => expand(written)).toThrow(new Refusal('invalid-input', `factors.data.noise: ${sentence}`))
  })
})

describe('the text of levels', () => {
  test.each<[unknown, string]>([
    [{ range: { from: 2, to: 1, count: 3 } }, 's range: expected from < to, less than 1.8e308 apart, got {"from":2,"to":1,"count":3}'],
    [{ range: { from: 1, to: 1, count: 3 } }, 's range: expected from < to, less than 1.8e308 apart, got {"from":1,"to":1,"count":3}'],
    [
      { range: { from: -1e308, to: 1e308, count: 3 } },
      's range: expected from < to, less than 1.8e308 apart, got {"from":-1e+308,"to":1e+308,"count":3}',
    ],
    [{ logRange: { from: 0, to: 1, count: 3 } }, 's logRange.from: expected a number > 0, got 0'],
    [{ logUniform: { from: -1, to: 1 } }, 's logUniform.from: expected a number > 0, got -1'],
    [{ uniform: { from: 1, to: 0 } }, 's uniform: expected from < to, less than 1.8e308 apart, got {"from":1,"to":0}'],
    [{ range: { from: 0, to: 1, count: 1 } }, 's range.count: expected a whole number from 2 to 10000, got 1'],
    [{ range: { from: 0, to: 1, count: 2.5 } }, 's range.count: expected a whole number from 2 to 10000, got 2.5'],
    [{ logRange: { from: 1, to: 2, count: 10_001 } }, 's logRange.count: expected a whole number from 2 to 10000, got 10001'],
    [[], 's: expected a list of at least 1 item and at most 10000 items or an object, got []'],
    [{ range: { from: 'a', to: 1, count: 2 } }, 's range.from: expected a number, got "a"'],
    [{ logRange: { from: 1, count: 2 } }, 's logRange.to: expected a number > 0, got nothing'],
    [{ rnage: { from: 0, to: 1, count: 2 } }, 's rnage: unknown field; did you mean range?'],
    [5, 's: expected a list or an object, got 5'],
  ])('%j: %s', (value, sentence) => {
    const { error } = levels.safeParse(value)
    const problems = error ? explainProblems(error, { name: 's', schema: levels }, value) : []
    expect(problems).toContain(sentence)
  })

  test('ten thousand levels are enough', () => {
    expect(levels.safeParse(Array.from({ length: mostLevels }, (_, i) => i)).success).toBe(true)
    expect(levels.safeParse(Array.from({ length: mostLevels + 1 }, (_, i) => i)).success).toBe(false)
    expect(expand({ range: { from: 0, to: 1, count: mostLevels } })).toHaveLength(mostLevels)
  })
})

describe('intervals', () => {
  test('are told from lists', () => {
    expect(intervalOf([1])).toBeNull()
    expect(intervalOf({ range: { from: 0, to: 1, count: 2 } })).toBeNull()
    expect(intervalOf({ uniform: { from: 0, to: 1 } })).toEqual({ scale: 'linear', from: 0, to: 1 })
    expect(intervalOf({ logUniform: { from: 1, to: 9 } })).toEqual({ scale: 'log', from: 1, to: 9 })
  })

  test('no part of an interval lies outside', () => {
    const part = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 2 ** -53, 1 - 2 ** -53, 1))
    fc.assert(
      fc.property(positive, positive, part, fc.constantFrom('linear' as const, 'log' as const), (a, b, t, scale) => {
        fc.pre(a !== b)
        const interval = { scale, from: Math.min(a, b), to: Math.max(a, b) }
        const value = valueAt(interval, t)
        expect(value).toBeGreaterThanOrEqual(interval.from)
        expect(value).toBeLessThanOrEqual(interval.to)
      }),
    )
  })
})
