/**
 * The levels of one factor held against a baseline on one metric. It decides nothing about what is plotted or said: it makes the numbers that
 * page, report and command line share. Which runs belong to a level is the caller's knowledge.
 */
import type { ComparedLevel, Comparison, ComparisonTest, Difference } from '#core/contract/comparison.ts'
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { split } from '#core/numerics/random/key.ts'
import type { Key } from '#core/numerics/random/key.ts'
import { requireLevel } from '#core/numerics/require.ts'
import { hedgesG } from '#core/numerics/statistics/hedgesG.ts'
import { holm } from '#core/numerics/statistics/holm.ts'
import { mean, standardDeviation } from '#core/numerics/statistics/moments.ts'
import { permutationTest } from '#core/numerics/statistics/permutationTest.ts'
import { seedsNeeded } from '#core/numerics/statistics/seedsNeeded.ts'
import { tInterval } from '#core/numerics/statistics/tInterval.ts'
import { welch } from '#core/numerics/statistics/welch.ts'

/** One level of the factor with the metric's value of each of its runs; null or NaN for a run that has none, as a diverged one. */
export interface LevelRuns {
  readonly label: string
  readonly value: Json
  readonly runs: readonly { readonly run: string; readonly value: number | null; readonly isStopped?: boolean }[] // stopped by a gate
}

export interface LevelsQuestion {
  readonly factor: string
  readonly metric: string
  readonly baseline?: string | undefined
  readonly test?: ComparisonTest | undefined
  readonly confidence?: number | undefined
  readonly where?: Readonly<Record<string, string>> | undefined // other factors held, said again in the answer
  readonly pooled?: readonly string[] | undefined // other factors that vary among the runs, which are then no replicates
  readonly levels: readonly LevelRuns[]
  readonly key: Key
}

type Measured = Omit<ComparedLevel, 'difference'>
interface Setting {
  readonly test: ComparisonTest
  readonly confidence: number
  readonly key: Key
  readonly isPooled: boolean
}

/**
 * Compares every level of a factor with one of them.
 *
 *   each level: n, mean, s (of n − 1), t interval;  each but the baseline: level − baseline with Welch's interval, p of the chosen test,
 *   Hedges' g, and p adjusted by Holm over the levels that have a p
 *
 * Only finite values enter; runs without a value are counted as diverged, those with ±∞ by themselves, and a level whose runs diverge selectively has a mean of the survivors.
 * A run that a gate stopped enters with its value of that step, and is counted.
 * n < 2 gives no interval and no test but `need`; runs that differ in other factors too give neither, since they are no replicates. Runs are taken as independent: pairing by seed is not used.
 * A level's permutations come from the key and its label, so that another level changes no p, only the adjusted ones.
 *
 * @param question  baseline: a level's label, the first level unless given; test: 'welch' unless given; confidence: 0.95 unless given;
 *                  levels: at least one, labels different; key: used by the permutation test only
 * @returns         levels in the given order; every number finite, null where there is none (also where it is beyond 1.8e308)
 * Fails: 'invalid-input' if there is no level, labels repeat, the baseline is unknown, or confidence is not between 0 and 1.
 * Source: the files of numerics/statistics.
 */
export function compareLevels(question: LevelsQuestion): Comparison {
  const { factor, metric, test = 'welch', confidence = 0.95, levels, key, where = {}, pooled = [] } = question
  requireLevel('compareLevels: confidence', confidence)
  requireDifferentLabels(levels)
  const alone = levels.map((level) => measure(level, confidence))
  const measured = pooled.length === 0 ? alone : alone.map((level) => ({ ...level, interval: null }))
  const baseline = baselineOf(measured, question.baseline)
  const differences = measured.map((level) =>
    level === baseline ? null : differenceTo(baseline, level, { test, confidence, key, isPooled: pooled.length > 0 }),
  )
  const adjusted = holm(differences.map((difference) => difference?.p ?? null))
  return {
    factor,
    metric,
    baseline: baseline.label,
    test,
    confidence,
    where: { ...where },
    pooled: [...pooled],
    levels: measured.map((level, i) => {
      const difference = differences[i] ?? null
      return { ...level, difference: difference === null ? null : { ...difference, pAdjusted: adjusted[i] ?? null } }
    }),
  }
}

