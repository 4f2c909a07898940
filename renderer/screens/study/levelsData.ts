/** From a comparison to what the levels chart draws. No number is computed here but the mean of the theory's values of a level's runs. */
import type { ComparedLevel, Comparison, Prediction, Run, Study } from '#core/contract/index.ts'
import type { ChartLevel, LevelsData } from '#core/presentation/charts/levels.ts'
import { chartMetric, levelLabel, type HeldLevel } from './curvesData.ts'

export type LevelsSource = {
  readonly study: Study
  readonly comparison: Comparison
  readonly runs: ReadonlyMap<string, Run>
  readonly predictions: readonly Prediction[]
  readonly held: HeldLevel | null // of another factor: the comparison is of this level's runs
}

export function levelsData(source: LevelsSource): LevelsData {
  const { study, comparison, predictions } = source
  const factor = study.factors.find(({ path }) => path === comparison.factor)
  const foretold = predictions.filter(({ metric, over }) => metric === comparison.metric && over === 'last') // what is compared are last values
  return {
    metric: chartMetric(study, comparison.metric),
    factor: factor ?? { title: { en: comparison.factor, ja: comparison.factor }, ordered: false },
    groups: [{ label: '', levels: comparison.levels.map((level) => chartLevel(level, source, foretold)) }],
    oracle: foretold[0]?.oracle ?? null,
    confidence: comparison.confidence,
    n: comparison.levels.reduce((sum, { n }) => sum + n, 0),
  }
}

function chartLevel(level: ComparedLevel, { comparison, runs, held }: LevelsSource, foretold: readonly Prediction[]): ChartLevel {
  const { label, value, values, n, mean, interval } = level
  const isOf = (run: Run): boolean =>
    levelLabel(run, comparison.factor) === label && (held === null || levelLabel(run, held.factor) === held.label)
  const cells = new Set([...runs.values()].filter(isOf).map(({ cell }) => cell))
  return {
    label,
    value: typeof value === 'number' ? value : null,
    points: values.map((point) => point.value),
    n,
    mean,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    prediction: coversAll(foretold, cells)
      ? meanOf(foretold.filter(({ cell }) => cells.has(cell)).map((prediction) => prediction.value))
      : null,
  }
}

/** A level that pools runs with a theory and runs without one has no theory as a whole. */
function coversAll(foretold: readonly Prediction[], cells: ReadonlySet<string>): boolean {
  const known = new Set(foretold.map(({ cell }) => cell))
  return [...cells].every((cell) => known.has(cell))
}

/** Seeds may draw their own data, and then have their own theory: the mean of the runs is held against the mean of its values. */
function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value / values.length, 0)
}
