/**
 * The levels of one factor by how long their runs take until something happens. Which runs belong to a level, and when each had the event or was
 * last seen without it, is the caller's knowledge.
 */
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import type { LevelSurvival, Survival } from '#core/contract/survival.ts'
import type { Json } from '#core/contract/values.ts'
import { requireLevel } from '#core/numerics/require.ts'
import { holm } from '#core/numerics/statistics/holm.ts'
import { kaplanMeier, type Duration, type SurvivalCurve } from '#core/numerics/statistics/kaplanMeier.ts'
import { logRank } from '#core/numerics/statistics/logRank.ts'
import { horizonOf, restrictedMean } from '#core/numerics/statistics/restrictedMean.ts'

/** How what is known of a run ends: with the event, which may be there from the first record on, or without it. */
export type RunEnd = 'event' | 'eventAtStart' | keyof LevelSurvival['censored']

/** One level of the factor with the time of each of its runs, in steps from `after`. */
export interface LevelDurations {
  readonly label: string
  readonly value: Json
  readonly after: number
  readonly unseen: number // runs without a record
  readonly runs: readonly { readonly run: string; readonly time: number; readonly end: RunEnd }[]
}

export interface SurvivalQuestion {
  readonly factor: string
  readonly metric: string
  readonly rule: Survival['rule']
  readonly limit: number
  readonly baseline?: string | undefined
  readonly confidence?: number | undefined
  readonly resolution: number | null
  readonly where?: Readonly<Record<string, string>> | undefined
  readonly pooled?: readonly string[] | undefined
  readonly levels: readonly LevelDurations[]
}

type Measured = { readonly level: LevelDurations; readonly durations: readonly Duration[]; readonly curve: SurvivalCurve }

const fewestRuns = 2 // that show a spread

/**
 * Compares the levels of a factor by the time until an event.
 *
 *   each level: Kaplan–Meier with log–log intervals, the median with Brookmeyer and Crowley's, the restricted mean up to a common horizon τ
 *   all levels: log-rank; each but the baseline: log-rank against it, p adjusted by Holm over the levels that have a p
 *   τ = the least time up to which a level is known, a level without a run left being known for ever; if all are, the last time of any
 *
 * A run that diverged, was stopped or did not finish is censored at its last record. That takes it to be like the runs that went on: where
 * diverging and the event have to do with each other, the curve is of the runs that did not diverge. A run past the value at its first record has the
 * event there, at time 0 where the count starts at a record. Runs that differ in other factors too are no replicates: no interval, no test. Two levels in each of which all runs end alike
 * (at one time, with the event or without) have no test: their seeds show no spread, and may be copies of one run. A level whose runs all have the event
 * at one time has no interval for the same reason.
 *
 * @param question  baseline: a level's label, the first level unless given; confidence: 0.95 unless given; levels: at least one, labels different
 * @returns         levels in the given order; every number finite, null where there is none
 * Fails: 'invalid-input' if there is no level, labels repeat, the baseline is unknown, confidence is not between 0 and 1, or a time is negative or not finite.
 * Source: the files of numerics/statistics.
 */
export function compareSurvival(question: SurvivalQuestion): Survival {
  const { factor, metric, rule, limit, confidence = 0.95, resolution, where = {}, pooled = [], levels } = question
  requireLevel('compareSurvival: confidence', confidence)
  requireDifferentLabels(levels)
  const measured = levels.map((level) => measure(level, confidence))
  const baseline = baselineOf(measured, question.baseline)
  const areReplicates = pooled.length === 0
  const horizon = commonHorizon(measured)
  const tests = measured.map((one) => (one === baseline || !areReplicates ? null : testOf([baseline, one])))
  const adjusted = holm(tests.map((test) => test?.p ?? null))
  const overall = areReplicates ? testOf(measured.filter(({ durations }) => durations.length >= fewestRuns)) : null
  return {
    factor,
    metric,
    rule,
    limit,
    baseline: baseline.level.label,
    confidence,
    interval: 'log-log',
    resolution,
    horizon,
    where: { ...where },
    pooled: [...pooled],
    test: overall === null ? null : { chiSquare: overall.chiSquare, degrees: overall.degrees, p: overall.p },
    levels: measured.map((one, i): LevelSurvival => {
      const [test, pAdjusted] = [tests[i] ?? null, adjusted[i] ?? null]
      return {
        ...countsOf(one.level),
        ...estimatesOf(one, { confidence, horizon, hasIntervals: areReplicates && hasSpread(one.durations) }),
        test: test === null || pAdjusted === null ? null : { chiSquare: test.chiSquare, p: test.p, pAdjusted },
        need: one.durations.length < fewestRuns ? { seeds: fewestRuns } : null,
      }
    }),
  }
}

