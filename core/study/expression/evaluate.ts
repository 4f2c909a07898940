/**
 * What an expression comes to, given the values of its paths.
 *
 * Numbers are IEEE float64: x / 0 is ±∞, log(−1) is NaN, a comparison with NaN is false but `!=`. A path without a value (null) is NaN where a
 * number is wanted and false where true or false is: of a run that recorded nothing `loss < 0.1` is false. `==` and `!=` compare any two
 * single values, of different kinds never equal; everything else wants the kinds it is made for.
 */
import { type Refusal, quote } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { nearest } from '../text/nearest.ts'
import { type Path, formatPath } from '../text/path.ts'
import { atPath } from '../text/withPath.ts'
import { printExpression, printPath } from './printExpression.ts'
import type { BinaryOperator, Expression, FunctionName, Node, Value } from './syntax.ts'
import { refusalAt } from './tokens.ts'

/** Where paths have their values. */
export type Lookup = {
  /** The value at a path, null where it has none now, undefined where there is no such path. */
  readonly valueAt: (path: Path) => Json | undefined
  /** Every path that has a value, as text; asked only for the guess in a refusal. */
  readonly paths: () => readonly string[]
}

type Scope = { readonly name: string; readonly lookup: Lookup }

/**
 * The value of an expression. `and` and `or` look at their right side only where it decides.
 *
 * Fails: 'invalid-input', with the column, for an unknown path or a value of another kind than its place wants.
 */
export function evaluate(expression: Expression, lookup: Lookup): Value {
  return valueOf(expression.root, { name: expression.name, lookup })
}

/** Whether the values make the expression true. Fails: 'invalid-input' as `evaluate`, and for an expression that is neither true nor false. */
export function holds(expression: Expression, lookup: Lookup): boolean {
  return logicalOf(expression.root, { name: expression.name, lookup })
}

/** Whether a study, a run or any other record makes the expression true. */
export function satisfies(expression: Expression, study: Json): boolean {
  return holds(expression, lookupIn(study))
}

/** The paths of one record: its own fields and items, nothing inherited. */
export function lookupIn(record: Json): Lookup {
  return {
    valueAt: (path) => atPath(record, path) as Json | undefined, // a part of a JSON value is JSON
    paths: () => leavesOf(record),
  }
}

/** The paths that an expression names, in order, each with its column. */
export function pathsOf({ root }: Expression): { readonly path: Path; readonly column: number }[] {
  const found: { readonly path: Path; readonly column: number }[] = []
  const visit = (node: Node): void => {
    if (node.kind === 'path') found.push({ path: node.path, column: node.column })
    for (const part of partsOf(node)) visit(part)
  }
  visit(root)
  return found
}

/** The refusal of a path that nothing has, with a guess of what was meant. */
export function unknownPath(
  name: string,
  { path, column }: { readonly path: Path; readonly column: number },
  known: readonly string[],
): Refusal {
  const text = printPath(path)
  const [ending, ...others] = known.filter((candidate) => candidate.endsWith(`.${text}`))
  const guess = nearest(formatPath(path), known) ?? (others.length === 0 ? ending : undefined)
  const minus = path.some((part) => String(part).includes('-')) ? '; a minus sign between names needs spaces' : ''
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text
  return refusalAt(name, column, `unknown path ${shown}${guess === undefined ? minus : `; did you mean ${guess}?`}`)
}

function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'path':
      return []
    case 'unary':
      return [node.operand]
    case 'binary':
      return [node.left, node.right]
    case 'call':
      return node.parts
  }
}

function valueOf(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'path':
      return resolve(node, scope)
    case 'unary':
      return node.operator === 'not' ? !logicalOf(node.operand, scope) : -numberOf(node.operand, scope)
    case 'binary':
      return binaryOf(node, scope)
    case 'call':
      return apply(
        node.name,
        node.parts.map((part) => numberOf(part, scope)),
      )
  }
}

function binaryOf({ operator, left, right }: Node & { kind: 'binary' }, scope: Scope): Value {
  if (operator === 'and') return logicalOf(left, scope) && logicalOf(right, scope)
  if (operator === 'or') return logicalOf(left, scope) || logicalOf(right, scope)
  if (operator === '==') return valueOf(left, scope) === valueOf(right, scope)
  if (operator === '!=') return valueOf(left, scope) !== valueOf(right, scope)
  return combine(operator, numberOf(left, scope), numberOf(right, scope))
}

function combine(operator: Exclude<BinaryOperator, 'and' | 'or' | '==' | '!='>, a: number, b: number): Value {
  switch (operator) {
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '^':
      return a ** b
  }
}

function apply(name: FunctionName, values: readonly number[]): number {
  const [x = Number.NaN] = values
  switch (name) {
    case 'abs':
      return Math.abs(x)
    case 'log':
      return Math.log(x)
    case 'log10':
      return Math.log10(x)
    case 'exp':
      return Math.exp(x)
    case 'sqrt':
      return Math.sqrt(x)
    case 'min':
      return Math.min(...values)
    case 'max':
      return Math.max(...values)
  }
}

function resolve(node: Node & { kind: 'path' }, { name, lookup }: Scope): Value {
  const value = lookup.valueAt(node.path)
  if (value === undefined) throw unknownPath(name, node, lookup.paths())
  if (typeof value !== 'object' || value === null) return value
  const whole = Array.isArray(value) ? 'one of its items' : 'one of its fields'
  throw refusalAt(name, node.column, `expected ${printPath(node.path)} to be a single value, got ${quote(value)}; name ${whole}`)
}

function numberOf(node: Node, scope: Scope): number {
  const value = valueOf(node, scope)
  if (typeof value === 'number') return value
  if (value === null) return Number.NaN
  throw wrongKind(node, scope, { rule: 'a number', value })
}

function logicalOf(node: Node, scope: Scope): boolean {
  const value = valueOf(node, scope)
  if (typeof value === 'boolean') return value
  if (value === null) return false
  throw wrongKind(node, scope, { rule: 'true or false', value })
}

function wrongKind(node: Node, { name }: Scope, { rule, value }: { rule: string; value: Value }): Refusal {
  const text = printExpression(node)
  return refusalAt(name, node.column, `expected ${text.length > 60 ? `${text.slice(0, 59)}…` : text} to be ${rule}, got ${quote(value)}`)
}

const mostLeaves = 2_000 // of which a guess is made

function leavesOf(record: Json): string[] {
  const leaves: string[] = []
  const visit = (value: Json, path: Path): void => {
    if (leaves.length >= mostLeaves) return
    if (typeof value !== 'object' || value === null) leaves.push(formatPath(path))
    else if (Array.isArray(value)) value.forEach((item: Json, i) => visit(item, [...path, i]))
    else for (const [key, item] of Object.entries(value)) visit(item, [...path, key])
  }
  visit(record, [])
  return leaves
}
