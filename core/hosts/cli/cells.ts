/** Cells of the tables that commands print and export. */
import type { Run } from '#core/contract/runs.ts'
import type { Cell } from '#core/formats/csv.ts'

/** What a run has at a factor: a number as a number, any other level by its label; null where it has no such factor. */
export function levelCell({ levels }: Run, factor: string): Cell {
  const level = levels.find((one) => one.factor === factor)
  if (level === undefined) return null
  return typeof level.value === 'number' ? level.value : level.label
}