function measure(level: LevelDurations, confidence: number): Measured {
  assert(new Set(level.runs.map(({ run }) => run)).size === level.runs.length, `a run stands twice in the level ${level.label}`)
  const durations = level.runs.map(({ time, end }) => ({ time, isEvent: isEvent(end) }))
  return { level, durations, curve: kaplanMeier(durations, { level: confidence }) }
}

function isEvent(end: RunEnd): boolean {
  return end === 'event' || end === 'eventAtStart'
}

function countsOf({ label, value, after, unseen, runs }: LevelDurations) {
  const ended = (wanted: RunEnd) => runs.filter(({ end }) => end === wanted).length
  const times = new Map<number, number>()
  for (const { time, end } of runs) if (!isEvent(end)) times.set(time, (times.get(time) ?? 0) + 1)
  return {
    label,
    value,
    after,
    n: runs.length,
    events: ended('event') + ended('eventAtStart'),
    atStart: ended('eventAtStart'),
    censored: { lastStep: ended('lastStep'), stopped: ended('stopped'), diverged: ended('diverged'), unfinished: ended('unfinished') },
    unseen,
    censorings: [...times].map(([time, count]) => ({ time, count })).sort((a, b) => a.time - b.time),
  }
}

function estimatesOf(
  { curve }: Measured,
  { confidence, horizon, hasIntervals }: { confidence: number; horizon: number | null; hasIntervals: boolean },
) {
  const kept = (bound: number | null) => (hasIntervals ? bound : null)
  const mean = curve.runs === 0 || horizon === null ? null : restrictedMean(curve, { until: horizon, level: confidence })
  return {
    curve: curve.steps.map(({ time, atRisk, events, survival, low, high }) => {
      return { time, atRisk, events, survival, low: kept(low), high: kept(high) }
    }),
    lastTime: curve.lastTime,
    median: { time: curve.median.time, low: kept(curve.median.low), high: kept(curve.median.high) },
    restrictedMean:
      mean === null ? null : { value: mean.value, low: kept(mean.interval?.low ?? null), high: kept(mean.interval?.high ?? null) },
  }
}

/** Up to where every level with a run is known; null without a run. */
function commonHorizon(measured: readonly Measured[]): number | null {
  const curves = measured.map(({ curve }) => curve).filter(({ runs }) => runs > 0)
  if (curves.length === 0) return null
  const least = Math.min(...curves.map(horizonOf))
  return least === Infinity ? Math.max(...curves.map(({ lastTime }) => lastTime ?? 0)) : least
}

/** Log-rank, where at least two levels have the runs for it and seeds show a spread in one of them. */
function testOf(levels: readonly Measured[]): ReturnType<typeof logRank> {
  if (levels.length < 2 || levels.some(({ durations }) => durations.length < fewestRuns)) return null
  if (levels.every(({ durations }) => endAlike(durations))) return null
  return logRank(levels.map(({ durations }) => durations))
}

/** One run says nothing of others, nor do seeds that all have the event at one time: they may be copies of one run. */
function hasSpread(durations: readonly Duration[]): boolean {
  return durations.length >= fewestRuns && !(endAlike(durations) && durations[0]?.isEvent === true)
}

function endAlike(durations: readonly Duration[]): boolean {
  const [first] = durations
  return durations.every(({ time, isEvent }) => time === first?.time && isEvent === first.isEvent)
}

function baselineOf(levels: readonly Measured[], label: string | undefined): Measured {
  const found = label === undefined ? levels[0] : levels.find(({ level }) => level.label === label)
  if (found !== undefined) return found
  if (label === undefined) throw new Refusal('invalid-input', 'compareSurvival: levels: expected at least one level, got none')
  const known = levels.map(({ level }) => quote(level.label)).join(', ')
  throw new Refusal('invalid-input', `baseline: expected one of the levels ${known || '(none)'}, got ${quote(label)}`)
}

function requireDifferentLabels(levels: readonly LevelDurations[]): void {
  const seen = new Set<string>()
  for (const { label } of levels) {
    if (seen.has(label)) throw new Refusal('invalid-input', `compareSurvival: levels: expected different labels, got ${quote(label)} twice`)
    seen.add(label)
  }
}
