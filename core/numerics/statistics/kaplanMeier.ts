/**
 * How long until something happens, when some runs end before it does.
 *
 * A run that ended without the event is censored: it says "later than this". Leaving such runs out would make the event look early, taking
 * their ends as events as well.
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireLevel } from '#core/numerics/require.ts'
import { normalCritical } from './distributions.ts'

/** The time of the event, or that at which the run was last seen without it. */
export interface Duration {
  readonly time: number
  readonly isEvent: boolean
}

/** From this time on, until that of the next step. The interval is null where its variance does not exist, at survival 0. */
export interface SurvivalStep {
  readonly time: number
  readonly atRisk: number // runs seen just before this time
  readonly events: number
  readonly survival: number
  readonly standardError: number // Greenwood's; NaN at survival 0
  readonly low: number | null
  readonly high: number | null
}

/** Why there is no median: no runs at all, none with the event, or fewer than half of them by the end. */
export type MedianReason = 'no-runs' | 'all-censored' | 'survival-above-half'

/** A bound is null where the data do not reach it: there the interval is open on that side. */
export interface SurvivalMedian {
  readonly time: number | null
  readonly low: number | null
  readonly high: number | null
  readonly reason: MedianReason | null // null beside a time
}

export interface SurvivalCurve {
  readonly runs: number
  readonly events: number
  readonly censored: number
  readonly lastTime: number | null // of any run: the curve says nothing beyond
  readonly steps: readonly SurvivalStep[] // at the times of events, ascending
  readonly median: SurvivalMedian
}

/** `log-log` stays inside [0, 1] by itself; `greenwood` is survival ± z standard errors, cut to [0, 1]. */
export type SurvivalInterval = 'log-log' | 'greenwood'

/**
 * The Kaplan–Meier estimate of survival, with pointwise intervals and the median.
 *
 *   S(t) = Π_{t_k ≤ t} (1 − d_k / n_k),   d_k events at t_k among n_k runs at risk
 *   Greenwood: e² = S² σ²,  σ² = Σ_{t_k ≤ t} d_k / (n_k (n_k − d_k))
 *   interval: S ± z e, or log–log: S^exp(± z σ / ln S)
 *   median: the first t with S(t) ≤ ½; its interval (Brookmeyer and Crowley): from the first t with low(t) ≤ ½ up to the first with high(t) < ½
 *
 * Where S stays at exactly ½ for a while the median is the start of that while. A run censored at the time of an event counts as at risk there. Without censoring S(t) is the share of runs with a later event, and e² =
 * S(1 − S) / n. Stretching time stretches all times alike; the order of the runs has no meaning.
 *
 * @param durations  one for each run; times finite, ≥ 0, in one unit
 * @param options    level between 0 and 1; interval, by default log–log
 * @returns          S in [0, 1], falling; times in their unit
 * Accuracy: relative error of S at most 2 · steps · 2⁻⁵³; of the standard error about steps · 2⁻⁵².
 * Cost: n log n for sorting.
 * Fails: 'invalid-input' if a time is negative, NaN or ±∞, or the level is not between 0 and 1.
 * Source: Kaplan and Meier 1958; Greenwood 1926; log–log: Kalbfleisch and Prentice, "The statistical analysis of failure time data", 1980;
 *   Brookmeyer and Crowley, "A confidence interval for the median survival time", 1982.
 */
export function kaplanMeier(
  durations: readonly Duration[],
  { level = 0.95, interval = 'log-log' }: { readonly level?: number; readonly interval?: SurvivalInterval } = {},
): SurvivalCurve {
  requireLevel('kaplanMeier: level', level)
  for (const [index, { time }] of durations.entries()) {
    if (Number.isFinite(time) && time >= 0) continue
    throw new Refusal('invalid-input', `kaplanMeier: durations: expected finite times ≥ 0, got ${time} at index ${index}`)
  }
  const steps = stepsOf(durations, boundsOf(interval, normalCritical(level)))
  const events = steps.reduce((sum, step) => sum + step.events, 0)
  return {
    runs: durations.length,
    events,
    censored: durations.length - events,
    lastTime: durations.length === 0 ? null : durations.reduce((latest, { time }) => Math.max(latest, time), 0),
    steps,
    median: medianOf(steps, durations.length),
  }
}

/** Survival at a time: 1 before the first event. Beyond the last run's time it is the last known value, an upper bound and no estimate. */
export function survivalAt({ steps }: SurvivalCurve, time: number): number {
  return steps.findLast((step) => step.time <= time)?.survival ?? 1
}

type Bounds = (survival: number, relativeVariance: number) => { readonly low: number | null; readonly high: number | null }

function stepsOf(durations: readonly Duration[], bounds: Bounds): SurvivalStep[] {
  const steps: SurvivalStep[] = []
  let survival = 1
  let relativeVariance = 0
  let atRisk = durations.length
  for (const { time, events, ended } of timesOf(durations)) {
    if (events > 0) {
      survival *= (atRisk - events) / atRisk
      relativeVariance += events / (atRisk * (atRisk - events)) // ∞ when all that are left have the event
      const standardError = survival * Math.sqrt(relativeVariance) // 0 · ∞: NaN
      steps.push({ time, atRisk, events, survival, standardError, ...bounds(survival, relativeVariance) })
    }
    atRisk -= ended
  }
  return steps
}

/** The different times, ascending, with how many runs have the event there and how many end in all. */
function timesOf(durations: readonly Duration[]): { readonly time: number; readonly events: number; readonly ended: number }[] {
  const byTime = new Map<number, { time: number; events: number; ended: number }>()
  for (const { time, isEvent } of durations) {
    const entry = byTime.get(time) ?? { time, events: 0, ended: 0 }
    byTime.set(time, { time, events: entry.events + (isEvent ? 1 : 0), ended: entry.ended + 1 })
  }
  return [...byTime.values()].sort((a, b) => a.time - b.time)
}

function boundsOf(interval: SurvivalInterval, z: number): Bounds {
  return (survival, relativeVariance) => {
    if (survival === 0) return { low: null, high: null }
    const error = z * Math.sqrt(relativeVariance)
    switch (interval) {
      case 'greenwood':
        return { low: Math.max(0, survival - survival * error), high: Math.min(1, survival + survival * error) }
      case 'log-log': {
        const exponent = error / Math.log(survival) // < 0
        return { low: survival ** Math.exp(-exponent), high: survival ** Math.exp(exponent) }
      }
    }
  }
}

/** A bound of ½, as far as rounding tells: 2/3 · 3/4 may come out above it. */
const half = 0.5 * (1 + 1e-12)

function medianOf(steps: readonly SurvivalStep[], runs: number): SurvivalMedian {
  const time = steps.find(({ survival }) => survival <= half)?.time ?? null
  const low = steps.find((step) => step.low === null || step.low <= half)?.time ?? null // at survival 0 the bound is 0 at most
  const high = steps.find((step) => step.high !== null && step.high < 0.5)?.time ?? null
  if (time !== null) return { time, low, high, reason: null }
  return { time, low, high, reason: runs === 0 ? 'no-runs' : steps.length === 0 ? 'all-censored' : 'survival-above-half' }
}
