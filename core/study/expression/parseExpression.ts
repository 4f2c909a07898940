/**
 * From text to the tree of an expression, by precedence climbing.
 *
 * Source: Pratt, "Top down operator precedence", POPL 1973; the tables are in `syntax.ts`.
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import { nearest } from '../text/nearest.ts'
import {
  type BinaryOperator,
  type Expression,
  type FunctionName,
  type Node,
  bindings,
  constants,
  functionNames,
  isComparison,
  keywords,
  unaryBindings,
} from './syntax.ts'
import { type Token, refusalAt, tokensOf } from './tokens.ts'

/** Longer texts are refused: nobody writes one, and it bounds the work and the depth of the tree. */
export const longestExpression = 2_000
/** Deeper nesting of parentheses, functions and signs is refused. */
export const deepestNesting = 50

const aValue = 'a number, a text, a path or ('

type Cursor = { readonly tokens: readonly Token[]; readonly place: string; at: number; depth: number }

/**
 * The expression that `text` writes.
 *
 * @param name  what sentences call it, for instance `constraints[0]`; empty where the caller says the place
 * Fails: 'invalid-input', one sentence with the column, counted from 1 in UTF-16 units, and what was expected there.
 */
export function parseExpression(text: string, name = 'expression'): Expression {
  if (text.length > longestExpression) {
    const sentence = `expected an expression of at most ${longestExpression} characters, got ${text.length}`
    throw new Refusal('invalid-input', name === '' ? sentence : `${name}: ${sentence}`)
  }
  const cursor: Cursor = { tokens: tokensOf(text, name), place: name, at: 0, depth: 0 }
  const root = parseNode(cursor, 0)
  const rest = peek(cursor)
  if (rest.kind !== 'end') throw refuse(cursor, rest.source === ')' ? 'an operator or the end' : 'an operator such as and, + or <=', rest)
  return { name, text, root }
}

/** The text of an expression as a field of a study: kept as text, refused where it cannot be read. */
export const expressionText = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      parseExpression(text, '')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
  })

/** A node whose operators all bind at least as tightly as `minimum`. */
function parseNode(cursor: Cursor, minimum: number): Node {
  cursor.depth += 1
  const first = peek(cursor)
  if (cursor.depth > deepestNesting) throw refuse(cursor, `nesting of at most ${deepestNesting}`, first)
  let left = parsePrefix(cursor, minimum)
  for (let operator = operatorAt(cursor); operator !== undefined && bindings[operator] >= minimum; operator = operatorAt(cursor)) {
    cursor.at += 1
    const right = parseNode(cursor, operator === '^' ? bindings['^'] : bindings[operator] + 1)
    left = { kind: 'binary', operator, left, right, column: left.column }
    const next = operatorAt(cursor)
    if (isComparison(operator) && next !== undefined && isComparison(next)) {
      throw refuse(cursor, 'one comparison at a time, as in a < b and b < c', peek(cursor))
    }
  }
  cursor.depth -= 1
  return left
}

function parsePrefix(cursor: Cursor, minimum: number): Node {
  const token = peek(cursor)
  cursor.at += 1
  const { column } = token
  if (token.kind === 'number' || token.kind === 'text') return { kind: 'literal', value: token.value, column }
  if (token.kind === 'name') return parseWord(cursor, token, minimum)
  if (token.source === '-') return { kind: 'unary', operator: '-', operand: parseNode(cursor, unaryBindings['-']), column }
  if (token.source === '(') {
    const inner = parseNode(cursor, 0)
    expectSign(cursor, ')', 'an operator or )')
    return inner
  }
  if (token.source === '[') return { kind: 'path', path: parseSteps(cursor, [parseBracket(cursor, 'a name in quotes')]), column }
  throw refuse(cursor, aValue, token)
}

function parseWord(cursor: Cursor, token: Token, minimum: number): Node {
  const { source, column } = token
  if (Object.hasOwn(constants, source)) return { kind: 'literal', value: constants[source] ?? null, column }
  if (source === 'not') {
    if (minimum > unaryBindings.not) throw refuse(cursor, `${aValue} around not …`, token)
    return { kind: 'unary', operator: 'not', operand: parseNode(cursor, unaryBindings.not), column }
  }
  if (keywords.includes(source)) throw refuse(cursor, aValue, token)
  return peek(cursor).source === '(' ? parseCall(cursor, token) : { kind: 'path', path: parseSteps(cursor, [source]), column }
}

function parseCall(cursor: Cursor, { source, column }: Token): Node {
  const name = functionNames.find((known) => known === source)
  if (name === undefined) {
    const guess = nearest(source, functionNames)
    const hint = guess === undefined ? '' : `; did you mean ${guess}?`
    throw refusalAt(cursor.place, column, `expected one of the functions ${functionNames.join(', ')}, got ${quote(source)}${hint}`)
  }
  cursor.at += 1
  const parts: Node[] = []
  do parts.push(parseNode(cursor, 0))
  while (takesSign(cursor, ','))
  expectSign(cursor, ')', 'an operator, a comma or )')
  if (!takesMany(name) && parts.length !== 1) {
    throw refusalAt(cursor.place, column, `expected one value in ${name}(…), got ${parts.length}`)
  }
  return { kind: 'call', name, parts, column }
}

function takesMany(name: FunctionName): boolean {
  return name === 'min' || name === 'max'
}

/** The rest of a path after its first name: `.name`, `[0]`, `["name"]`. */
function parseSteps(cursor: Cursor, path: (string | number)[]): (string | number)[] {
  for (;;) {
    if (takesSign(cursor, '.')) {
      const token = peek(cursor)
      if (token.kind !== 'name') throw refuse(cursor, 'the name of a field', token)
      cursor.at += 1
      path.push(token.source)
    } else if (takesSign(cursor, '[')) path.push(parseBracket(cursor, 'an index such as 0 or a name in quotes'))
    else return path
  }
}

function parseBracket(cursor: Cursor, rule: string): string | number {
  const token = peek(cursor)
  const isIndex = token.kind === 'number' && /^\d{1,9}$/.test(token.source) && rule.startsWith('an index')
  if (token.kind !== 'text' && !isIndex) throw refuse(cursor, rule, token)
  cursor.at += 1
  expectSign(cursor, ']', ']')
  return token.kind === 'text' ? token.value : Number(token.source)
}

/** The operator of two sides that stands next, if one does. */
function operatorAt(cursor: Cursor): BinaryOperator | undefined {
  const { kind, source } = peek(cursor)
  const isOperator = (kind === 'sign' || kind === 'name') && Object.hasOwn(bindings, source)
  return isOperator ? (source as BinaryOperator) : undefined // a key of the table
}

function takesSign(cursor: Cursor, source: string): boolean {
  const token = peek(cursor)
  if (token.kind !== 'sign' || token.source !== source) return false
  cursor.at += 1
  return true
}

function expectSign(cursor: Cursor, source: string, rule: string): void {
  if (!takesSign(cursor, source)) throw refuse(cursor, rule, peek(cursor))
}

function peek({ tokens, at }: Cursor): Token {
  return tokens[Math.min(at, tokens.length - 1)] ?? { kind: 'end', source: '', column: 1 }
}

function refuse({ place }: Cursor, rule: string, { kind, source, column }: Token): Refusal {
  return refusalAt(
    place,
    column,
    `expected ${rule}, got ${kind === 'end' ? 'the end' : source.length > 30 ? `${source.slice(0, 29)}…` : source}`,
  )
}
