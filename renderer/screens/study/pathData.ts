/** From coefficients of runs to what the path chart draws: each coefficient against one numeric factor, beside the theory's. */
import type { Coefficients, Factor, Prediction, Run, Study } from '#core/contract/index.ts'
import type { PathData, PathPoint } from '#core/presentation/charts/path.ts'
import type { HeldLevel } from './curvesData.ts'

export type PathSource = {
  readonly study: Study
  readonly factor: Factor
  readonly coefficients: readonly Coefficients[]
  readonly runs: ReadonlyMap<string, Run>
  readonly predictions: readonly Prediction[] // their oracle names the theory
  readonly held: HeldLevel | null // another factor held at a level: models of different theories share no path
}

/** The factors that a path can go along: ordered, every level a number. */
export function pathFactors(study: Study): readonly Factor[] {
  return study.factors.filter(({ ordered, levels }) => ordered && levels.every(({ value }) => typeof value === 'number'))
}

/** Runs with a theory are the path; only where no run has one, all runs are drawn. */
export function pathData({ factor, coefficients: all, runs, predictions, held }: PathSource): PathData {
  const isHeld = (run: string) =>
    held === null || runs.get(run)?.levels.some((level) => level.factor === held.factor && level.label === held.label) === true
  const coefficients = all.filter(({ run }) => isHeld(run))
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
    oracle: oracleOf(predictions, new Set(drawn.flatMap(({ of }) => runs.get(of.run)?.cell ?? []))),
    n: drawn.length,
  }
}

/** The oracle that speaks about these cells; nothing where several do. */
function oracleOf(predictions: readonly Prediction[], cells: ReadonlySet<string>): string {
  const oracles = new Set(predictions.flatMap(({ cell, oracle, over }) => (over === 'last' && cells.has(cell) ? [oracle] : [])))
  const [only] = oracles
  return oracles.size === 1 && only !== undefined ? only : ''
}

/** Along the factor, the mean of the theory's values at each level: seeds that share their data share it too. */
function once(points: readonly PathPoint[]): readonly PathPoint[] {
  const levels = new Map<number, number[]>()
  for (const { level, value } of points) levels.set(level, [...(levels.get(level) ?? []), value])
  return [...levels]
    .sort(([a], [b]) => a - b)
    .map(([level, values]) => ({ level, value: values.reduce((sum, value) => sum + value / values.length, 0) }))
}
