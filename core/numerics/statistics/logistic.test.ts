import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { normalCritical } from './distributions.ts'
import { logistic } from './logistic.ts'
import type { LogisticResult } from './logistic.ts'

expect.extend({ toBeAllclose })

type Fitted = Extract<LogisticResult, { kind: 'fitted' }>

function fitted(result: LogisticResult): Fitted {
  if (result.kind !== 'fitted') throw new Error(`expected a fit, got ${result.kind}`)
  return result
}

// Origin: beetles killed by carbon disulphide (log dose, number, killed), Bliss 1935, as in Dobson, "An introduction to generalized linear models", table 7.2,
// who gives −60.72 and 34.27.
const beetles = [
  [1.6907, 59, 6],
  [1.7242, 60, 13],
  [1.7552, 62, 18],
  [1.7842, 56, 28],
  [1.8113, 63, 52],
  [1.8369, 59, 53],
  [1.861, 62, 61],
  [1.8839, 60, 60],
] as const
const doses = beetles.flatMap(([dose, count]) => Array.from({ length: count }, () => dose))
const deaths = beetles.flatMap(([, count, killed]) => Array.from({ length: count }, (_, i) => (i < killed ? 1 : 0)))

const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
const crossing = [0, 0, 0, 1, 0, 0, 1, 1, 1, 1]

const run = fc.record({ x: fc.integer({ min: -8, max: 8 }), y: fc.constantFrom(0, 1) })
const runs = fc.array(run, { minLength: 4, maxLength: 40 })

