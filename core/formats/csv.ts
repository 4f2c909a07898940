/**
 * Tables of numbers from comma-separated text, and tables to it. A table is read whole or refused: nothing is skipped, filled or guessed,
 * and every refusal names file, row and column.
 *
 * Why not csv-parse 7, which is the referee of the tests: its build without Node copies text into arrays byte by byte (32 MB in 11 s and
 * 1.8 GB, a RangeError at 256 MB), and its build for Node needs `Buffer`, which a pure layer has not, and took 11.7 s for 256 MB in 20 columns
 * where this takes 5 s and 0.6 GB beyond the file. Not a reader of dates, nor of text but for one column of classes.
 *
 * Source: RFC 4180. Formula injection: OWASP, "CSV Injection".
 */
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import { type Cursor, type Fault, cellText, cursorOver, nextCell, onlyLineEnds } from './csvCells.ts'
import { readDecimal } from './decimal.ts'
import { encodeUtf8, invalidUtf8At, isWellFormed } from './utf8.ts'

/** Columns of finite float64 numbers, all of `rows` values. */
export type Table = {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: number
  readonly values: readonly Float64Array[] // [columns][rows]
}

/** A column of text as classes: row i is of class `names[labels[i]]`. */
export type ClassColumn = {
  readonly column: string
  readonly names: readonly string[] // sorted by code point, so that their order does not depend on that of the rows; two or more
  readonly labels: Int32Array // [rows]
}

/** The numbers of all columns but that of the classes. */
export type ClassTable = Table & { readonly classes: ClassColumn }

/** `name` stands in the sentences; `delimiter` is one ASCII sign. */
export type TableOptions = { readonly name: string; readonly delimiter?: string }

export type Cell = string | number | boolean | null

const PROBLEM_LIMIT = 5 // one glance; the sixth is mostly the first again
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const missingWords: ReadonlySet<string> = new Set(['', '?', 'na', 'n/a', 'nan', 'null', 'none'])
const faultWords: Readonly<Record<Fault, string>> = {
  'open-quote': 'expected a closing quote, got the end of the file',
  'text-after-quote': 'expected a delimiter or a line end after the closing quote, got other text',
  'quote-in-cell': 'expected a quote only around a whole cell, got one inside',
}

/**
 * The table that CSV text holds: a header line with a name for each column, then rows of finite decimal numbers.
 *
 * Spaces and tabs around a number or an unquoted name are not part of it. Empty lines at the end are ignored where a row has more than one
 * cell; in a single column an empty line is a missing value, and refused.
 *
 * @param text  text, or UTF-8 bytes with or without a byte order mark
 * @returns     values[column][row] as float64, correctly rounded
 * Cost: one pass for line ends, one for cells; memory beyond the input is 8 bytes a value. UTF-8 is checked where a cell is not a number.
 * Fails: 'invalid-input' with up to five problems, each with row (from 1 below the header) and column.
 */
export function readNumericTable(text: string | Uint8Array, options: TableOptions): Table {
  const { cursor, columns } = open(text, options)
  const { rows, values } = readRows(cursor, { name: options.name, columns })
  return { name: options.name, columns, rows, values }
}

/**
 * The table that CSV text holds, as `readNumericTable` reads it, except that the column `classes` holds text. Classes are told apart by
 * their signs, so that 1 and 1.0 are two; spaces and tabs around unquoted text are not part of it.
 *
 * Fails: as `readNumericTable`; and for a column that does not exist, an empty cell in it and fewer than two classes.
 */
export function readClassTable(text: string | Uint8Array, { classes: column, ...options }: TableOptions & { classes: string }): ClassTable {
  const { name } = options
  const { cursor, columns } = open(text, options)
  const at = columns.indexOf(column)
  if (at < 0) throw refusal([`${name}: expected a column ${quote(column)}, got ${quote(columns.join(', '))}`])
  const found: Classes = { at, places: new Map(), labels: [] }
  const { rows, values } = readRows(cursor, { name, columns, classes: found })
  const [only, ...others] = found.places.keys()
  if (others.length === 0) throw refusal([`${name}, column ${quote(column)}: expected two classes or more, got only ${quote(only)}`])
  return { name, columns: columns.filter((each) => each !== column), rows, values, classes: { column, ...sorted(found) } }
}

function open(text: string | Uint8Array, { name, delimiter = ',' }: TableOptions): { cursor: Cursor; columns: readonly string[] } {
  const bytes = toBytes(text, name)
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  if (onlyLineEnds(bytes, start)) throw refusal([`${name}: expected a header line and rows of numbers, got an empty file`])
  const cursor = cursorOver(bytes, delimiterByte(delimiter), start)
  const columns = readHeader(cursor, name)
  if (cursor.at >= bytes.length || (columns.length > 1 && onlyLineEnds(bytes, cursor.at))) {
    throw refusal([`${name}: expected rows of numbers below the header, got none`])
  }
  return { cursor, columns }
}

