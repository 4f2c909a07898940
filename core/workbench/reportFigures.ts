/** The figures of a report, from stored series and vectors: the path of the coefficients, the approach to the theory, and a metric over the levels. */
import type { Comparison } from '#core/contract/comparison.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Coefficients, Factor, Metric, Prediction } from '#core/contract/studies.ts'
import { orNull, type ReportFigure } from '#core/report/model.ts'
import { readSeries } from '#core/store/readSeries.ts'
import type { Readable } from '#core/store/statements.ts'

export type FigureSource = {
  readonly db: Readable
  readonly study: string
  readonly factors: readonly Factor[]
  readonly metrics: readonly Metric[]
  readonly runs: readonly Run[]
  readonly coefficients: readonly Coefficients[]
  readonly predictions: readonly Prediction[] // of how runs end, and of means over the last half: figures hold the first ones against last values
}

const curvePoints = 120 // buckets of a curve on paper
const mostCurves = 200 // lines in one figure; more are ink without information

/** The numeric factor that curves are coloured by and paths run over; the first one. */
function mainFactor({ factors }: FigureSource): Factor | null {
  return factors.find(({ ordered }) => ordered) ?? null
}

/** Runs at the first level of every other factor: in a study with a control, those that are not the control. */
function subjects(source: FigureSource, factor: Factor): readonly Run[] {
  const others = source.factors.filter(({ path }) => path !== factor.path)
  return source.runs.filter(({ levels }) =>
    others.every(({ path, levels: all }) => levels.some((level) => level.factor === path && level.label === all[0]?.label)),
  )
}

export function figuresOf(source: FigureSource, comparisons: readonly { comparison: Comparison; group: string }[]): ReportFigure[] {
  return [pathFigure(source), curvesFigure(source, 'oracle-distance-relative'), levelsFigure(source, comparisons)].filter(
    (figure) => figure !== null,
  )
}

function pathFigure(source: FigureSource): ReportFigure | null {
  const factor = mainFactor(source)
  if (factor === null) return null
  const vectors = new Map(source.coefficients.map((one) => [one.run, one]))
  const runs = subjects(source, factor).filter(({ outcome }) => outcome?.kind === 'reached-last-step')
  const rows = runs.flatMap((run) => {
    const level = run.levels.find((one) => one.factor === factor.path)?.value
    const own = vectors.get(run.id)
    return typeof level === 'number' && own !== undefined && own.predicted !== null ? [{ level, own, predicted: own.predicted }] : []
  })
  const names = rows[0]?.own.names ?? []
  if (rows.length === 0 || names.length > 24) return null // a fan of hundreds of lines says nothing
  const point = (level: number, value: number | undefined) => ({ level, value: orNull(value ?? Number.NaN) })
  return {
    kind: 'path',
    data: {
      factor: { title: factor.title },
      coefficients: names.map((name, j) => ({
        name,
        measured: rows.map(({ level, own }) => point(level, own.measured[j])),
        predicted: distinct(rows.map(({ level, predicted }) => point(level, predicted[j]))),
      })),
      oracle: oracleOf(source, runs) ?? '',
      n: rows.length,
    },
  }
}

/** The number of the oracle that speaks about these runs; null where none does, or more than one. */
function oracleOf({ predictions }: FigureSource, runs: readonly Run[]): string | null {
  const cells = new Set(runs.map(({ cell }) => cell))
  const [oracle, second] = new Set(predictions.flatMap((one) => (one.over === 'last' && cells.has(one.cell) ? [one.oracle] : [])))
  return oracle === undefined || second !== undefined ? null : oracle
}

/** The theory's points, one for each level and value: seeds that share their data share them. */
function distinct(points: readonly { level: number; value: number | null }[]): { level: number; value: number | null }[] {
  const known = new Map(points.map((point) => [`${point.level}/${point.value}`, point]))
  return [...known.values()].toSorted((a, b) => a.level - b.level)
}

function curvesFigure(source: FigureSource, name: string): ReportFigure | null {
  const factor = mainFactor(source)
  const metric = source.metrics.find((one) => one.name === name)
  if (factor === null || metric === undefined) return null
  const { blocks, shown, total } = readSeries(source.db, { study: source.study, metric: name, buckets: curvePoints })
  const places = new Map(blocks.flatMap((block) => block.runs.map((run, row) => [run, { block, row }] as const)))
  const lineOf = (run: string) => {
    const place = places.get(run)
    if (place === undefined) return []
    const { steps, values } = place.block
    return [{ run, steps: [...steps], values: [...values.subarray(place.row * steps.length, (place.row + 1) * steps.length)].map(orNull) }]
  }
  const atLevel = Map.groupBy(subjects(source, factor), ({ levels }) => levels.find((level) => level.factor === factor.path)?.label)
  const share = Math.max(1, Math.floor(mostCurves / factor.levels.length)) // of every level the same, so that none vanishes
  const groups = factor.levels.map(({ label }) => ({
    label,
    lines: (atLevel.get(label) ?? []).slice(0, share).flatMap(({ id }) => lineOf(id)),
  }))
  const n = groups.reduce((sum, group) => sum + group.lines.length, 0)
  if (n === 0) return null
  const { name: _, ...shownMetric } = metric
  return {
    kind: 'curves',
    data: {
      metric: shownMetric,
      factor: { title: factor.title, ordered: factor.ordered },
      groups: groups.filter((group) => group.lines.length > 0),
      predictions: [],
      shown,
      total,
      n,
      logSteps: true,
    },
  }
}

/** The compared metric over the levels of the main factor, a line for each level of the other. */
function levelsFigure(source: FigureSource, comparisons: readonly { comparison: Comparison; group: string }[]): ReportFigure | null {
  const factor = mainFactor(source)
  const subject = comparisons.filter(({ comparison }) => comparison.factor === factor?.path)
  const [first] = subject
  const metric = source.metrics.find(({ name }) => name === first?.comparison.metric)
  if (factor === null || first === undefined || metric === undefined) return null
  const { name, ...shownMetric } = metric
  const cells = new Map(source.runs.map((run) => [run.id, run]))
  const theory = new Map<string, number>(
    source.predictions.flatMap((one) =>
      one.over === 'last' && one.metric === name ? [[`${one.cell}/${one.replicate}`, one.value] as const] : [],
    ),
  )
  const predictedAt = (runs: readonly string[]) => {
    const values = runs.flatMap((id) => {
      const run = cells.get(id)
      return theory.get(`${run?.cell}/${run?.replicate}`) ?? []
    })
    return values.length === 0 ? null : orNull(values.reduce((sum, value) => sum + value, 0) / values.length)
  }
  return {
    kind: 'levels',
    data: {
      metric: shownMetric,
      factor: { title: factor.title, ordered: factor.ordered },
      groups: subject.map(({ comparison, group }) => ({
        label: group,
        levels: comparison.levels.map((level) => ({
          label: level.label,
          value: typeof level.value === 'number' ? level.value : null,
          points: level.values.map(({ value }) => value),
          n: level.n,
          mean: level.mean,
          low: level.interval?.low ?? null,
          high: level.interval?.high ?? null,
          prediction: predictedAt(level.values.map(({ run }) => run)),
        })),
      })),
      oracle: oracleOf(source, subjects(source, factor)),
      confidence: first.comparison.confidence,
      n: subject.reduce((sum, { comparison }) => sum + comparison.levels.reduce((runs, { n }) => runs + n, 0), 0),
    },
  }
}