/** One level by itself. */
function measure({ label, value, runs }: LevelRuns, confidence: number): Measured {
  assert(new Set(runs.map(({ run }) => run)).size === runs.length, `a run stands twice in the level ${label}`)
  const values = runs.flatMap(({ run, value }) => (value !== null && Number.isFinite(value) ? [{ run, value }] : []))
  const sample = values.map(({ value }) => value)
  const interval = tInterval(sample, confidence)
  const seeds = seedsNeeded({ have: sample.length, level: confidence })
  return {
    label,
    value,
    n: sample.length,
    diverged: runs.filter(({ value }) => value === null || Number.isNaN(value)).length,
    infinite: runs.filter(({ value }) => value === Infinity || value === -Infinity).length,
    stopped: runs.filter(({ value, isStopped = false }) => isStopped && value !== null && Number.isFinite(value)).length,
    values,
    mean: finiteOrNull(mean(sample)),
    standardDeviation: finiteOrNull(standardDeviation(sample)),
    interval: interval !== null && isFiniteRecord(interval) ? interval : null,
    need: seeds.more > 0 ? { seeds: seeds.total } : null,
  }
}

/** Level minus baseline, p not adjusted yet; null where a side has no value. */
function differenceTo(baseline: Measured, level: Measured, { test, confidence, key, isPooled }: Setting): Difference | null {
  const a = level.values.map(({ value }) => value)
  const b = baseline.values.map(({ value }) => value)
  const value = mean(a) - mean(b)
  if (!Number.isFinite(value)) return null
  const bare = { value, low: null, high: null, p: null, pAdjusted: null, effect: null }
  if (isPooled) return bare
  const isRounding = isWithoutSpread(a) && isWithoutSpread(b)
  const interval = isRounding ? null : welch(a, b, confidence)
  const effect = isRounding ? null : hedgesG(a, b, confidence)
  const common = {
    ...bare,
    low: finiteOrNull(interval?.low),
    high: finiteOrNull(interval?.high),
    effect: effect !== null && isFiniteRecord(effect) ? effect : null,
  }
  switch (test) {
    case 'welch':
      return { ...common, p: finiteOrNull(interval?.p) }
    case 'permutation': {
      const result = permutationTest(a, b, split(key, `permutations of ${level.label}`))
      return result === null ? { ...common, p: null } : { ...common, ...result }
    }
    default:
      return test satisfies never
  }
}

/**
 * Whether runs differ by no more than float32 can tell: their standard deviation is below 2⁻²³ of the largest value. Seeds that train to one
 * optimum leave nothing but rounding: Welch's test and an effect size in units of rounding are significant for any difference at all.
 */
function isWithoutSpread(values: readonly number[]): boolean {
  return values.length < 2 || standardDeviation(values) <= 2 ** -23 * Math.max(...values.map(Math.abs))
}

function baselineOf(levels: readonly Measured[], label: string | undefined): Measured {
  const found = label === undefined ? levels[0] : levels.find((level) => level.label === label)
  if (found !== undefined) return found
  if (label === undefined) throw new Refusal('invalid-input', 'compareLevels: levels: expected at least one level, got none')
  const known = levels.map((level) => quote(level.label)).join(', ')
  throw new Refusal('invalid-input', `baseline: expected one of the levels ${known || '(none)'}, got ${quote(label)}`)
}

function requireDifferentLabels(levels: readonly LevelRuns[]): void {
  const seen = new Set<string>()
  for (const { label } of levels) {
    if (seen.has(label)) throw new Refusal('invalid-input', `compareLevels: levels: expected different labels, got ${quote(label)} twice`)
    seen.add(label)
  }
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null
}

function isFiniteRecord(record: Readonly<Record<string, number>>): boolean {
  return Object.values(record).every(Number.isFinite)
}
