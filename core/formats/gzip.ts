/**
 * Files in gzip: one member, checked against the CRC-32 and length at the end of the file. Not a reader of several members after each other,
 * which no data set that Kagami reads is made of: unless the last repeats the first, they fail the check.
 *
 * Source: RFC 1952.
 */
import { Refusal, quote } from '#core/contract/errors.ts'
import { crc32, inflate, inflateStart, type Inflated } from './deflate.ts'

/** A member whose header has been read and whose content has not. */
export type Gzip = { readonly place: string; readonly deflated: Uint8Array; readonly crc: number; readonly length: number }

const HEADER_BYTES = 10
const TRAILER_BYTES = 8
const DEFLATE = 8
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** Reads header and trailer. Fails: 'invalid-input' where they are cut off or not gzip's. */
export function openGzip(bytes: Uint8Array, place: string): Gzip {
  const method = bytes[2]
  const flag = bytes[3] ?? 0
  if (method !== undefined && method !== DEFLATE) throw refusal(place, 'expected compression method 8', quote(method))
  if ((flag & flags.reserved) !== 0) throw refusal(place, 'expected reserved flags of 0', quote(flag & flags.reserved))
  let at = HEADER_BYTES
  if ((flag & flags.extra) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0)
  if ((flag & flags.name) !== 0) at = afterZero(bytes, at)
  if ((flag & flags.comment) !== 0) at = afterZero(bytes, at)
  if ((flag & flags.headerCrc) !== 0) at += 2
  const end = bytes.length - TRAILER_BYTES
  if (at > end) throw refusal(place, `expected at least ${at + TRAILER_BYTES} bytes`, `${bytes.length}; is the file cut off?`)
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + end, TRAILER_BYTES)
  return { place, deflated: bytes.subarray(at, end), crc: trailer.getUint32(0, true), length: trailer.getUint32(4, true) }
}

/** The first bytes of the content, `count` or fewer, unchecked. */
export function gunzipStart({ deflated, place }: Gzip, count: number): Uint8Array<ArrayBuffer> {
  return inflateStart(deflated, { count, place: `${place}, gzip` })
}

/**
 * The content up to `size` bytes, and whether there is more. What is whole has been checked.
 *
 * Fails: 'invalid-input' where the data are broken, cut off, or differ from check sum or length.
 */
export function gunzip({ deflated, crc, length, place }: Gzip, size: number): Inflated {
  const content = inflate(deflated, { size, place: `${place}, gzip` })
  if (content.hasMore) return content
  const got = crc32(content.bytes)
  if (got !== crc) throw refusal(place, `expected content with CRC-32 ${hex(crc)}`, `${hex(got)}; is the file damaged?`)
  const found = content.bytes.length % 2 ** 32
  if (found !== length) throw refusal(place, `expected ${length} bytes of content`, `${found}; is the file damaged?`)
  return content
}

function afterZero(bytes: Uint8Array, from: number): number {
  const zero = bytes.indexOf(0, from)
  return zero < 0 ? bytes.length : zero + 1
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`
}

function refusal(place: string, rule: string, got: string): Refusal {
  return new Refusal('invalid-input', `${place}, gzip: ${rule}, got ${got}`)
}
