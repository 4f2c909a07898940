/**
 * Raw DEFLATE data → bytes, in memory and time that the reader bounds: fflate does the decoding, piece by piece, so that data which
 * unpack to more than was said are left at once. DEFLATE itself has no check sum; the formats around it have CRC-32.
 *
 * Source: RFC 1951; the polynomial and the bit order of CRC-32 are those of RFC 1952, section 8.
 */
import { FlateErrorCode, Inflate } from 'fflate'
import { Refusal } from '#core/contract/errors.ts'

/** What came out: at most the bytes that were asked for, and whether there were more. */
export type Inflated = { readonly bytes: Uint8Array<ArrayBuffer>; readonly hasMore: boolean }

/** Unpacked content beyond this gigabyte is refused unless the caller allows more; all of MNIST takes a twentieth of it. */
export const INFLATED_LIMIT = 2 ** 30

const PIECE = 65_536 // of input; one piece gives 68 MB at most, and smaller ones cost time
const FIRST_PIECE = 1024 // holds the code tables of a first block and some of its data
const LARGEST_RATIO = 1032 // 258 bytes from two bits: no DEFLATE data give more

/**
 * Unpacks until `size` bytes are there and one more would be, or the data end.
 *
 * Cost: memory of `size` bytes at most, and never more than DEFLATE can make of the input.
 * Fails: 'invalid-input' in a sentence that begins with `place`, where the data are broken or end too early.
 */
export function inflate(deflated: Uint8Array, { size, place }: { size: number; place: string }): Inflated {
  return inflatePieces(deflated, { size, place, piece: PIECE })
}

/** The first `count` bytes, or fewer where the data hold fewer; not more of the data is read than that takes. */
export function inflateStart(deflated: Uint8Array, { count, place }: { count: number; place: string }): Uint8Array<ArrayBuffer> {
  return inflatePieces(deflated, { size: count, place, piece: FIRST_PIECE }).bytes
}

/** The CRC-32 of zip and gzip. */
export function crc32(bytes: Uint8Array): number {
  const table = crcTable()
  let crc = 0xffffffff
  const length = bytes.length
  for (let at = 0; at < length; at += 1) crc = (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function inflatePieces(deflated: Uint8Array, { size, place, piece }: { size: number; place: string; piece: number }): Inflated {
  const bytes = new Uint8Array(Math.min(size, LARGEST_RATIO * (deflated.length + 1)))
  let at = 0
  let hasMore = false
  const stream = new Inflate((part) => {
    const room = bytes.length - at
    hasMore = part.length > room
    bytes.set(hasMore ? part.subarray(0, room) : part, at)
    at += Math.min(part.length, room)
  })
  for (let from = 0; from === 0 || (from < deflated.length && !hasMore); from += piece) {
    push(stream, { part: deflated.subarray(from, from + piece), isLast: from + piece >= deflated.length, place })
  }
  return { bytes: at === bytes.length ? bytes : bytes.slice(0, at), hasMore }
}

function push(stream: Inflate, { part, isLast, place }: { part: Uint8Array; isLast: boolean; place: string }): void {
  try {
    stream.push(part, isLast)
  } catch (error) {
    const isCut = error instanceof Error && 'code' in error && error.code === FlateErrorCode.UnexpectedEOF
    const got = isCut ? 'data that end too early; is the file cut off?' : 'data that break its rules; is the file damaged?'
    throw new Refusal('invalid-input', `${place}: expected whole DEFLATE data, got ${got}`)
  }
}

function crcTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    return crc
  })
}