/**
 * CSV text with a header line. Numbers have the shortest digits that read back as the same float64 (−0 stays −0; NaN, Infinity and
 * −Infinity are written by these names, which `readNumericTable` refuses), null is an empty cell. Line ends are LF, not RFC 4180's CRLF:
 * every reader takes both, and a pipe of Unix tools would keep the CR in its last column.
 *
 * Text that a spreadsheet would run as a formula (first sign = + - @, their full-width forms, tab or line end) gets an apostrophe in front,
 * and text with any usual delimiter is quoted, whatever the delimiter here. So text does not always read back as it was; numbers do.
 */
export function writeCsv(columns: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [columns.map(writeText).join(',')]
  for (const row of rows) {
    assert(row.length === columns.length, `writeCsv: expected ${columns.length} cells in row ${lines.length}, got ${row.length}`)
    lines.push(row.map(writeCell).join(',') || '""') // one empty cell must not look like an empty line
  }
  return `${lines.join('\n')}\n`
}

function writeCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return writeText(cell)
  return Object.is(cell, -0) ? '-0' : String(cell)
}

function writeText(text: string): string {
  const safe = /^[=+\-@＝＋－＠\t\r\n]/u.test(text) ? `'${text}` : text
  return /[",;|\t\r\n]|^\s|\s$/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function toBytes(text: string | Uint8Array, name: string): Uint8Array {
  if (typeof text === 'string') {
    if (!isWellFormed(text)) throw refusal([`${name}: expected Unicode text, got a surrogate without its pair`])
    return encodeUtf8(text)
  }
  return text
}

/** The text of the last cell; a number is ASCII, so that only names and problems come here. */
function textOf(cursor: Cursor, place: string): string {
  const bad = invalidUtf8At(cursor.bytes.subarray(cursor.start, cursor.end))
  if (bad < 0) return cellText(cursor)
  const byte = (cursor.bytes[cursor.start + bad] ?? 0).toString(16).padStart(2, '0')
  throw refusal([`${place}: expected text in UTF-8, got byte 0x${byte}; save the file as UTF-8`])
}

function delimiterByte(delimiter: string): number {
  const byte = delimiter.length === 1 ? delimiter.charCodeAt(0) : 0
  const isUsable = byte === TAB || (byte >= SPACE && byte < 0x7f && !/[\w"+\-.]/.test(delimiter))
  if (isUsable) return byte
  throw refusal([`delimiter: expected one ASCII sign that no number holds, such as "," ";" or a tab, got ${quote(delimiter)}`])
}

function readHeader(cursor: Cursor, name: string): readonly string[] {
  const columns: string[] = []
  const problems: string[] = []
  const places = new Map<string, number>()
  let isNumeric = true
  do {
    nextCell(cursor)
    const number = columns.length + 1
    if (cursor.fault) throw refusal([...problems, `${name} header, column ${number}: ${faultWords[cursor.fault]}`])
    const written = textOf(cursor, `${name} header, column ${number}`)
    const text = cursor.isQuoted ? written : written.trim()
    isNumeric &&= !Number.isNaN(cellNumber(cursor))
    const first = places.get(text)
    if (text === '') problems.push(`${name} header, column ${number}: expected a name, got an empty cell`)
    else if (first === undefined) places.set(text, number)
    else
      problems.push(`${name} header, column ${number}: expected a name of its own, got ${quote(text)} again, the name of column ${first}`)
    columns.push(text)
  } while (!cursor.endsRecord)
  if (isNumeric) throw refusal([`${name}: expected a header line with a name for each column, got numbers: ${quote(columns.join(', '))}`])
  if (problems.length > 0) throw refusal(problems)
  const other = columns.length === 1 ? /[,;\t|]/.exec(columns[0] ?? '')?.[0] : undefined
  if (other !== undefined && !cursor.isQuoted) {
    const used = quote(String.fromCharCode(cursor.delimiter))
    throw refusal([`${name} header: expected names separated by ${used}, got ${quote(columns[0])}; is the delimiter ${quote(other)}?`])
  }
  return columns
}

type Rows = { readonly name: string; readonly columns: readonly string[]; readonly classes?: Classes }

function readRows(cursor: Cursor, { name, columns, classes }: Rows): { rows: number; values: readonly Float64Array[] } {
  const capacity = rowBound(cursor.bytes, cursor.at, columns.length)
  const values = columns.map((_, at) => (at === classes?.at ? undefined : new Float64Array(capacity))) // [columns][rows]
  const problems: string[] = []
  let rows = 0
  while (cursor.at < cursor.bytes.length && !(columns.length > 1 && onlyLineEnds(cursor.bytes, cursor.at))) {
    const { line } = cursor
    const place = `${name} row ${rows + 1}${line === rows + 2 ? '' : ` (line ${line})`}`
    readRow(cursor, { place, columns, values, classes, row: rows, problems })
    if (cursor.fault || problems.length >= PROBLEM_LIMIT) break
    rows += 1
  }
  if (problems.length > 0) throw refusal(problems)
  const numbers = values.filter((column) => column !== undefined)
  return { rows, values: rows === capacity ? numbers : numbers.map((column) => column.slice(0, rows)) }
}

type Row = {
  readonly place: string
  readonly columns: readonly string[]
  readonly values: readonly (Float64Array | undefined)[]
  readonly classes: Classes | undefined
  readonly row: number
  readonly problems: string[]
}

function readRow(cursor: Cursor, { place, columns, values, classes, row, problems }: Row): void {
  const before = problems.length
  const from = cursor.at
  let count = 0
  do {
    nextCell(cursor)
    const column = values[count]
    count += 1
    if (cursor.fault) {
      problems.push(`${place}, cell ${count}: ${faultWords[cursor.fault]}`)
      return
    }
    if (column === undefined) {
      if (count - 1 === classes?.at) readClass(cursor, { place, columns, classes, problems })
      continue
    }
    const value = cellNumber(cursor)
    column[row] = value
    if (Number.isFinite(value)) continue
    const where = `${place}, column ${quote(columns[count - 1])}`
    problems.push(`${where}: ${cellProblem(textOf(cursor, where), value)}`)
  } while (!cursor.endsRecord)
  if (count === columns.length) return
  problems.length = before // in a row of another length cells stand under the wrong names
  const isEmpty = count === 1 && !cursor.isQuoted && cursor.end === from
  problems.push(`${place}: expected ${columns.length} cells, got ${isEmpty ? 'an empty line' : count}`)
}

/** Classes as they are met: each name's place among them, and the place of each row's. */
type Classes = { readonly at: number; readonly places: Map<string, number>; readonly labels: number[] }

function readClass(
  cursor: Cursor,
  { place, columns, classes, problems }: Pick<Row, 'place' | 'columns' | 'problems'> & { classes: Classes },
): void {
  const isText = invalidUtf8At(cursor.bytes.subarray(cursor.start, cursor.end)) < 0
  const written = isText ? cellText(cursor) : textOf(cursor, `${place}, column ${quote(columns[classes.at])}`)
  const text = cursor.isQuoted ? written : written.trim()
  if (text.trim() === '') problems.push(`${place}, column ${quote(columns[classes.at])}: expected a class, got an empty cell`)
  const { places, labels } = classes
  const known = places.get(text)
  if (known === undefined) places.set(text, places.size)
  labels.push(known ?? places.size - 1)
}

function sorted({ places, labels }: Classes): { names: readonly string[]; labels: Int32Array } {
  const names = [...places.keys()].sort(byCodePoint)
  const ranks = new Int32Array(names.length)
  for (const [rank, name] of names.entries()) ranks[places.get(name) ?? 0] = rank
  return { names, labels: Int32Array.from(labels, (place) => ranks[place] ?? 0) }
}

/** Unlike `<`, which compares UTF-16 and puts U+10000 before U+E000. */
function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const difference = (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The number in the last cell, NaN where it is none. */
function cellNumber(cursor: Cursor): number {
  const { bytes } = cursor
  let { start, end } = cursor
  while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start += 1
  while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end -= 1
  return readDecimal(bytes, start, end)
}

function cellProblem(text: string, value: number): string {
  const plain = text.trim()
  if (plain === '') return 'expected a number, got an empty cell'
  if (missingWords.has(plain.toLowerCase())) return `expected a number, got a missing value (${quote(plain)})`
  if (!Number.isNaN(value) || /^[+-]?inf(inity)?$/i.test(plain)) return `expected a finite number, got ${quote(plain)}`
  return `expected a number, got ${quote(text)}${commaHint(plain)}`
}

/** What to write instead where only the separators of a number are foreign. */
function commaHint(text: string): string {
  if (/^[+-]?\d{1,3}([,'_ ]\d{3})+(\.\d*)?$/.test(text)) {
    const point = /^[+-]?\d+,\d+$/.test(text) ? `, or ${text.replace(',', '.')} if the comma is a decimal one` : ''
    return `; write ${text.replaceAll(/[,'_ ]/g, '')} without a thousands separator${point}`
  }
  if (/^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+(e[+-]?\d+)?$/i.test(text)) {
    return `; write ${text.replaceAll('.', '').replace(',', '.')} with a decimal point`
  }
  return ''
}

/** More rows than these cannot follow: neither than line ends, nor than the bytes allow with one sign for a cell and one to end it. */
function rowBound(bytes: Uint8Array, from: number, columns: number): number {
  let lines = 1
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) lines += 1
  for (let at = bytes.indexOf(CR, from); at >= 0; at = bytes.indexOf(CR, at + 1)) if (bytes[at + 1] !== LF) lines += 1
  return Math.min(lines, Math.ceil((bytes.length - from + 1) / (2 * columns)))
}

function refusal(problems: readonly string[]): Refusal {
  const shown = problems.slice(0, PROBLEM_LIMIT)
  const [first = ''] = shown
  if (shown.length === 1) return new Refusal('invalid-input', first)
  const more = problems.length >= PROBLEM_LIMIT ? '; reading stopped there' : ''
  return new Refusal('invalid-input', `${first} (the first of ${shown.length} problems${more})`, shown)
}
