/** What a phase diagram is made of: both factors with their levels, the values of every cell that has runs, and what is trained where a theory may speak. */
import type { PhaseAxis } from '#core/contract/phase.ts'
import type { Json } from '#core/contract/values.ts'
import type { CellValues } from './phaseCells.ts'

export type PhaseQuestion = {
  readonly metric: string
  readonly x: Omit<PhaseAxis, 'scale'> // levels in increasing order
  readonly y: Omit<PhaseAxis, 'scale'>
  readonly where: Readonly<Record<string, string>>
  readonly pooled: readonly string[]
  readonly cells: readonly CellValues[]
  readonly theory: PhaseTheory | null
}

/** What is trained in one cell, and where the data of its replicates come from. */
export type PhaseTheory = {
  readonly study: Json
  readonly base: number
  readonly cell: string
  readonly replicates: number
  readonly files: Readonly<Record<string, string>> // path in the study → absolute path of the stored bytes
}
