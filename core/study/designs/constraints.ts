/** Which cells of a design are kept: those whose study makes every constraint true. */
import { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { holds, lookupIn, pathsOf, unknownPath, type Lookup } from '../expression/evaluate.ts'
import { expressionText, parseExpression } from '../expression/parseExpression.ts'
import type { Expression } from '../expression/syntax.ts'
import type { Combination, DesignCell } from './design.ts'

/** The constraints of a study: all must hold in a cell. */
export const constraints = z.array(expressionText).max(100).describe('conditions between fields that every cell fulfils')

/** The constraints of a study, each named by its place. Fails: 'invalid-input' as `parseExpression`. */
export function readConstraints(texts: readonly string[]): Expression[] {
  return texts.map((text, i) => parseExpression(text, `constraints[${i}]`))
}

/**
 * The cells that fulfil all constraints, in their order; chains go on over what is left out.
 *
 * A path that this cell's study lacks but another's has (the depth of a model, where the model varies) has no value here. One that no cell
 * has is refused.
 *
 * @param studyOf  the study of a cell as JSON, its values applied and defaults filled in
 * Fails: 'invalid-input' for an unknown path, a value of another kind than its place wants, and when no cell is left.
 */
export function constrain(combination: Combination, conditions: readonly Expression[], studyOf: (cell: DesignCell) => Json): Combination {
  if (conditions.length === 0 || combination.cells.length === 0) return combination
  const lookups = combination.cells.map((cell) => lookupIn(studyOf(cell)))
  for (const condition of conditions) requireKnown(condition, lookups)
  const patient = lookups.map(({ valueAt, paths }): Lookup => ({ valueAt: (path) => valueAt(path) ?? null, paths }))
  const kept = patient.map((lookup) => conditions.every((condition) => holds(condition, lookup)))
  if (!kept.includes(true)) throw noCell(conditions, patient)
  return keepCells(combination, kept)
}

const mostGuessed = 1_000 // cells whose paths are looked through for a guess

function requireKnown(condition: Expression, lookups: readonly Lookup[]): void {
  for (const place of pathsOf(condition)) {
    if (lookups.some(({ valueAt }) => valueAt(place.path) !== undefined)) continue
    throw unknownPath(condition.name, place, [...new Set(lookups.slice(0, mostGuessed).flatMap(({ paths }) => paths()))])
  }
}

function noCell(conditions: readonly Expression[], lookups: readonly Lookup[]): Refusal {
  const alone = conditions.find((condition) => !lookups.some((lookup) => holds(condition, lookup)))
  const cause = alone === undefined ? 'no cell fulfils all of them together' : `${alone.name} holds in none`
  return new Refusal('invalid-input', `constraints: expected at least one cell to be left, got none of ${lookups.length}; ${cause}`)
}

function keepCells({ cells, chains, facts }: Combination, kept: readonly boolean[]): Combination {
  const places: (number | null)[] = []
  let next = 0
  for (const isKept of kept) {
    places.push(isKept ? next : null)
    if (isKept) next += 1
  }
  const moved = chains.map((chain) => chain.map((cell) => places[cell] ?? null).filter((cell) => cell !== null))
  return { cells: cells.filter((_, i) => kept[i]), chains: moved.filter((chain) => chain.length > 0), facts }
}
