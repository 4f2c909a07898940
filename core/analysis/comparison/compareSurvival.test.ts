import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { survival, type LevelSurvival, type Survival } from '#core/contract/survival.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { compareSurvival, type LevelDurations, type RunEnd, type SurvivalQuestion } from './compareSurvival.ts'

expect.extend({ toBeAllclose })

const common = { factor: 'model', metric: 'loss', rule: 'at-most', limit: 0.1, resolution: 10 } as const

function level(label: string, runs: readonly (readonly [number, RunEnd])[], rest: Partial<LevelDurations> = {}): LevelDurations {
  return { label, value: label, after: 0, unseen: 0, runs: runs.map(([time, end], i) => ({ run: `${label}-${i}`, time, end })), ...rest }
}
const events = (...times: number[]): [number, RunEnd][] => times.map((time) => [time, 'event'])
const ended = (...times: number[]): [number, RunEnd][] => times.map((time) => [time, 'lastStep'])

function compare(levels: readonly LevelDurations[], rest: Partial<SurvivalQuestion> = {}): Survival {
  return survival.parse(compareSurvival({ ...common, levels, ...rest }))
}

function at(result: Survival, label: string): LevelSurvival {
  const found = result.levels.find((one) => one.label === label)
  if (found === undefined) throw new Error(`no level ${label}`)
  return found
}

// Origin: Freireich et al., Blood 21, 1963: weeks of remission of 21 children on 6-mercaptopurine and 21 on placebo.
const treated = level('treated', [...events(6, 6, 6, 7, 10, 13, 16, 22, 23), ...ended(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)])
const placebo = level('placebo', events(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23))

