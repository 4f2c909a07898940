import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Duration } from './kaplanMeier.ts'
import { logRank } from './logRank.ts'

expect.extend({ toBeAllclose })

const events = (...times: number[]): Duration[] => times.map((time) => ({ time, isEvent: true }))
const censored = (...times: number[]): Duration[] => times.map((time) => ({ time, isEvent: false }))

// Origin: Freireich et al., Blood 21, 1963: weeks of remission of 21 children on 6-mercaptopurine and 21 on placebo.
const treated = [...events(6, 6, 6, 7, 10, 13, 16, 22, 23), ...censored(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
const placebo = events(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)

const group = fc.array(fc.record({ time: fc.nat(12), isEvent: fc.boolean() }), { minLength: 1, maxLength: 12 })
const groups = fc.array(group, { minLength: 2, maxLength: 5 })

/** Two groups by the textbook's one sum, without a matrix: (O − E)² / V of the first group. */
function twoGroups(a: readonly Duration[], b: readonly Duration[]): { z: number; variance: number } {
  const times = [...new Set([...a, ...b].flatMap(({ time, isEvent }) => (isEvent ? [time] : [])))]
  let [z, variance] = [0, 0]
  for (const t of times) {
    const risk = (all: readonly Duration[]) => all.filter(({ time }) => time >= t).length
    const at = (all: readonly Duration[]) => all.filter(({ time, isEvent }) => isEvent && time === t).length
    const [n1, n2, d] = [risk(a), risk(b), at(a) + at(b)]
    const n = n1 + n2
    z += at(a) - (d * n1) / n
    if (n > 1) variance += (d * n1 * n2 * (n - d)) / (n * n * (n - 1))
  }
  return { z, variance }
}

describe('logRank', () => {
  test('gives the published statistic of the leukaemia data', () => {
    const result = logRank([treated, placebo])
    // Origin: Kleinbaum & Klein, "Survival Analysis", 3rd ed., chapter 2: O = 9, 21; E = 19.26, 10.74; log-rank 16.79
    expect(result?.observed).toEqual([9, 21])
    expect(result?.expected.map((value) => Number(value.toFixed(2)))).toEqual([19.25, 10.75]) // the book sums rounded terms: 19.26, 10.74
    expect(result?.chiSquare.toFixed(2)).toBe('16.79')
    // Origin: lifelines 0.30.3, logrank_test
    expect([result?.chiSquare, result?.p]).toBeAllclose([16.792940989216547, 4.168809109334511e-5], { relative: 1e-11, absolute: 0 })
    expect(result?.degrees).toBe(1)
  })

  test('gives the statistic of three groups with ties', () => {
    const three = [
      [...events(3, 5, 8), ...censored(5, 12)],
      [...events(2, 2, 6, 9), ...censored(9)],
      [...events(1, 7, 7, 10), ...censored(4, 11)],
    ]
    // Origin: lifelines 0.30.3, multivariate_logrank_test
    expect(logRank(three)).toMatchObject({ degrees: 2 })
    expect([logRank(three)?.chiSquare, logRank(three)?.p]).toBeAllclose([0.45450629417347876, 0.7967190696483019], { relative: 1e-11 })
  })

  test('of tiny groups is a fraction', () => {
    // a at 1, b at 2: only t = 1 has a variance, 1/4; (1 − 1/2)² / (1/4) = 1
    expect(logRank([events(1), events(2)])?.chiSquare).toBeAllclose(1)
    // two a at 1, two b at 2: at 1 E = 1, V = 2·2/3 · 1/4 = 1/3, O − E = 1: χ² = 3; at 2 only b is at risk
    expect(logRank([events(1, 1), events(2, 2)])?.chiSquare).toBeAllclose(3)
    // one event in a among 2 + 2, all others censored later: (1 − 1/2)² / (1/4) = 1
    expect(logRank([[...events(1), ...censored(9)], censored(9, 9)])?.chiSquare).toBeAllclose(1)
  })

  test('of two groups is the square of one difference over its variance', () => {
    fc.assert(
      fc.property(group, group, (a, b) => {
        const { z, variance } = twoGroups(a, b)
        const result = logRank([a, b])
        if (variance === 0) expect(result).toBeNull()
        else expect(result?.chiSquare).toBeAllclose((z * z) / variance, { relative: 1e-10, absolute: 1e-12 }) // two by two: well conditioned
      }),
    )
  })

  test('sees the order of times alone: a monotone change of time changes nothing', () => {
    fc.assert(
      fc.property(groups, (all) => {
        const stretched = all.map((one) => one.map(({ time, isEvent }) => ({ time: Math.exp(time / 3) + 5 * time ** 3, isEvent })))
        expect(logRank(stretched)).toEqual(logRank(all))
      }),
    )
  })

  test('does not see the order of groups or of runs', () => {
    fc.assert(
      fc.property(groups, (all) => {
        const turned = logRank(all.map((one) => one.toReversed()).toReversed())
        const straight = logRank(all)
        expect(turned?.degrees).toBe(straight?.degrees)
        const tolerance = { relative: 1e-8, absolute: 1e-10 } // V may be conditioned like 1e4
        if (straight !== null) expect([turned?.chiSquare, turned?.p]).toBeAllclose([straight.chiSquare, straight.p], tolerance)
      }),
    )
  })

  test('expects as many events as there are, and is 0 with p = 1 for equal groups', () => {
    fc.assert(
      fc.property(groups, group, (all, one) => {
        const result = logRank(all)
        const total = (values: readonly number[] = []) => values.reduce((sum, value) => sum + value, 0)
        expect(total(result?.expected)).toBeAllclose(total(result?.observed), { relative: 1e-12, absolute: 1e-12 })
        const same = logRank([one, one, one])
        if (same === null) return
        expect([same.chiSquare, same.p]).toBeAllclose([0, 1], { absolute: 1e-12 })
      }),
    )
  })

  test('a group that is never at risk costs a degree of freedom and changes nothing else', () => {
    const late = [...events(5, 6, 9), ...censored(7)]
    const early = [...events(4, 5, 5), ...censored(8)]
    const gone = censored(1, 2) // ended before the first event
    const [two, three] = [logRank([late, early]), logRank([late, gone, early])]
    expect(three?.degrees).toBe(1)
    expect(three?.chiSquare).toBeAllclose(two?.chiSquare ?? Number.NaN)
    expect(logRank([late, [], early])?.degrees).toBe(1)
  })

  test('has no answer without events, or where all have it at one time', () => {
    expect(logRank([censored(1, 2), censored(3)])).toBeNull()
    expect(logRank([events(4, 4), events(4)])).toBeNull()
    expect(logRank([[], []])).toBeNull()
    expect(logRank([events(1, 2), []])).toBeNull()
    expect(logRank([events(0), events(1e300)])?.chiSquare).toBeAllclose(1) // an event at 0 is an event
  })

  test('refuses one group and times that are none', () => {
    expect(() => logRank([events(1)])).toThrow('logRank: groups: expected at least two, got 1')
    for (const time of [-1, Number.NaN, Infinity])
      expect(() => logRank([events(1), events(2, time)])).toThrow(
        `logRank: groups: expected finite times ≥ 0, got ${time} at index 1 of group 1`,
      )
  })
})
