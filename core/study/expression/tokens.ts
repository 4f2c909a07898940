/** The text of an expression cut into numbers, texts, names and signs, each with its column. */
import { Refusal, quote } from '#core/contract/errors.ts'
import { nameSource } from './syntax.ts'

export type Token =
  | { readonly kind: 'number'; readonly value: number; readonly source: string; readonly column: number }
  | { readonly kind: 'text'; readonly value: string; readonly source: string; readonly column: number }
  | { readonly kind: 'name' | 'sign'; readonly source: string; readonly column: number }
  | { readonly kind: 'end'; readonly source: ''; readonly column: number }

/** What other languages write, and what we do. */
const meant: Readonly<Record<string, string>> = {
  '=': '==',
  '&&': 'and',
  '||': 'or',
  '!': 'not',
  '**': '^',
  '===': '==',
  '!==': '!=',
  '<>': '!=',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '−': '-',
}

const space = /\s*/y
const number = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y
const text = /'(?:[^'\\\n]|\\[^\n])*'|"(?:[^"\\\n]|\\[^\n])*"/y
const hexadecimal = /[0-9a-fA-F]{4}/y
const name = new RegExp(nameSource, 'uy')
const sign = /===|!==|==|!=|<=|>=|<>|&&|\|\||\*\*|[-<>+*/^()[\],.=!≤≥≠−]/y

/** The tokens in order, the last one of kind `end`. Fails: 'invalid-input', with the column, for text that is none of them. */
export function tokensOf(source: string, place: string): Token[] {
  const tokens: Token[] = []
  let at = matched(space, source, 0).length
  while (at < source.length) {
    const token = tokenAt(source, at, place)
    tokens.push(token)
    at += token.source.length
    at += matched(space, source, at).length
  }
  return [...tokens, { kind: 'end', source: '', column: source.length + 1 }]
}

/** The refusal of what stands at a column. */
export function refusalAt(place: string, column: number, sentence: string): Refusal {
  return new Refusal('invalid-input', `${place === '' ? '' : `${place}: `}column ${column}: ${sentence}`)
}

function tokenAt(source: string, at: number, place: string): Token {
  const column = at + 1
  const digits = matched(number, source, at)
  if (digits !== '') {
    const value = Number(digits)
    if (Number.isFinite(value)) return { kind: 'number', value, source: digits, column }
    throw refusalAt(place, column, `expected a number of size < 1.8e308, got ${digits.slice(0, 20)}`)
  }
  const quoted = matched(text, source, at)
  if (quoted !== '') return { kind: 'text', value: unquoted(quoted, { place, column }), source: quoted, column }
  const word = matched(name, source, at)
  if (word !== '') return { kind: 'name', source: word, column }
  const mark = matched(sign, source, at)
  const ours = Object.hasOwn(meant, mark) ? meant[mark] : undefined
  if (ours !== undefined) throw refusalAt(place, column, `expected ${ours}, got ${mark}`)
  if (mark !== '') return { kind: 'sign', source: mark, column }
  const [first = ''] = source.slice(at, at + 2) // a whole character, also of two code units
  if (first === "'" || first === '"')
    throw refusalAt(place, column, `expected a text that ends with ${first}, got ${quote(source.slice(at))}`)
  throw refusalAt(place, column, `expected a number, a text, a path or an operator, got ${quote(first)}`)
}

function matched(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0] ?? ''
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '/': '/', '\\': '\\', "'": "'", '"': '"' }

/** The text between quotes; escapes are those of JSON, and \' besides. */
function unquoted(quoted: string, { place, column }: { place: string; column: number }): string {
  let value = ''
  for (let at = 1; at < quoted.length - 1; at += 1) {
    const sign = quoted.charAt(at)
    if (sign !== '\\') {
      value += sign
      continue
    }
    const letter = quoted.charAt(at + 1)
    const code = letter === 'u' ? matched(hexadecimal, quoted, at + 2) : ''
    const meaning =
      code === '' ? (Object.hasOwn(escapes, letter) ? escapes[letter] : undefined) : String.fromCharCode(Number.parseInt(code, 16))
    if (meaning === undefined) throw refusalAt(place, column + at, `expected an escape such as \\n, \\' or \\u0041, got \\${letter}`)
    value += meaning
    at += 1 + code.length
  }
  return value
}