describe('compareSurvival', () => {
  test('gives the published numbers of the leukaemia data', () => {
    const result = compare([placebo, treated])
    // Origin: Kleinbaum & Klein, "Survival Analysis": log-rank 16.79, medians 8 and 23; R's survival: restricted mean 23.29 at 35 weeks, 8.67
    expect(result.test).toMatchObject({ degrees: 1 })
    expect(result.test?.chiSquare).toBeCloseTo(16.793, 3)
    expect([at(result, 'placebo').median.time, at(result, 'treated').median.time]).toEqual([8, 23])
    expect(at(result, 'treated').median).toEqual({ time: 23, low: 13, high: null })
    expect(result.horizon).toBe(35) // placebo ends without a run left, so it is known for ever
    expect([at(result, 'placebo').restrictedMean?.value, at(result, 'treated').restrictedMean?.value]).toBeAllclose([182 / 21, 13856 / 595])
    const { test } = at(result, 'treated')
    expect([test?.chiSquare, test?.p, test?.pAdjusted]).toEqual([result.test?.chiSquare, result.test?.p, result.test?.p]) // one pair: nothing to adjust
    expect(at(result, 'placebo').test).toBeNull()
  })

  test('counts how runs end, and takes a run past the value at its first record as an event there', () => {
    const mixed = level(
      'a',
      [...events(20), [0, 'eventAtStart'], [30, 'lastStep'], [10, 'diverged'], [20, 'stopped'], [20, 'unfinished']],
      { unseen: 2 },
    )
    const one = at(compare([mixed]), 'a')
    expect(one).toMatchObject({ n: 6, events: 2, atStart: 1, unseen: 2, lastTime: 30 })
    expect(one.censored).toEqual({ lastStep: 1, stopped: 1, diverged: 1, unfinished: 1 })
    expect(one.censorings).toEqual([
      { time: 10, count: 1 },
      { time: 20, count: 2 },
      { time: 30, count: 1 },
    ])
    expect(one.curve.map(({ time, atRisk, events: d }) => [time, atRisk, d])).toEqual([
      [0, 6, 1],
      [20, 4, 1], // those that end there without the event are at risk
    ])
    expect(one.curve.map((step) => step.survival)).toBeAllclose([5 / 6, 5 / 8])
    expect(one.restrictedMean?.value).toBeAllclose((20 * 5) / 6 + (10 * 5) / 8)
  })

  test('has no median where no run has the event, and a restricted mean that is the whole horizon', () => {
    const one = at(compare([level('a', ended(40, 40, 40))]), 'a')
    expect(one).toMatchObject({ events: 0, curve: [], median: { time: null, low: null, high: null } })
    expect(one.restrictedMean).toEqual({ value: 40, low: null, high: null })
  })

  test('restricts means to what every level knows', () => {
    const short = level('short', [...events(5), ...ended(12, 12)])
    const long = level('long', [...events(8, 9), ...ended(50)])
    expect(compare([short, long]).horizon).toBe(12)
    expect(compare([level('a', events(5, 7)), level('b', events(3, 9))]).horizon).toBe(9)
    expect(compare([level('a', []), long]).horizon).toBe(50)
    expect(compare([level('a', [])]).horizon).toBeNull()
  })

  test('makes neither interval nor test where other factors vary', () => {
    const { test, levels, pooled } = compare([placebo, treated], { pooled: ['depth'] })
    expect([test, pooled]).toEqual([null, ['depth']])
    for (const one of levels) {
      expect(one.test).toBeNull()
      expect([one.median.low, one.median.high, one.restrictedMean?.low, one.restrictedMean?.high]).toEqual([null, null, null, null])
      expect(one.curve.every(({ low, high }) => low === null && high === null)).toBe(true)
    }
  })

  test('makes no test where all seeds of both levels end alike, for they may be copies of one run', () => {
    const [a, b, c] = [level('a', events(52, 52, 52)), level('b', events(77, 77, 77)), level('c', events(60, 77, 80))]
    expect(at(compare([a, b]), 'b').test).toBeNull()
    expect(compare([a, b]).test).toBeNull()
    expect(at(compare([a, b]), 'a').median).toEqual({ time: 52, low: null, high: null })
    expect(at(compare([a, c]), 'c').median.low).toBe(60)
    expect(at(compare([a, b, c]), 'c').test).not.toBeNull()
    expect(at(compare([level('x', ended(99, 99)), level('y', events(5, 6))]), 'y').test).not.toBeNull()
  })

  test('of one run gives a time, no interval and no test, and says that two seeds are needed', () => {
    const result = compare([level('a', events(3)), level('b', events(5, 6))])
    expect(at(result, 'a')).toMatchObject({ n: 1, median: { time: 3, low: null, high: null }, need: { seeds: 2 } })
    expect([at(result, 'b').test, at(result, 'b').need, result.test]).toEqual([null, null, null])
    expect(at(compare([level('a', []), level('b', events(5, 6))]), 'a')).toMatchObject({
      n: 0,
      restrictedMean: null,
      lastTime: null,
      need: { seeds: 2 },
    })
  })

  test('adjusts the p of the levels against the baseline by Holm', () => {
    const { levels, baseline } = compare([placebo, treated, level('c', events(2, 6, 9))], { baseline: 'treated' })
    expect(baseline).toBe('treated')
    const ps = levels.flatMap(({ test }) => (test === null ? [] : [test]))
    expect(ps).toHaveLength(2)
    const least = Math.min(...ps.map(({ p }) => p))
    expect(Math.min(...ps.map(({ pAdjusted }) => pAdjusted))).toBe(2 * least)
  })

  test('does not see the order of levels but for the baseline, nor that of runs', () => {
    const some = fc.array(fc.tuple(fc.nat(9), fc.constantFrom<RunEnd>('event', 'lastStep', 'diverged', 'stopped')), { maxLength: 6 })
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const straight = compare([level('a', a), level('b', b), level('c', c)])
        const turned = compare([level('c', c.toReversed()), level('b', b), level('a', a.toReversed())], { baseline: 'a' })
        for (const label of ['a', 'b', 'c']) {
          const [one, other] = [at(straight, label), at(turned, label)]
          expect({ ...other, test: null }).toEqual({ ...one, test: null })
          const tolerance = { relative: 1e-9, absolute: 1e-12 } // eigenvectors of a matrix in another order
          if (one.test !== null) expect(other.test?.p).toBeAllclose(one.test.p, tolerance)
        }
      }),
    )
  })

  test('refuses unknown baselines, repeated labels, no level and a level of confidence that is none', () => {
    expect(() => compare([treated], { baseline: 'c' })).toThrow('baseline: expected one of the levels "treated", got "c"')
    expect(() => compare([treated, treated])).toThrow('compareSurvival: levels: expected different labels, got "treated" twice')
    expect(() => compare([])).toThrow('compareSurvival: levels: expected at least one level, got none')
    expect(() => compare([treated], { confidence: 95 })).toThrow('compareSurvival: confidence: expected a number between 0 and 1')
    expect(() => compare([level('a', events(-1))])).toThrow('kaplanMeier: durations: expected finite times ≥ 0, got -1')
  })
})
