/**
 * What a design is: which combinations of levels become cells, and in which order. A kind is one file, its test and one row.
 *
 * A design knows nothing of studies: it combines values. What they do to a study, and whether the study then makes sense, is checked by
 * whoever applies them.
 */
import type { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import type { Json, Words } from '#core/contract/values.ts'
import type { Key } from '#core/numerics/random/key.ts'
import type { Levels } from './levels.ts'

/** More cells than this are refused before they are made, constraints or not. */
export const mostCells = 100_000

/** What varies: the path of a field and its levels as the study writes them. */
export type DesignFactor = { readonly path: string; readonly levels: Levels }

export type DesignCell = {
  readonly values: readonly Json[] // one for each factor, in their order
  readonly branch: 'up' | 'down' | null // of a continuation: the same values are met on both; null elsewhere
}

export type Combination = {
  readonly cells: readonly DesignCell[] // no two equal
  /** Cells that start from one another: the first of a chain cold, each other from the parameters where the one before it ended. */
  readonly chains: readonly (readonly number[])[]
  /** What the design says about itself, a sentence each. */
  readonly facts: readonly Words[]
}

export type DesignKind<Schema extends z.ZodType = z.ZodType> = {
  readonly kind: string
  readonly title: Words
  readonly settings: Schema
  /** The cells. The same arguments give the same cells; only kinds that draw read the key. */
  combine(factors: readonly DesignFactor[], settings: z.output<Schema>, key: Key): Combination
}

/** Cells that are independent of each other, from their values. */
export function independent(values: readonly (readonly Json[])[], facts: readonly Words[] = []): Combination {
  return { cells: values.map((value) => ({ values: value, branch: null })), chains: [], facts }
}

/** Refuses more cells than can be made. */
export function requireCells(count: number): void {
  if (count > mostCells) throw new Refusal('invalid-input', `factors: expected at most ${mostCells} cells before constraints, got ${count}`)
}

/** How many combinations lists of these lengths have; beyond 2⁵³ a float64 near it. */
export function combinationCount(lists: readonly (readonly unknown[])[]): number {
  return lists.reduce((product, list) => product * list.length, 1)
}
