/**
 * UTF-8 in both directions, for layers that have neither `TextEncoder` nor `Buffer`. Well-formed text only: invalid bytes and lone
 * surrogates are found and told, never replaced by U+FFFD.
 *
 * Source: The Unicode Standard 16, table 3-7 (well-formed UTF-8 byte sequences).
 */
import { assert } from '#core/contract/errors.ts'

const CHUNK = 8192 // code units in one call of String.fromCharCode: far below every engine's limit of arguments

/** Where the first byte stands that is not well-formed UTF-8, or −1. */
export function invalidUtf8At(bytes: Uint8Array): number {
  const length = bytes.length
  let at = 0
  while (at < length) {
    if ((bytes[at] ?? 0) < 0x80) {
      at += 1
      continue
    }
    const size = sequenceLength(bytes, at)
    if (size === 0) return at
    at += size
  }
  return -1
}

/** The text of bytes that are known to be well-formed UTF-8 (`invalidUtf8At` said −1). */
export function decodeUtf8(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length) // no sequence has more UTF-16 units than bytes
  let count = 0
  for (let at = 0; at < bytes.length;) {
    const size = sequenceLength(bytes, at)
    assert(size !== 0, 'decodeUtf8: expected well-formed UTF-8')
    const point = codePoint(bytes, at, size)
    at += size
    if (point < 0x10000) units[count++] = point
    else {
      units[count++] = 0xd800 + ((point - 0x10000) >> 10)
      units[count++] = 0xdc00 + ((point - 0x10000) & 0x3ff)
    }
  }
  let text = ''
  for (let from = 0; from < count; from += CHUNK) text += String.fromCharCode(...units.subarray(from, Math.min(count, from + CHUNK)))
  return text
}

/** Whether no surrogate stands alone, so that the text has a UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}

/** The UTF-8 bytes of well-formed text. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(utf8Length(text))
  let at = 0
  for (let index = 0; index < text.length; index += 1) {
    const point = text.codePointAt(index) ?? 0
    assert(point < 0xd800 || point > 0xdfff, 'encodeUtf8: expected text without a lone surrogate')
    if (point < 0x80) bytes[at++] = point
    else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6)
      bytes[at++] = 0x80 | (point & 0x3f)
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12)
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[at++] = 0x80 | (point & 0x3f)
    } else {
      bytes[at++] = 0xf0 | (point >> 18)
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
      bytes[at++] = 0x80 | (point & 0x3f)
      index += 1 // the low surrogate is part of this point
    }
  }
  return bytes
}

/** Bytes that well-formed text takes. */
export function utf8Length(text: string): number {
  let length = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) length += 1
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff))
      length += 2 // a pair of surrogates is four bytes
    else length += 3
  }
  return length
}

/** Bytes in the well-formed sequence that starts at `at`, or 0. */
function sequenceLength(bytes: Uint8Array, at: number): 0 | 1 | 2 | 3 | 4 {
  const lead = bytes[at] ?? 0
  if (lead < 0x80) return 1
  const second = bytes[at + 1] ?? 0
  if (lead >= 0xc2 && lead <= 0xdf) return isTail(second) ? 2 : 0
  if (!isTail(second) || !isTail(bytes[at + 2] ?? 0)) return 0
  if (lead >= 0xe0 && lead <= 0xef) {
    const overlong = lead === 0xe0 && second < 0xa0
    const surrogate = lead === 0xed && second > 0x9f
    return overlong || surrogate ? 0 : 3
  }
  if (lead < 0xf0 || lead > 0xf4 || !isTail(bytes[at + 3] ?? 0)) return 0
  const overlong = lead === 0xf0 && second < 0x90
  const tooLarge = lead === 0xf4 && second > 0x8f // above U+10FFFF
  return overlong || tooLarge ? 0 : 4
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

function codePoint(bytes: Uint8Array, at: number, size: 1 | 2 | 3 | 4): number {
  const lead = bytes[at] ?? 0
  if (size === 1) return lead
  let point = lead & (0x7f >> size)
  for (let tail = 1; tail < size; tail += 1) point = (point << 6) | ((bytes[at + tail] ?? 0) & 0x3f)
  return point
}
