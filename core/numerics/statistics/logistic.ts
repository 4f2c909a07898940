/**
 * Where a 0/1 outcome turns over as one variable grows: the level with even odds, such as the weight decay from which on runs collapse.
 *
 * Not a general regression: one variable, and the midpoint is what is asked for. Where the data leave the slope without an end (separation) or the
 * midpoint without a place (no trend), the answer says so instead of giving a number.
 */
import { Refusal } from '#core/contract/errors.ts'
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { requireFinite, requireLength, requireLevel } from '#core/numerics/require.ts'
import { normalCritical } from './distributions.ts'
import { mean, standardDeviation } from './moments.ts'
import type { Sample } from './moments.ts'

/** What is found; `rising` says that the outcome 1 goes with larger values. */
export type LogisticResult =
  | {
      readonly kind: 'fitted'
      readonly midpoint: number
      readonly low: number
      readonly high: number
      readonly intercept: number
      readonly slope: number
      readonly rising: boolean
      readonly logLikelihood: number
      readonly likelihoodRatio: number // 2(log-likelihood − that without a slope)
    }
  /** One level divides the outcomes: any midpoint from low, the last value with one, to high, the first with the other, fits perfectly. */
  | { readonly kind: 'separated'; readonly low: number; readonly high: number; readonly rising: boolean }
  /** The slope cannot be told from 0 at this level, so that the midpoint may be anywhere. */
  | { readonly kind: 'flat'; readonly slope: number; readonly likelihoodRatio: number }
  | { readonly kind: 'undetermined'; readonly reason: 'no-runs' | 'one-outcome' | 'one-value' }

/**
 * Logistic regression of a 0/1 outcome on one variable, and its midpoint.
 *
 *   P(y = 1 | x) = 1 / (1 + e^{−(a + bx)}),   a, b of greatest likelihood L;   midpoint γ* = −a / b, where P = ½
 *   interval: all m with 2(L(a, b) − max_{b'} L(−b'm, b')) ≤ z²,   z the (1 + level) / 2 quantile of the standard normal distribution
 *
 * The interval is that of the profile likelihood. It is not symmetric about γ*, it is bounded exactly when the slope differs from 0 at this level (that is the
 * same inequality at m = ±∞), and unlike Wald's it does not fail when the outcomes are nearly separated. A shift or a stretch of x acts on γ* and its interval
 * alike; exchanging 0 and 1 leaves them. For a threshold over decades give log γ.
 *
 * @param x         [n], float64, finite
 * @param outcomes  [n], 0 or 1
 * @param level     between 0 and 1
 * @returns         low < midpoint < high in the unit of x
 * Accuracy: midpoint and bounds to 1e-10 of the spread of x, and 2⁻⁵² · |mean of x|, when the data are far from separated or flat; a log-likelihood has absolute
 *   error n · 2⁻⁵².
 * Cost: some 10 passes for the fit and up to 1500 for the interval.
 * Fails: 'invalid-input' if the lengths differ, a value is NaN or ±∞, an outcome is neither 0 nor 1, the level is not between 0 and 1, or the values are too close
 *   to being separated for float64 to find the slope.
 * Source: Cox 1958; separation: Albert and Anderson 1984; the interval: Williams, "Interval estimation of the median lethal dose", 1986.
 */