describe('logistic', () => {
  // Origin: statsmodels 0.15.0, Logit(y, add_constant(x)).fit(tol=1e-14); the interval from Logit without a constant on x − m, its log-likelihood
  // solved for m by SciPy's brentq.
  test('fits the beetles: coefficients, likelihood, median lethal dose and its interval', () => {
    const fit = fitted(logistic(doses, deaths))
    // The doses spread by 0.06 around 1.79, so that the coefficients carry a condition of some 10³
    expect([fit.intercept, fit.slope]).toBeAllclose([-60.717454561636345, 34.270325734147505], { relative: 1e-11 })
    expect(fit.logLikelihood).toBeAllclose(-186.2354032717684)
    expect(fit.likelihoodRatio).toBeAllclose(2 * (-186.2354032717684 - (291 * Math.log(291 / 481) + 190 * Math.log(190 / 481))), {
      relative: 1e-10, // the reference's own digits
    })
    expect([fit.midpoint, fit.low, fit.high]).toBeAllclose([1.7717209644475744, 1.7639821035648433, 1.7791872457911981])
    const narrow = fitted(logistic(doses, deaths, 0.8))
    expect([narrow.low, narrow.high]).toBeAllclose([1.7667077364123156, 1.7766190363088217])
    expect(fit.rising).toBe(true)
  })

  test('fits ten runs that cross once, symmetric about the middle', () => {
    const fit = fitted(logistic(ten, crossing)) // same origin
    expect([fit.intercept, fit.slope, fit.logLikelihood]).toBeAllclose([-3.9586678215184126, 0.879703960337425, -3.5656289511953716])
    expect([fit.midpoint, fit.low, fit.high]).toBeAllclose([4.5, 1.5304856773210815, 7.469514322678919])
    const half = fitted(logistic(ten, crossing, 0.5))
    expect([half.low, half.high]).toBeAllclose([3.7537258097749424, 5.246274190225058])
  })

  test('of two values has a closed form', () => {
    // At 0 two of ten, at 1 seven of ten: logits ln(2/8) and ln(7/3), and the fit goes through both
    const x = Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 1))
    const y = x.map((_, i) => (i < 2 || (i >= 10 && i < 17) ? 1 : 0))
    const fit = fitted(logistic(x, y))
    const [a, b] = [Math.log(2 / 8), Math.log(7 / 3) - Math.log(2 / 8)]
    expect([fit.intercept, fit.slope, fit.midpoint]).toBeAllclose([a, b, -a / b])
  })

  test('satisfies the likelihood equations, and its bounds lose exactly the limit', () => {
    fc.assert(
      fc.property(runs, (list) => {
        const [x, y] = [list.map((item) => item.x), list.map((item) => item.y)]
        const result = logistic(x, y, 0.9)
        if (result.kind !== 'fitted') return
        const residual = x.map((value, i) => (y[i] ?? Number.NaN) - 1 / (1 + Math.exp(-(result.intercept + result.slope * value))))
        // Σ(y − P) = Σ(y − P)x = 0: up to 40 terms of size ≤ 8, each rounded with slopes of up to some ten
        expect(residual.reduce((sum, value) => sum + value, 0)).toBeAllclose(0, { absolute: 1e-11 })
        expect(residual.reduce((sum, value, i) => sum + value * (x[i] ?? Number.NaN), 0)).toBeAllclose(0, { absolute: 1e-10 })
        for (const bound of [result.low, result.high]) {
          if (Math.abs(bound) > 1e3) continue // a bound far away is nearly parallel to "no slope", and ill-conditioned
          expect(2 * (result.logLikelihood - profile(x, y, bound))).toBeAllclose(normalCritical(0.9) ** 2, { relative: 1e-6 }) // of the search below
        }
        expect([result.low < result.midpoint, result.midpoint < result.high]).toEqual([true, true])
      }),
      { numRuns: 40 },
    )
  })

  test('moves with a shift and a stretch of x, turns with its sign, and ignores which outcome is called 1', () => {
    const fit = fitted(logistic(ten, crossing))
    const moved = fitted(
      logistic(
        ten.map((x) => 1000 + 4 * x),
        crossing,
      ),
    )
    // One rounding of the mean 1018
    expect([moved.midpoint, moved.low, moved.high]).toBeAllclose([1018, 1000 + 4 * fit.low, 1000 + 4 * fit.high], { relative: 1e-13 })
    const turned = fitted(
      logistic(
        ten.map((x) => -x),
        crossing,
      ),
    )
    expect([turned.midpoint, turned.low, turned.high]).toBeAllclose([-fit.midpoint, -fit.high, -fit.low])
    expect(turned.rising).toBe(false)
    const renamed = fitted(
      logistic(
        ten,
        crossing.map((y) => 1 - y),
      ),
    )
    expect([renamed.midpoint, renamed.low, renamed.high, renamed.slope]).toBeAllclose([fit.midpoint, fit.low, fit.high, -fit.slope])
  })

  test('answers values that divide the outcomes by the two that bracket the midpoint', () => {
    expect(logistic([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1])).toEqual({ kind: 'separated', low: 0.2, high: 0.3, rising: true })
    expect(logistic([0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0])).toEqual({ kind: 'separated', low: 0.1, high: 0.2, rising: false })
    expect(logistic([2, 1], [1, 0])).toEqual({ kind: 'separated', low: 1, high: 2, rising: true })
  })

  test('takes both outcomes at the dividing value itself as separation there: the slope has no end', () => {
    expect(logistic([1, 2, 2, 2, 3], [0, 0, 1, 0, 1])).toEqual({ kind: 'separated', low: 2, high: 2, rising: true })
  })

  test('is separated exactly where no run of one outcome lies beyond one of the other', () => {
    fc.assert(
      fc.property(runs, (list) => {
        const [x, y] = [list.map((item) => item.x), list.map((item) => item.y)]
        const pairs = list.filter((a) => a.y === 0).flatMap((a) => list.filter((b) => b.y === 1).map((b) => Math.sign(b.x - a.x)))
        const isDivided = pairs.some((sign) => sign !== 0) && (pairs.every((sign) => sign >= 0) || pairs.every((sign) => sign <= 0))
        expect(logistic(x, y).kind === 'separated').toBe(isDivided)
      }),
    )
  })

  test('finds a slope for outcomes that overlap by a hair', () => {
    for (const overlap of [1e-3, 1e-6, 1e-9, 1e-12]) {
      const fit = fitted(logistic([0, 1, 2, 3, 4 + overlap, 4, 5, 6, 7], [0, 0, 0, 0, 0, 1, 1, 1, 1]))
      // The pair costs 2 ln(1 + e^(bε/2)) = 2 ln 2 + bε/2 + …, the others about ε; b grows as ln(1/ε), up to 29 here
      expect(fit.logLikelihood).toBeAllclose(-2 * Math.LN2, { absolute: 20 * overlap })
      expect(fit.midpoint).toBeAllclose(4, { absolute: overlap })
      expect([fit.low > 2, fit.high < 6]).toEqual([true, true])
    }
  })

  test('gives no midpoint where the slope cannot be told from 0', () => {
    expect(logistic([0, 0, 1, 1], [0, 1, 0, 1])).toEqual({ kind: 'flat', slope: 0, likelihoodRatio: 0 })
    const weak = logistic(ten, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    expect(weak.kind).toBe('flat')
    expect(logistic(ten, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 0.05).kind).toBe('fitted') // a level at which it can
  })

  test('is undetermined without runs, with one outcome, and at one value', () => {
    expect(logistic([], [])).toEqual({ kind: 'undetermined', reason: 'no-runs' })
    expect(logistic([1, 2, 3], [1, 1, 1])).toEqual({ kind: 'undetermined', reason: 'one-outcome' })
    expect(logistic([1], [0])).toEqual({ kind: 'undetermined', reason: 'one-outcome' })
    expect(logistic([3, 3, 3], [0, 1, 1])).toEqual({ kind: 'undetermined', reason: 'one-value' })
  })

  test('of values near the ends of float64 equals that of ordinary ones', () => {
    const ordinary = fitted(logistic(ten, crossing))
    for (const scale of [2 ** 1020, 2 ** -1000]) {
      const scaled = fitted(
        logistic(
          ten.map((x) => x * scale),
          crossing,
        ),
      )
      expect([scaled.midpoint / scale, scaled.low / scale, scaled.likelihoodRatio]).toBeAllclose([
        ordinary.midpoint,
        ordinary.low,
        ordinary.likelihoodRatio,
      ])
    }
    const A = 1.7e308 // the difference of both values is beyond float64
    const wide = fitted(logistic([-A, -A, -A, -A, A, A, A, A], [0, 0, 0, 1, 0, 1, 1, 1], 0.5))
    expect(wide.midpoint / A).toBeAllclose(0, { absolute: 1e-15 })
    expect(wide.likelihoodRatio).toBeAllclose(16 * (0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)))
  })

  test('refuses values that are not finite, other outcomes and lengths that disagree', () => {
    expect(() => logistic([1, Number.NaN], [0, 1])).toThrow(Refusal)
    expect(() => logistic([1, 2], [0])).toThrow(Refusal)
    expect(() => logistic([1, 2], [0, 2])).toThrow(new Refusal('invalid-input', 'logistic: outcomes: expected 0 or 1, got 2 at index 1'))
    expect(() => logistic([1, 2], [0, 1], 1)).toThrow(Refusal)
  })
})

/** The greatest log-likelihood with midpoint m, by golden section over the slope: shares nothing with the code under test. */
function profile(x: readonly number[], y: readonly number[], m: number): number {
  const loss = (s: number) => Math.max(0, s) + Math.log1p(Math.exp(-Math.abs(s))) // log(1 + e^s)
  const at = (slope: number) => x.reduce((sum, value, i) => sum - loss((y[i] === 1 ? -1 : 1) * slope * (value - m)), 0)
  let [least, most] = [-30, 30]
  const golden = (Math.sqrt(5) - 1) / 2
  for (let pass = 0; pass < 60; pass++) {
    const [left, right] = [most - golden * (most - least), least + golden * (most - least)]
    if (at(left) > at(right)) most = right
    else least = left
  }
  return at((least + most) / 2)
}
