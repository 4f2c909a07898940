/** The part of a report that holds runs against the theory: one cell of the design after another. */
import { resolvedMargin, zeroAgreement } from '#core/analysis/metrics/zeroAgreement.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Coefficients } from '#core/contract/studies.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { orNull, type ReportModel, type TheoryCell } from '#core/report/model.ts'
import type { Cell } from '#core/study/cells.ts'
import { oracleFor } from '#core/symmetry/predictions/registry.ts'
import { cellId } from './studies.ts'

/** A finished run that did not diverge, with its vectors. */
type Measured = { readonly run: Run; readonly vectors: Coefficients & { readonly predicted: Float64Array; readonly margin: Float64Array } }

/** One entry for each oracle that speaks about a cell of the study. */
export function theoryOf(
  cells: readonly Cell[],
  { runs, coefficients, limit }: { runs: readonly Run[]; coefficients: readonly Coefficients[]; limit: number },
): ReportModel['theory'] {
  const vectorsOf = new Map(coefficients.map((vectors) => [vectors.run, vectors]))
  const byCell = Map.groupBy(runs, ({ cell }) => cell)
  const byOracle = Map.groupBy(cells, ({ study }) => oracleFor(study)?.kind ?? null)
  return [...byOracle].flatMap(([kind, subjects]) => {
    const oracle = subjects[0] === undefined ? null : oracleFor(subjects[0].study)
    if (kind === null || oracle === null) return []
    const measured = (cell: Cell) => (byCell.get(cellId(cell)) ?? []).flatMap((run) => measuredOf(run, vectorsOf.get(run.id)))
    const labels = cellLabels(subjects)
    return [
      {
        oracle: oracle.number,
        title: oracle.title,
        limit,
        cells: subjects.map((cell) => theoryCell(cell, { measured: measured(cell), label: labels.get(cell) ?? '' })),
      },
    ]
  })
}

function measuredOf(run: Run, vectors: Coefficients | undefined): Measured[] {
  const { predicted, margin } = vectors ?? {}
  if (vectors === undefined || predicted == null || margin == null || run.outcome?.kind !== 'reached-last-step') return []
  return [{ run, vectors: { ...vectors, predicted, margin } }]
}

function theoryCell({ levels, study }: Cell, { measured, label }: { measured: readonly Measured[]; label: string }): TheoryCell {
  const deviations = measured.map(({ vectors }) => maxAbs(vectors.measured.map((value, j) => value - (vectors.predicted[j] ?? Number.NaN))))
  const largest = measured.map(({ vectors }) => maxAbs(vectors.predicted))
  const needed = resolvedMargin(study.optimiser, study.training.steps)
  const agreements = measured.map(({ vectors }) =>
    zeroAgreement(vectors.measured, { oracle: '', vector: vectors.predicted, margin: vectors.margin }, needed),
  )
  return {
    label,
    levels: levels.map((level) => ({ factor: level.factor, label: level.label })),
    replicates: measured.length,
    names: measured[0]?.vectors.names ?? [],
    predicted: meanOf(measured.map(({ vectors }) => vectors.predicted)),
    measured: meanOf(measured.map(({ vectors }) => vectors.measured)),
    largestDeviation: maximum(deviations),
    largestDifference: maximum(deviations.map((value, i) => (largest[i] === 0 ? value : value / (largest[i] ?? Number.NaN)))),
    zerosPredicted: range(agreements.map(({ predicted }) => predicted)),
    zerosMeasured: range(agreements.map(({ measured: count }) => count)),
    zerosDiffer: agreements.reduce((sum, { wrong }) => sum + wrong, 0),
    exempt: measured.flatMap(({ run, vectors }) =>
      [...vectors.margin.entries()].flatMap(([j, margin]) =>
        margin < needed ? [{ name: vectors.names[j] ?? '', run: run.id, margin, needed }] : [],
      ),
    ),
  }
}

/** What a cell is called among these: its levels of the factors that tell them apart. */
export function cellLabels(cells: readonly Cell[]): ReadonlyMap<Cell, string> {
  const varying = varyingFactors(cells)
  return new Map(cells.map((cell) => [cell, cell.levels.flatMap(({ factor, label }) => (varying.has(factor) ? [label] : [])).join(', ')]))
}

/** The factors that tell cells apart; one that is the same in all of them would only make their names long. */
function varyingFactors(cells: readonly Cell[]): ReadonlySet<string> {
  const levels = Map.groupBy(
    cells.flatMap((cell) => cell.levels),
    ({ factor }) => factor,
  )
  return new Set([...levels].flatMap(([factor, all]) => (new Set(all.map(({ label }) => label)).size > 1 ? [factor] : [])))
}

function meanOf(vectors: readonly Float64Array[]): (number | null)[] {
  const [first] = vectors
  if (first === undefined) return []
  return [...first].map((_, j) => orNull(vectors.reduce((sum, vector) => sum + (vector[j] ?? Number.NaN), 0) / vectors.length))
}

function maximum(values: readonly number[]): number | null {
  return values.length === 0 ? null : orNull(Math.max(...values))
}

function range(counts: readonly number[]): { low: number; high: number } | null {
  return counts.length === 0 ? null : { low: Math.min(...counts), high: Math.max(...counts) }
}
