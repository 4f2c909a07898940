/**
 * The language of conditions: `model.depth == 2 or data.noise <= 0.3`. What an expression is made of, and how tightly its operators bind.
 *
 * It is not JavaScript: there is nothing to call but the functions below, and a path is only looked up by whoever evaluates.
 *
 *   or  <  and  <  not  <  == != < <= > >=  <  + −  <  * /  <  unary −  <  ^
 *
 * `^` groups from the right, −2^2 is −4, comparisons do not chain. A name may hold hyphens before letters, as metrics do: `test-loss` is one
 * name, `test - loss` a difference.
 */
import type { Path } from '../text/path.ts'

/** What an expression comes to; null is "no value here", which a run or a cell may have. */
export type Value = number | string | boolean | null

export const functionNames = ['abs', 'log', 'log10', 'exp', 'sqrt', 'min', 'max'] as const
export type FunctionName = (typeof functionNames)[number]

/** How tightly each operator of two sides holds them. */
export const bindings = {
  or: 1,
  and: 2,
  '==': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '^': 8,
} as const
export type BinaryOperator = keyof typeof bindings
export const unaryBindings = { not: 3, '-': 7 } as const
export type UnaryOperator = keyof typeof unaryBindings

/** One part of an expression; `column`, counted from 1, is where its text begins. */
export type Node =
  | { readonly kind: 'literal'; readonly value: Value; readonly column: number } // a number is finite and ≥ 0
  | { readonly kind: 'path'; readonly path: Path; readonly column: number } // begins with a name
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Node; readonly column: number }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node; readonly column: number }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly parts: readonly Node[]; readonly column: number }

/** A parsed text; `name` is what sentences call it, for instance `constraints[0]`. */
export type Expression = { readonly name: string; readonly text: string; readonly root: Node }

/** The source of a regular expression (flag u) for names that need no quotes. */
export const nameSource = String.raw`[\p{L}_][\p{L}\p{N}_]*(?:-[\p{L}_][\p{L}\p{N}_]*)*`

/** The words that are no names of fields unless they stand after a dot or in brackets. */
export const constants: Readonly<Record<string, Value>> = { true: true, false: false, null: null }
export const keywords: readonly string[] = ['and', 'or', 'not', ...Object.keys(constants)]

export function isComparison(operator: BinaryOperator): boolean {
  return bindings[operator] === bindings['==']
}
