/** The measured part of a phase diagram: what the runs of each cell gave. */
import type { PhaseCell } from '#core/contract/phase.ts'
import { mean, standardDeviation } from '#core/numerics/statistics/moments.ts'

/** The last values of the runs of one cell; null of a run that diverged. */
export type CellValues = { readonly x: number; readonly y: number; readonly values: readonly (number | null)[] }

/**
 * Every pair of levels, all of the first y before the next, with mean and standard deviation of its runs.
 *
 * @param size   numbers of levels
 * @param cells  those that have runs, in any order, each once
 */
export function phaseCells(size: { readonly x: number; readonly y: number }, cells: readonly CellValues[]): readonly PhaseCell[] {
  const known = new Map(cells.map((cell) => [cell.y * size.x + cell.x, cell.values]))
  return Array.from({ length: size.x * size.y }, (_, place) => {
    const all = known.get(place) ?? []
    const finite = Float64Array.from(all.filter((value) => value !== null))
    return {
      x: place % size.x,
      y: Math.floor(place / size.x),
      n: finite.length,
      diverged: all.length - finite.length,
      mean: finite.length === 0 ? null : orNull(mean(finite)),
      standardDeviation: finite.length < 2 ? null : orNull(standardDeviation(finite)),
    }
  })
}

/** Values near the largest float64 may have a mean or a deviation that is none. */
function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
