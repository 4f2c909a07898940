/**
 * The verdict of a study: for each of its gates, how many of the runs that it speaks about pass, or whether what they have in common does.
 *
 * Only finished runs count. One without a finite value, because it diverged, does not pass; a mean or median is of the finite values, and of all runs or none:
 * it has no value, and does not pass, if one has none.
 */
import type { Run } from '#core/contract/runs.ts'
import type { VerdictPart } from '#core/contract/studies.ts'
import { asJson, type Words } from '#core/contract/values.ts'
import { mean, median } from '#core/numerics/statistics/moments.ts'
import { tInterval } from '#core/numerics/statistics/tInterval.ts'
import { wilson } from '#core/numerics/statistics/wilson.ts'
import type { Gate } from './gates.ts'
import { labelOf } from './labels.ts'
import { matches, speaksAbout } from './study.ts'

/** The value of a finished run for a gate; NaN where it has none. */
export type GateValue = (gate: Gate, run: Run) => number

/** The theory for a run: of how it ends, or of its mean over the last half; null where there is none. */
export type Theory = { readonly title: Words; readonly value: number }
export type GateTheory = (gate: Gate, run: Run) => Theory | null

type Sources = { readonly valueOf: GateValue; readonly theoryOf: GateTheory }

export function verdictOf(gates: readonly Gate[], runs: readonly Run[], { valueOf, theoryOf }: Sources): VerdictPart[] {
  return gates.map((gate) => {
    const subject = runs.filter(({ levels }) => speaksAbout(gate.where, levels))
    const finished = subject.filter(({ state }) => state === 'finished')
    const measured = finished.map((run) => ({ id: run.id, value: relative(gate, run, { runs, valueOf }) }))
    const values = measured.map(({ value }) => value)
    const statistic = gate.of === 'each' ? null : statisticOf(gate, values)
    const isWhole = finished.length === subject.length && subject.length > 0
    const worst = worstOf(measured, gate)
    const theories = subject.map((run) => theoryOf(gate, run))
    return {
      metric: gate.metric,
      ...ruleOf(gate),
      of: gate.of,
      over: asJson(gate.over),
      relativeTo: Object.entries(gate.relativeTo ?? {}).map(([factor, value]) => ({ factor, label: labelOf(value) })),
      where: Object.entries(gate.where).map(([factor, value]) => ({ factor, label: labelOf(value) })),
      theory: common(theories.map((theory) => theory?.title ?? null)),
      predicted: predictedMean(gate, theories),
      reason: gate.reason ?? null,
      passed: statistic === null ? values.filter((value) => passes(gate, value)).length : isWhole && passes(gate, statistic.value) ? 1 : 0,
      total: statistic === null ? values.length : isWhole ? 1 : 0,
      runs: values.length,
      value: statistic === null || Number.isNaN(statistic.value) ? null : statistic.value,
      interval: statistic?.interval ?? null,
      ...endsOf(values),
      worst: worst?.value ?? null,
      worstRun: worst?.id ?? null,
    }
  })
}

function ruleOf({ atMost, atLeast }: Gate): Pick<VerdictPart, 'rule' | 'limit' | 'upper'> {
  if (atMost !== undefined && atLeast !== undefined) return { rule: 'within', limit: atLeast, upper: atMost }
  return atMost === undefined
    ? { rule: 'at-least', limit: atLeast ?? Number.NaN, upper: null }
    : { rule: 'at-most', limit: atMost, upper: null }
}

function passes({ atMost = Infinity, atLeast = -Infinity }: Gate, value: number): boolean {
  return value <= atMost && value >= atLeast // false for NaN
}

/** A run's value, less that of its baseline where the gate names one. */
function relative(gate: Gate, run: Run, { runs, valueOf }: { runs: readonly Run[]; valueOf: GateValue }): number {
  const value = valueOf(gate, run)
  const { relativeTo } = gate
  if (relativeTo === undefined) return value
  const baseline = runs.find(
    (other) =>
      other.replicate === run.replicate &&
      other.state === 'finished' &&
      other.levels.every(({ factor, label, value: level }) =>
        Object.hasOwn(relativeTo, factor)
          ? matches(level, relativeTo[factor] ?? null)
          : run.levels.some((own) => own.factor === factor && own.label === label),
      ),
  )
  return baseline === undefined ? Number.NaN : value - valueOf(gate, baseline)
}

/** The statistic of values with its 95 % interval: Wilson's for shares of 0 and 1, Student's for other means; none for a median. */
function statisticOf({ of }: Gate, values: readonly number[]): Pick<VerdictPart, 'interval'> & { readonly value: number } {
  if (values.some((value) => !Number.isFinite(value)) || values.length === 0) return { value: Number.NaN, interval: null }
  if (of === 'median') return { value: median(values), interval: null }
  const isShare = values.every((value) => value === 0 || value === 1)
  const share = isShare ? wilson(values.filter((value) => value === 1).length, values.length) : null
  const interval = share ?? tInterval(values, 0.95)
  return { value: mean(values), interval: interval === null ? null : { low: interval.low, high: interval.high } }
}

/** What theory says of a mean over the last half, which is a mean over replicates too; null for any other gate, and where it says nothing of a run. */
function predictedMean({ of, over, relativeTo }: Gate, theories: readonly (Theory | null)[]): number | null {
  if (of !== 'mean' || over !== 'last-half' || relativeTo !== undefined || theories.length === 0) return null
  const predicted = mean(theories.map((theory) => theory?.value ?? Number.NaN))
  return Number.isFinite(predicted) ? predicted : null
}

/** The one title that all have; null where they differ. */
function common(titles: readonly (Words | null)[]): Words | null {
  const [first = null] = titles
  return titles.every((title) => title?.en === first?.en) ? first : null
}

function endsOf(values: readonly number[]): Pick<VerdictPart, 'least' | 'most'> {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.length === 0 ? { least: null, most: null } : { least: Math.min(...known), most: Math.max(...known) }
}

/** The run that is furthest on the wrong side, or nearest to it; one without a value before any other. */
function worstOf(measured: readonly { readonly id: string; readonly value: number }[], { atMost = Infinity, atLeast = -Infinity }: Gate) {
  const excess = (value: number) => (Number.isNaN(value) ? Infinity : Math.max(value - atMost, atLeast - value))
  return measured.reduce<{ id: string; value: number } | null>(
    (so, one) => (so === null || excess(one.value) > excess(so.value) ? one : so),
    null,
  )
}
