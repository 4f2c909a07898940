/** From what the workbench sends, series by stack and runs with their levels, to what the curves chart draws: groups of one level each. */
import type { Factor, Prediction, Run, Series, Study } from '#core/contract/index.ts'
import type { ChartMetric } from '#core/presentation/charts/chart.ts'
import type { CurveGroup, CurvesData, Line } from '#core/presentation/charts/curves.ts'

/** A factor held at one of its levels. */
export type HeldLevel = { readonly factor: string; readonly label: string }

export type CurvesSource = {
  readonly study: Study
  readonly metric: string
  readonly factor: string | null // the path of the factor that colours
  readonly level: string | null // show this level's runs only
  readonly only: HeldLevel | null // of another factor, this level's runs only
  readonly series: Series
  readonly runs: ReadonlyMap<string, Run>
  readonly predictions: readonly Prediction[]
  readonly logSteps: boolean
}

/** The factor that a chart goes along until the reader chooses: the first ordered one, whose levels are a scale. */
export function mainFactor(study: Study): string {
  return (study.factors.find(({ ordered }) => ordered) ?? study.factors[0])?.path ?? ''
}

/** The factors beside the colouring one whose levels a mean must not mix. */
export function otherFactors(study: Study, factor: string | null): readonly Factor[] {
  return study.factors.filter(({ path, levels }) => path !== factor && levels.length > 1)
}

/** More dashed lines than this say nothing; one level chosen, they are few again. */
export const mostPredictions = 12

/** The label of a run's level of a factor; '' where the run has none, or no factor is asked for. */
export function levelLabel(run: Run | undefined, factor: string | null): string {
  return run?.levels.find((level) => level.factor === factor)?.label ?? ''
}

/** A metric as charts write it: what is dimensionless has no unit. */
export function chartMetric(study: Study, name: string): ChartMetric {
  const metric = study.metrics.find((known) => known.name === name)
  if (metric === undefined) return { title: { en: name, ja: name }, unit: '', scale: 'linear' }
  return { ...metric, unit: metric.unit === '1' ? '' : metric.unit }
}

export function curvesData(source: CurvesSource): CurvesData {
  const { study, series, factor } = source
  const groups = groupsOf(source)
  return {
    metric: chartMetric(study, source.metric),
    factor: study.factors.find(({ path }) => path === factor) ?? null,
    groups,
    predictions: predictionsOf(source),
    shown: series.shown,
    total: series.total,
    n: groups.reduce((sum, { lines }) => sum + lines.length, 0),
    logSteps: source.logSteps,
  }
}

/** True when theory has values for what is shown, but too many different ones to draw. */
export function hasTooManyPredictions(source: CurvesSource): boolean {
  return distinct(source).length > mostPredictions
}

/** Every level keeps its place, and with it its colour, when only one level's runs are shown. */
function groupsOf(source: CurvesSource): readonly CurveGroup[] {
  const { study, factor, level } = source
  const isMixed = otherFactors(study, factor).some(({ path }) => path !== source.only?.factor)
  const labels = study.factors.find(({ path }) => path === factor)?.levels.map(({ label }) => label) ?? ['']
  const lines = new Map<string, Line[]>(labels.map((label) => [label, []]))
  for (const { label, line } of linesOf(source)) if (level === null || label === level) lines.get(label)?.push(line)
  return [...lines].map(([label, own]) => ({ label, lines: own, ...(isMixed ? {} : withMean(own)) }))
}

function* linesOf(source: CurvesSource): Generator<{ readonly label: string; readonly line: Line }> {
  const { series, runs, factor } = source
  for (const { runs: ids, steps, values } of series.blocks) {
    for (const [lane, run] of ids.entries()) {
      if (!isChosen(runs.get(run), source)) continue
      const from = lane * steps.length
      yield { label: levelLabel(runs.get(run), factor), line: { run, steps, values: values.subarray(from, from + steps.length) } }
    }
  }
}

function isChosen(run: Run | undefined, { only }: CurvesSource): boolean {
  return only === null || levelLabel(run, only.factor) === only.label
}

/** The mean over a level's runs at each step, where at least two share their steps; a run that has diverged ends it, as it ends the run. */
function withMean(lines: readonly Line[]): { readonly mean?: Float64Array } {
  const [first, ...rest] = lines
  if (first === undefined || rest.length === 0 || !rest.every(({ steps }) => haveSameSteps(first.steps, steps))) return {}
  const mean = new Float64Array(first.steps.length)
  for (const { values } of lines) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (values[i] ?? Number.NaN) / lines.length
  return { mean }
}

function haveSameSteps(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function predictionsOf(source: CurvesSource): CurvesData['predictions'] {
  const values = distinct(source)
  return values.length > mostPredictions ? [] : values
}

/** What theory says for the shown levels, each value of a level once. */
function distinct(source: CurvesSource): CurvesData['predictions'] {
  const { predictions, metric, level, factor, runs } = source
  const cells = new Map([...runs.values()].filter((run) => isChosen(run, source)).map((run) => [run.cell, levelLabel(run, factor)]))
  const found = new Map<string, CurvesData['predictions'][number]>()
  for (const { metric: of, cell, value, oracle, over } of predictions) {
    const label = cells.get(cell)
    if (of !== metric || label === undefined || (level !== null && label !== level)) continue
    found.set(`${label} ${value} ${over}`, { label, value, oracle, over })
  }
  return [...found.values()]
}
