import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { normalCritical } from './distributions.ts'
import { kaplanMeier, survivalAt } from './kaplanMeier.ts'
import type { Duration } from './kaplanMeier.ts'

expect.extend({ toBeAllclose })

const events = (...times: number[]): Duration[] => times.map((time) => ({ time, isEvent: true }))
const censored = (...times: number[]): Duration[] => times.map((time) => ({ time, isEvent: false }))

// Origin: Freireich et al., Blood 21, 1963: weeks of remission of 21 children on 6-mercaptopurine and 21 on placebo.
const treated = [...events(6, 6, 6, 7, 10, 13, 16, 22, 23), ...censored(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)]
const placebo = events(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)

const duration = fc.record({ time: fc.nat(20), isEvent: fc.boolean() })
const study = fc.array(duration, { maxLength: 30 })

describe('kaplanMeier', () => {
  test('gives the curve of the treated children, and log–log intervals', () => {
    const { steps, median, ...counts } = kaplanMeier(treated)
    expect(counts).toEqual({ runs: 21, events: 9, censored: 12, lastTime: 35 })
    expect(steps.map(({ time, atRisk, events: count }) => [time, atRisk, count])).toEqual([
      [6, 21, 3],
      [7, 17, 1],
      [10, 15, 1],
      [13, 12, 1],
      [16, 11, 1],
      [22, 7, 1],
      [23, 6, 1],
    ])
    // Fractions by hand: 18/21, · 16/17, · 14/15, · 11/12, · 10/11, · 6/7, · 5/6
    expect(steps.map(({ survival }) => survival)).toBeAllclose([6 / 7, 96 / 119, 64 / 85, 176 / 255, 32 / 51, 64 / 119, 160 / 357])
    // Origin: lifelines 0.30.3, KaplanMeierFitter().fit(T, E).confidence_interval_survival_function_
    const low = [0.6197179552659838, 0.5631465646222333, 0.5031995107999564, 0.43161022248618386, 0.36751085598750194]
    const high = [0.9515517476469969, 0.9228090192028802, 0.8893618351692651, 0.8490659633494505, 0.8049121894718411]
    const relative = 1e-9 // that of the normal quantile
    expect(steps.map((step) => step.low)).toBeAllclose([...low, 0.26777893676713493, 0.18805200595923233], { relative })
    expect(steps.map((step) => step.high)).toBeAllclose([...high, 0.7467907176353943, 0.6801426284952412], { relative })
    expect(median).toEqual({ time: 23, low: 13, high: null, reason: null }) // same origin, median_survival_times
  })

  test('gives the curve of the children on placebo: without censoring it is the share still in remission', () => {
    const { steps, median } = kaplanMeier(placebo)
    expect(steps.map(({ survival }) => survival)).toBeAllclose([19, 17, 16, 14, 12, 8, 6, 4, 3, 2, 1, 0].map((left) => left / 21))
    for (const { survival, standardError } of steps.slice(0, -1)) {
      expect(standardError).toBeAllclose(Math.sqrt((survival * (1 - survival)) / 21))
    }
    expect(steps.at(-1)).toMatchObject({ time: 23, survival: 0, standardError: Number.NaN, low: null, high: null })
    expect(median).toEqual({ time: 8, low: 4, high: 11, reason: null }) // Origin: lifelines 0.30.3, as above
    expect(kaplanMeier(placebo, { level: 0.8 }).median).toEqual({ time: 8, low: 5, high: 11, reason: null })
  })

  test('gives Greenwood intervals on request, cut to [0, 1]', () => {
    const first = kaplanMeier(treated, { interval: 'greenwood' }).steps[0]
    const error = Math.sqrt(((6 / 7) * (1 / 7)) / 21) // nothing is censored before the first event
    const z = normalCritical(0.95)
    expect([first?.standardError, first?.low]).toBeAllclose([error, 6 / 7 - z * error])
    expect(first?.high).toBe(1) // 0.857 + 1.96 · 0.076 passes 1
    // Plain interval of the placebo group's median: |S − ½| ≤ z √(S(1 − S)/21) holds from 4 weeks (14/21) up to before 11 (6/21)
    expect(kaplanMeier(placebo, { interval: 'greenwood' }).median).toEqual({ time: 8, low: 4, high: 11, reason: null })
  })

  test('agrees with the product over all runs in order, each censored run leaving the curve as it is', () => {
    fc.assert(
      fc.property(study, (durations) => {
        // Independent: events before censorings at one time; every event of a group is taken alone, 1 − 1/n telescopes to 1 − d/n
        const sorted = [...durations].sort((a, b) => a.time - b.time || Number(b.isEvent) - Number(a.isEvent))
        const curve = kaplanMeier(durations)
        for (const at of [0, 3.5, 7, 20, 100]) {
          const expected = sorted.reduce(
            (survival, { time, isEvent }, i) => (isEvent && time <= at ? survival * (1 - 1 / (sorted.length - i)) : survival),
            1,
          )
          expect(survivalAt(curve, at)).toBeAllclose(expected, { absolute: 1e-14, relative: 1e-12 }) // thirty roundings
        }
      }),
    )
  })

  test('falls, lies inside its interval, and counts every run once', () => {
    fc.assert(
      fc.property(study, fc.constantFrom('log-log' as const, 'greenwood' as const), (durations, interval) => {
        const curve = kaplanMeier(durations, { interval })
        expect(curve.events + curve.censored).toBe(durations.length)
        let last = 1
        for (const { survival, low, high } of curve.steps) {
          expect(survival).toBeLessThan(last)
          expect(low ?? 0).toBeLessThanOrEqual(survival)
          expect(high ?? 1).toBeGreaterThanOrEqual(survival)
          expect([(low ?? 0) >= 0, (high ?? 1) <= 1]).toEqual([true, true])
          last = survival
        }
        const { time, low, high } = curve.median
        if (time !== null) expect([(low ?? 0) <= time, (high ?? 100) >= time]).toEqual([true, true])
      }),
    )
  })

  test('stretches with time and does not see the order of the runs', () => {
    fc.assert(
      fc.property(study, (durations) => {
        const curve = kaplanMeier(durations)
        expect(kaplanMeier([...durations].reverse())).toEqual(curve)
        const doubled = kaplanMeier(durations.map(({ time, isEvent }) => ({ time: 2 * time, isEvent })))
        expect(doubled.steps).toEqual(curve.steps.map((step) => ({ ...step, time: 2 * step.time })))
        expect(doubled.median.time).toBe(curve.median.time === null ? null : 2 * curve.median.time)
      }),
    )
  })

  test('has no median when every run is censored, and says why', () => {
    const curve = kaplanMeier(censored(5, 9, 9))
    expect(curve).toEqual({
      runs: 3,
      events: 0,
      censored: 3,
      lastTime: 9,
      steps: [],
      median: { time: null, low: null, high: null, reason: 'all-censored' },
    })
    expect(survivalAt(curve, 100)).toBe(1)
  })

  test('has no median while more than half survive, but may know a lower bound', () => {
    const few = kaplanMeier([...events(1), ...censored(...Array.from({ length: 19 }, () => 2))])
    expect(few.median).toEqual({ time: null, low: null, high: null, reason: 'survival-above-half' })
    const some = kaplanMeier([...events(1, 3), ...censored(4, 4, 4)])
    // By hand at 1: σ = √(1/(5·4)), 0.8^exp(1.96 σ / −ln 0.8) = 0.204, below ½
    expect(some.steps[0]?.low).toBeCloseTo(0.204, 3)
    expect(some.median).toEqual({ time: null, low: 1, high: null, reason: 'survival-above-half' })
  })

  test('answers for no runs, one run and two', () => {
    expect(kaplanMeier([])).toEqual({
      runs: 0,
      events: 0,
      censored: 0,
      lastTime: null,
      steps: [],
      median: { time: null, low: null, high: null, reason: 'no-runs' },
    })
    expect(kaplanMeier(events(4)).median).toEqual({ time: 4, low: 4, high: null, reason: null })
    expect(kaplanMeier(events(1, 2)).median).toEqual({ time: 1, low: 1, high: null, reason: null }) // S(1) = ½ exactly
    expect(kaplanMeier(events(7, 7, 7)).steps.map(({ time, survival }) => [time, survival])).toEqual([[7, 0]])
  })

  test('finds the median where ½ comes out of rounded factors', () => {
    // 1 − 1/6 − …: of six runs with events at 1 to 6, three factors 5/6 · 4/5 · 3/4 are ½ in fractions
    for (let n = 2; n <= 200; n += 2) {
      expect(kaplanMeier(events(...Array.from({ length: n }, (_, i) => i + 1))).median.time).toBe(n / 2)
    }
  })

  test('takes a run censored at the time of an event as at risk', () => {
    expect(kaplanMeier([...censored(3), ...events(3, 5)]).steps[0]).toMatchObject({ atRisk: 3, survival: 2 / 3 })
  })

  test('refuses times that are negative or not finite, naming the run', () => {
    const message = 'kaplanMeier: durations: expected finite times ≥ 0, got -1 at index 1'
    expect(() => kaplanMeier(events(2, -1))).toThrow(new Refusal('invalid-input', message))
    expect(() => kaplanMeier(events(Number.NaN))).toThrow(Refusal)
    expect(() => kaplanMeier(censored(Number.POSITIVE_INFINITY))).toThrow(Refusal)
    expect(() => kaplanMeier(events(1), { level: 0 })).toThrow(Refusal)
  })
})
