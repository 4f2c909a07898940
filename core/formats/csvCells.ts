/**
 * The grammar of RFC 4180 over bytes: a cursor that steps from cell to cell and makes nothing on its way. It knows no columns, no header
 * and no numbers.
 *
 * Besides CRLF it takes LF and CR as a line end, and a last line without one. A quote inside an unquoted cell, text after a closing quote
 * and a quote that is never closed are faults: after them nobody knows where cells end.
 */
import { decodeUtf8 } from './utf8.ts'

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

export type Fault = 'open-quote' | 'text-after-quote' | 'quote-in-cell'

/** One walk over a file; `nextCell` moves it. */
export type Cursor = {
  readonly bytes: Uint8Array
  readonly delimiter: number
  at: number // where the next cell begins
  line: number // the line of `at`, counted from 1
  start: number // the content of the last cell, without its quotes: bytes[start, end)
  end: number
  isQuoted: boolean
  endsRecord: boolean // the last cell was the last of its line
  fault: Fault | undefined
}

export function cursorOver(bytes: Uint8Array, delimiter: number, at: number): Cursor {
  return { bytes, delimiter, at, line: 1, start: at, end: at, isQuoted: false, endsRecord: false, fault: undefined }
}

/** Moves to the next cell. Where `fault` is set afterwards the walk is over. */
export function nextCell(cursor: Cursor): void {
  cursor.isQuoted = cursor.bytes[cursor.at] === QUOTE
  if (cursor.isQuoted) readQuoted(cursor)
  else readPlain(cursor)
}

/** The text of the last cell: its quotes gone, a doubled quote one. */
export function cellText(cursor: Cursor): string {
  const text = decodeUtf8(cursor.bytes.subarray(cursor.start, cursor.end))
  return cursor.isQuoted ? text.replaceAll('""', '"') : text
}

/** Whether nothing but line ends follows. */
export function onlyLineEnds(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at += 1) if (bytes[at] !== LF && bytes[at] !== CR) return false
  return true
}

function readPlain(cursor: Cursor): void {
  const { bytes, delimiter } = cursor
  const length = bytes.length
  let at = cursor.at
  cursor.start = at
  for (; at < length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === delimiter || byte === LF || byte === CR) break
    if (byte !== QUOTE) continue
    cursor.fault = 'quote-in-cell'
    break
  }
  cursor.end = at
  stepOver(cursor, at)
}

function readQuoted(cursor: Cursor): void {
  const { bytes, delimiter } = cursor
  const length = bytes.length
  let at = cursor.at + 1
  let newlines = 0
  cursor.start = at
  for (; at < length; at += 1) {
    const byte = bytes[at]
    if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) newlines += 1
    if (byte !== QUOTE) continue
    if (bytes[at + 1] !== QUOTE) break
    at += 1 // a doubled quote is content
  }
  cursor.end = Math.min(at, length)
  if (at >= length) {
    cursor.fault = 'open-quote'
    return
  }
  cursor.line += newlines
  const after = bytes[at + 1]
  if (after !== undefined && after !== delimiter && after !== LF && after !== CR) cursor.fault = 'text-after-quote'
  else stepOver(cursor, at + 1)
}

/** From the end of a cell over its delimiter or line end. */
function stepOver(cursor: Cursor, at: number): void {
  const byte = cursor.bytes[at]
  cursor.endsRecord = byte !== cursor.delimiter
  if (at >= cursor.bytes.length) {
    cursor.at = at
    return
  }
  cursor.at = byte === CR && cursor.bytes[at + 1] === LF ? at + 2 : at + 1
  if (cursor.endsRecord) cursor.line += 1
}