export function logistic(x: Sample, outcomes: readonly number[], level = 0.95): LogisticResult {
  requireFinite('logistic: x', x)
  requireLength('logistic: outcomes', outcomes, x.length)
  requireLevel('logistic: level', level)
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome === 0 || outcome === 1) continue
    throw new Refusal('invalid-input', `logistic: outcomes: expected 0 or 1, got ${outcome} at index ${index}`)
  }
  const early = withoutFit(Float64Array.from(x), outcomes)
  if (early !== null) return early
  const unit = powerOfTwoScale(maxAbs(Float64Array.from(x))) // some value is not 0; keeps deviations of 1e308 finite
  const inUnits = Float64Array.from(x, (value) => value / unit)
  const centre = mean(inUnits)
  const spread = standardDeviation(inUnits)
  const data: Points = { t: inUnits.map((value) => (value - centre) / spread), outcomes }
  const best = fit(data)
  const likelihoodRatio = Math.max(0, 2 * (best.logLikelihood - logLikelihoodWithoutSlope(outcomes)))
  const limit = normalCritical(level) ** 2
  if (likelihoodRatio <= limit) return { kind: 'flat', slope: best.b / spread / unit, likelihoodRatio }
  const { low, high } = profileInterval(data, best, limit)
  const levelOf = (m: number) => unit * (centre + spread * m)
  return {
    kind: 'fitted',
    midpoint: levelOf(-best.a / best.b),
    low: levelOf(low),
    high: levelOf(high),
    intercept: best.a - (best.b / spread) * centre,
    slope: best.b / spread / unit,
    rising: best.b > 0,
    logLikelihood: best.logLikelihood,
    likelihoodRatio,
  }
}

type Points = { readonly t: Float64Array; readonly outcomes: readonly number[] }
type Fit = { readonly a: number; readonly b: number; readonly logLikelihood: number }

/** The answers that need no fit, and have none. */
function withoutFit(x: Float64Array, outcomes: readonly number[]): LogisticResult | null {
  if (x.length === 0) return { kind: 'undetermined', reason: 'no-runs' }
  const zeros = rangeOf(x.filter((_, i) => outcomes[i] === 0))
  const ones = rangeOf(x.filter((_, i) => outcomes[i] === 1))
  if (zeros === null || ones === null) return { kind: 'undetermined', reason: 'one-outcome' }
  if (Math.min(zeros.least, ones.least) === Math.max(zeros.most, ones.most)) return { kind: 'undetermined', reason: 'one-value' }
  // With ≤ the case of both outcomes at the dividing value itself is one, too: the slope has no end there either.
  if (zeros.most <= ones.least) return { kind: 'separated', low: zeros.most, high: ones.least, rising: true }
  if (ones.most <= zeros.least) return { kind: 'separated', low: ones.most, high: zeros.least, rising: false }
  return null
}

function rangeOf(x: Float64Array): { readonly least: number; readonly most: number } | null {
  if (x.length === 0) return null
  return { least: x.reduce((a, b) => Math.min(a, b)), most: x.reduce((a, b) => Math.max(a, b)) }
}

/** log P of all outcomes; log(1 + e^s) is taken so that neither end overflows. */
function logLikelihood({ t, outcomes }: Points, a: number, b: number): number {
  let sum = 0
  for (const [i, value] of t.entries()) {
    const towards = outcomes[i] === 1 ? a + b * value : -(a + b * value)
    sum -= Math.max(0, -towards) + Math.log1p(Math.exp(-Math.abs(towards)))
  }
  return sum
}

function logLikelihoodWithoutSlope(outcomes: readonly number[]): number {
  const ones = outcomes.reduce((sum, outcome) => sum + outcome, 0)
  const share = ones / outcomes.length
  return ones * Math.log(share) + (outcomes.length - ones) * Math.log1p(-share)
}

/** First derivatives and the information (the negative of the second) of the log-likelihood at (a, b). */
function slopes({ t, outcomes }: Points, a: number, b: number) {
  let [da, db, aa, ab, bb] = [0, 0, 0, 0, 0]
  for (const [i, value] of t.entries()) {
    const odds = Math.exp(-Math.abs(a + b * value))
    const near = 1 / (1 + odds) // P of the outcome on whose side the point is
    const far = odds / (1 + odds)
    const isAbove = a + b * value >= 0
    const residual = outcomes[i] === 1 ? (isAbove ? far : near) : isAbove ? -near : -far // y − P(1), without cancellation
    const weight = near * far
    da += residual
    db += residual * value
    aa += weight
    ab += weight * value
    bb += weight * value * value
  }
  return { da, db, aa, ab, bb }
}

