import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { holm } from './holm.ts'

const probability = fc.double({ min: 0, max: 1, noNaN: true })

describe('holm', () => {
  test('gives the example done by hand', () => {
    // sorted .005 .01 .03 .04 times 4 3 2 1: .02 .03 .06 .04, and .04 is lifted to .06
    const adjusted = holm([0.01, 0.04, 0.03, 0.005])
    for (const [i, expected] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(expected, 15)
  })

  test('leaves one p, and never exceeds 1', () => {
    expect(holm([0.2])).toEqual([0.2])
    expect(holm([0.6, 0.9])).toEqual([1, 1])
    expect(holm([])).toEqual([])
    expect(holm([0, 1])).toEqual([0, 1])
  })

  test('never lowers a p, keeps their order, follows a reordering, and stays within Bonferroni', () => {
    fc.assert(
      fc.property(fc.array(probability, { maxLength: 12 }), (ps) => {
        const adjusted = holm(ps).map((p) => p ?? Number.NaN)
        const byP = ps.map((p, i) => [p, adjusted[i] ?? Number.NaN] as const).sort((one, two) => one[0] - two[0])
        byP.forEach(([p, q], i) => {
          expect(q).toBeGreaterThanOrEqual(p)
          expect(q).toBeLessThanOrEqual(Math.min(1, ps.length * p))
          expect(q).toBeGreaterThanOrEqual(byP[i - 1]?.[1] ?? 0)
        })
        expect(holm(ps.toReversed())).toEqual(adjusted.toReversed())
      }),
    )
  })

  test('passes over tests that were not made', () => {
    expect(holm([null, 0.02, null, 0.5])).toEqual([null, 0.04, null, 0.5])
    expect(holm([null])).toEqual([null])
  })

  test('refuses NaN and what is no probability', () => {
    expect(() => holm([0.1, Number.NaN])).toThrow(
      new Refusal('invalid-input', 'holm: ps: expected numbers from 0 to 1, got NaN at index 1'),
    )
    expect(() => holm([1.5])).toThrow(Refusal)
    expect(() => holm([null, -0.1])).toThrow('got -0.1 at index 1')
  })
})
