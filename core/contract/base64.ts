/**
 * Bytes as text and back (RFC 4648, section 4, with padding). The runtime's own coder where it has one: Node's `Buffer` or ECMAScript's
 * `toBase64`, twenty times faster than the loop below, which is for browsers older than Chromium 140 and is the plain statement.
 */
import { quote } from './errors.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const outside = 64 // the value of a sign that is not in the alphabet

type Coder = { encode(bytes: Uint8Array): string; decode(text: string): Uint8Array }

export function bytesToBase64(bytes: Uint8Array, coder: Coder = fastestCoder()): string {
  return coder.encode(bytes)
}

/** Fails with a TypeError unless `text` is base64 with its padding; a coder that skips strange signs is caught by the length. */
export function base64ToBytes(text: unknown, coder: Coder = fastestCoder()): Uint8Array<ArrayBuffer> {
  if (typeof text !== 'string' || text.length % 4 !== 0) throw new TypeError(`array: expected base64 text, got ${quote(text)}`)
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = coder.decode(text)
  if (bytes.length !== (text.length / 4) * 3 - padding) throw new TypeError(`array: expected base64 text, got ${quote(text)}`)
  return new Uint8Array(bytes) // a copy: Node's may lie at an odd place of a shared pool, and its `slice` makes no copy
}

/** Without anything of the runtime. */
export const plainCoder: Coder = {
  encode(bytes) {
    const chunks: string[] = []
    const piece = 6144 // a multiple of 3, so that only the last piece is padded; short enough to be a call's arguments
    for (let start = 0; start < bytes.length; start += piece) chunks.push(encodePiece(bytes.subarray(start, start + piece)))
    return chunks.join('')
  },
  decode(text) {
    const values = new Uint8Array(128).fill(outside)
    for (let value = 0; value < 64; value += 1) values[alphabet.charCodeAt(value)] = value
    const valueAt = (index: number): number => values[text.charCodeAt(index)] ?? outside
    const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
    const bytes = new Uint8Array((text.length / 4) * 3)
    const digits = text.length - padding
    for (let index = 0, at = 0; index < text.length; index += 4, at += 3) {
      const c = index + 2 < digits ? valueAt(index + 2) : 0
      const d = index + 3 < digits ? valueAt(index + 3) : 0
      const a = valueAt(index)
      const b = valueAt(index + 1)
      if ((a | b | c | d) >= outside) return new Uint8Array(0) // the caller sees a wrong length
      bytes[at] = (a << 2) | (b >> 4)
      bytes[at + 1] = (b << 4) | (c >> 2)
      bytes[at + 2] = (c << 6) | d
    }
    return bytes.subarray(0, bytes.length - padding)
  },
}

function encodePiece(bytes: Uint8Array): string {
  const codes: number[] = []
  for (let index = 0; index < bytes.length; index += 3) {
    const word = (byteAt(bytes, index) << 16) | (byteAt(bytes, index + 1) << 8) | byteAt(bytes, index + 2)
    for (let shift = 18; shift >= 0; shift -= 6) codes.push(alphabet.charCodeAt((word >> shift) & 63))
  }
  const missing = (3 - (bytes.length % 3)) % 3
  return String.fromCharCode(...codes.slice(0, codes.length - missing)) + '='.repeat(missing)
}

const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0

/** What a runtime may have; none of these names exists in a pure layer's types. */
type Runtime = {
  readonly Buffer?: {
    from(bytes: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64'): string }
    from(text: string, encoding: 'base64'): Uint8Array
  }
}
type Es2026 = {
  readonly fromBase64?: (text: string) => Uint8Array
  readonly prototype: { readonly toBase64?: (this: Uint8Array) => string }
}

function fastestCoder(): Coder {
  const { Buffer } = globalThis as Runtime // every member is optional: a runtime without it is one of this type too
  if (Buffer) {
    return {
      encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
      decode: (text) => Buffer.from(text, 'base64'),
    }
  }
  const { fromBase64, prototype } = Uint8Array as Es2026 // as above
  const { toBase64 } = prototype
  if (fromBase64 && toBase64) return { encode: (bytes) => toBase64.call(bytes), decode: (text) => fromBase64.call(Uint8Array, text) }
  return plainCoder
}
