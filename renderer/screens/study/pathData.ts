/** From coefficients of runs to what the path chart draws: each coefficient against one numeric factor, beside the theory's. */
import type { Coefficients, Factor, Prediction, Run, Study } from '#core/contract/index.ts'
import type { PathData, PathPoint } from '#core/presentation/charts/path.ts'

export type PathSource = {
  readonly study: Study
  readonly factor: Factor
  readonly coefficients: readonly Coefficients[]
  readonly runs: ReadonlyMap<string, Run>
  readonly predictions: readonly Prediction[] // their oracle names the theory
}

/** The factors that a path can go along: ordered, every level a number. */
export function pathFactors(study: Study): readonly Factor[] {
  return study.factors.filter(({ ordered, levels }) => ordered && levels.every(({ value }) => typeof value === 'number'))
}

/** Runs with a theory are the path; only where no run has one, all runs are drawn. */
export function pathData({ factor, coefficients, runs, predictions }: PathSource): PathData {
  const foretold = coefficients.filter(({ predicted }) => predicted !== null)
  const drawn = (foretold.length > 0 ? foretold : coefficients).flatMap((of) => {
    const level = runs.get(of.run)?.levels.find((known) => known.factor === factor.path)?.value
    return typeof level === 'number' ? [{ level, of }] : []
  })
  const names = drawn[0]?.of.names ?? []
  return {
    factor,
    coefficients: names.map((name, j) => ({
      name,
      measured: drawn.map(({ level, of }) => ({ level, value: of.measured[j] ?? Number.NaN })),
      predicted: once(drawn.flatMap(({ level, of }) => (of.predicted === null ? [] : [{ level, value: of.predicted[j] ?? Number.NaN }]))),
    })),
    oracle: predictions[0]?.oracle ?? '',
    n: drawn.length,
  }
}

/** Along the factor, the mean of the theory's values at each level: seeds that share their data share it too. */
function once(points: readonly PathPoint[]): readonly PathPoint[] {
  const levels = new Map<number, number[]>()
  for (const { level, value } of points) levels.set(level, [...(levels.get(level) ?? []), value])
  return [...levels]
    .sort(([a], [b]) => a - b)
    .map(([level, values]) => ({ level, value: values.reduce((sum, value) => sum + value / values.length, 0) }))
}
