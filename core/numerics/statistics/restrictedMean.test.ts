import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { normalCritical } from './distributions.ts'
import { kaplanMeier, survivalAt, type Duration } from './kaplanMeier.ts'
import { horizonOf, restrictedMean } from './restrictedMean.ts'

expect.extend({ toBeAllclose })

const events = (...times: number[]): Duration[] => times.map((time) => ({ time, isEvent: true }))
const censored = (...times: number[]): Duration[] => times.map((time) => ({ time, isEvent: false }))

// Origin: Freireich et al., Blood 21, 1963: weeks of remission of 21 children on 6-mercaptopurine and 21 on placebo.
const treated = kaplanMeier([...events(6, 6, 6, 7, 10, 13, 16, 22, 23), ...censored(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)])
const placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

const study = fc.array(fc.record({ time: fc.nat(20), isEvent: fc.boolean() }), { minLength: 1, maxLength: 30 })

describe('restrictedMean', () => {
  test('gives mean and error of the treated children', () => {
    // Origin: R's survival, print(survfit(Surv(time, cens) ~ treat, gehan), print.rmean = TRUE): 23.29, 2.83; the fraction by hand from the curve
    const { value, standardError, interval } = restrictedMean(treated, { until: 35 })
    expect(value).toBeAllclose(13856 / 595)
    expect(standardError.toFixed(2)).toBe('2.83')
    const half = normalCritical(0.95) * standardError
    expect([interval?.low, interval?.high]).toBeAllclose([value - half, value + half])
    expect(restrictedMean(treated, { until: 20 }).value).toBeAllclose(28768 / 1785) // between two steps
  })

  test('without censoring is the mean of the cut times, with the error of a mean', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }), fc.nat(25), (times, until) => {
        const cut = times.map((time) => Math.min(time, until))
        const mean = cut.reduce((sum, time) => sum + time, 0) / cut.length
        const squares = cut.reduce((sum, time) => sum + (time - mean) ** 2, 0)
        const { value, standardError } = restrictedMean(kaplanMeier(events(...times)), { until })
        const tolerance = { relative: 1e-12, absolute: 1e-12 } // thirty roundings
        expect(value).toBeAllclose(mean, tolerance)
        expect(standardError).toBeAllclose(Math.sqrt(squares) / cut.length, { ...tolerance, absolute: 1e-7 }) // a root of rounding near 0
      }),
    )
    expect(restrictedMean(kaplanMeier(events(...placebo)), { until: 23 }).value).toBeAllclose(182 / 21)
  })

  test('is the area under the curve, summed over whole steps', () => {
    fc.assert(
      fc.property(study, fc.nat(20), (durations, until) => {
        const curve = kaplanMeier(durations)
        if (until > horizonOf(curve)) return
        let area = 0
        for (let time = 0; time < until; time += 1) area += survivalAt(curve, time) // times are whole
        expect(restrictedMean(curve, { until }).value).toBeAllclose(area, { relative: 1e-12, absolute: 1e-12 })
      }),
    )
  })

  test('grows with the horizon by at most as much, and stretches with time', () => {
    fc.assert(
      fc.property(study, (durations) => {
        const curve = kaplanMeier(durations)
        const last = curve.lastTime ?? 0
        const [half, whole] = [restrictedMean(curve, { until: last / 2 }), restrictedMean(curve, { until: last })]
        expect(whole.value).toBeGreaterThanOrEqual(half.value)
        expect(whole.value - half.value).toBeLessThanOrEqual(last / 2 + 1e-9)
        const doubled = kaplanMeier(durations.map(({ time, isEvent }) => ({ time: 2 * time, isEvent })))
        expect(restrictedMean(doubled, { until: 2 * last })).toMatchObject({
          value: 2 * whole.value,
          standardError: 2 * whole.standardError,
        })
      }),
    )
  })

  test('has no interval where the runs show no spread', () => {
    for (const durations of [events(4), events(4, 4, 4), censored(4, 9), events(0, 0)]) {
      const curve = kaplanMeier(durations)
      expect(restrictedMean(curve, { until: curve.lastTime ?? 0 })).toMatchObject({ standardError: 0, interval: null })
    }
    expect(restrictedMean(kaplanMeier(censored(4, 9)), { until: 9 }).value).toBe(9)
    expect(restrictedMean(kaplanMeier(events(0, 0)), { until: 7 }).value).toBe(0) // all past it at the start
  })

  test('knows a curve up to its last time, for ever where no run is left', () => {
    expect([treated, kaplanMeier(events(3)), kaplanMeier([])].map(horizonOf)).toEqual([35, Infinity, -Infinity])
    expect(restrictedMean(kaplanMeier(events(3)), { until: 100 }).value).toBe(3)
  })

  test('refuses a horizon beyond what is known, and no runs', () => {
    for (const until of [35.5, -1, Number.NaN, Infinity])
      expect(() => restrictedMean(treated, { until })).toThrow(
        `restrictedMean: until: expected a time from 0 to 35, as far as the curve goes, got ${until}`,
      )
    expect(() => restrictedMean(kaplanMeier(events(3)), { until: Infinity })).toThrow('got Infinity')
    expect(() => restrictedMean(kaplanMeier([]), { until: 0 })).toThrow('restrictedMean: until')
    expect(() => restrictedMean(treated, { until: 3, level: 1 })).toThrow('restrictedMean: level')
  })
})