/** Newton's method with halved steps, on a concave function that has a maximum: the data are not separated. */
function fit(data: Points): Fit {
  let now: Fit = { a: 0, b: 0, logLikelihood: logLikelihood(data, 0, 0) }
  for (let pass = 0; pass < 200; pass++) {
    const { da, db, aa, ab, bb } = slopes(data, now.a, now.b)
    const determinant = aa * bb - ab * ab
    const step = { a: (bb * da - ab * db) / determinant, b: (aa * db - ab * da) / determinant }
    const gain = da * step.a + db * step.b // twice what the step promises
    if (!Number.isFinite(gain)) break // no information is left: all points are far from the midpoint
    // Below 1e-10 rounding of the likelihood could forbid a good step; there Newton's method squares the error by itself, and after 1e-20 nothing is left.
    const next = gain > 1e-10 ? climb(data, now, step) : stepped(data, now, step)
    if (next === null) break
    if (gain <= 1e-20) return next
    now = next
  }
  throw new Refusal(
    'invalid-input',
    'logistic: x: expected outcomes that overlap by more than rounding, got values too close to being separated',
  )
}

/** The first of the step, its half, its quarter … that does not go down; null if none does. */
function climb(data: Points, from: Fit, step: { readonly a: number; readonly b: number }): Fit | null {
  for (let share = 1; share > 1e-9; share /= 2) {
    const reached = stepped(data, from, { a: share * step.a, b: share * step.b })
    if (reached.logLikelihood >= from.logLikelihood * (1 + 1e-13)) return reached // log-likelihoods are negative, and round
  }
  return null
}

function stepped(data: Points, from: Fit, step: { readonly a: number; readonly b: number }): Fit {
  const [a, b] = [from.a + step.a, from.b + step.b]
  return { a, b, logLikelihood: logLikelihood(data, a, b) }
}

/**
 * The midpoints that the data do not exclude. A midpoint m is the ray (a, b) = s(−m, 1)/√(1 + m²), s of the slope's sign, so an angle φ in (0, π) with m = −cot φ;
 * the points (a, b) within the limit are convex and do not touch b = 0, so the angles that meet them are one interval around the estimate's.
 */
function profileInterval(data: Points, best: Fit, limit: number): { readonly low: number; readonly high: number } {
  const sign = Math.sign(best.b)
  const centre = Math.atan2(Math.abs(best.b), sign * best.a)
  const isInside = (angle: number) => {
    const along: Points = { ...data, t: data.t.map((value) => sign * (Math.cos(angle) + Math.sin(angle) * value)) }
    return 2 * (best.logLikelihood - maximumAlong(along)) <= limit
  }
  const [first, last] = [edge(isInside, centre, 0), edge(isInside, centre, Math.PI)]
  return { low: -Math.cos(first) / Math.sin(first), high: -Math.cos(last) / Math.sin(last) }
}

/** The boundary between an angle inside and one outside, by bisection down to what float64 can tell apart. */
function edge(isInside: (angle: number) => boolean, inside: number, outside: number): number {
  let [near, far] = [inside, outside]
  for (;;) {
    const middle = near + (far - near) / 2
    if (middle === near || middle === far) return near
    if (isInside(middle)) near = middle
    else far = middle
  }
}

/** The greatest log-likelihood on the ray P = 1 / (1 + e^{−st}), s ≥ 0: where its derivative, which falls with s, crosses 0. */
function maximumAlong(data: Points): number {
  const isClimbing = (s: number) => slopes(data, 0, s).db > 0
  if (!isClimbing(0)) return logLikelihood(data, 0, 0)
  let most = 1
  while (isClimbing(most) && most < 1e150) most *= 2
  let least = most > 1 ? most / 2 : 0
  let s = (least + most) / 2
  for (let pass = 0; pass < 100; pass++) {
    const { db, bb } = slopes(data, 0, s)
    if (db > 0) least = s
    else most = s
    const step = db / bb
    const newton = s + step
    const next = newton > least && newton < most ? newton : (least + most) / 2
    if (Math.abs(next - s) <= 1e-10 * s) return logLikelihood(data, 0, next) // the likelihood is flat here: its error is the square of this
    s = next
  }
  return logLikelihood(data, 0, s)
}
