/**
 * Arrays of numbers from the bytes that files hold, in either byte order, and their widening to float64. Half precision, which JavaScript
 * has no array for, becomes float32 without error. Not a converter: no number is ever rounded here, and what would have to be is refused.
 *
 * Source: IEEE 754-2019, section 3.4 (binary16); bfloat16 is the upper half of a float32.
 */
import { Refusal, assert } from '#core/contract/errors.ts'

/** Kind and bytes of one number: i whole, u whole ≥ 0, f floating point. */
export type NumberKind = 'i1' | 'i2' | 'i4' | 'i8' | 'u1' | 'u2' | 'u4' | 'u8' | 'f2' | 'f4' | 'f8'
export type ByteOrder = 'little' | 'big'
export type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/** The numbers that `bytes` hold, copied; `bytes.length` is a multiple of the kind's size. f2 comes as float32. */
export function numbersFrom(bytes: Uint8Array, kind: NumberKind, order: ByteOrder): NumberArray {
  const size = Number(kind[1])
  assert(bytes.length % size === 0, `numbersFrom: expected a multiple of ${size} bytes, got ${bytes.length}`)
  const { buffer } = orderedCopy(bytes, size, order)
  switch (kind) {
    case 'i1':
      return new Int8Array(buffer)
    case 'i2':
      return new Int16Array(buffer)
    case 'i4':
      return new Int32Array(buffer)
    case 'i8':
      return new BigInt64Array(buffer)
    case 'u1':
      return new Uint8Array(buffer)
    case 'u2':
      return new Uint16Array(buffer)
    case 'u4':
      return new Uint32Array(buffer)
    case 'u8':
      return new BigUint64Array(buffer)
    case 'f2':
      return float32FromHalf(new Uint16Array(buffer))
    case 'f4':
      return new Float32Array(buffer)
    case 'f8':
      return new Float64Array(buffer)
    default:
      return kind satisfies never
  }
}

/** The bytes of `values`, little-endian, copied. */
export function littleEndianBytes(values: NumberArray): Uint8Array<ArrayBuffer> {
  assertLittleEndian()
  return new Uint8Array(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

/**
 * binary16 → float32, exactly: (−1)ˢ · 2⁻²⁴ · m below the exponent 1, (−1)ˢ · 2^(e − 25) · (1024 + m) from it on, ±∞ and NaN at 31.
 *
 * @param bits  the sixteen bits of each number
 * @returns     float32 of the same length; −0 stays −0, a NaN stays a NaN without its payload
 */
export function float32FromHalf(bits: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(bits, (word) => {
    const exponent = (word >> 10) & 0x1f
    const mantissa = word & 0x3ff
    const sign = word >> 15 === 0 ? 1 : -1
    if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : Number.NaN
    return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25)
  })
}

/** bfloat16 → float32, exactly: the sixteen bits become the upper half. */
export function float32FromBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint32Array.from(bits, (word) => word << 16).buffer)
}

/**
 * The same numbers as float64.
 *
 * @param place  stands in the sentence
 * @returns      `values` itself where it is float64, else a new array of its length
 * Accuracy: exact.
 * Fails: 'invalid-input' for a 64-bit whole number that float64 does not hold, such as 2⁵³ + 1.
 */
export function toFloat64(values: NumberArray, place: string): Float64Array {
  if (values instanceof Float64Array) return values
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array)) return Float64Array.from(values)
  const wide = new Float64Array(values.length)
  for (const [index, value] of values.entries()) {
    wide[index] = Number(value)
    if (BigInt(Number(value)) === value) continue
    throw new Refusal('invalid-input', `${place}, value ${index}: expected a whole number that float64 holds exactly, got ${value}`)
  }
  return wide
}

/** How many numbers an array of this shape has; it may pass what a number counts exactly, and then no file is that long. */
export function countOf(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1)
}

/** Typed arrays have the machine's byte order; no machine that runs Node or Electron has another than this. */
export function assertLittleEndian(): void {
  assert(new Uint8Array(Uint16Array.of(1).buffer)[0] === 1, 'formats: expected a little-endian machine')
}

/** A copy, so that it is aligned (a Buffer's `slice` makes none), each number in the machine's order. */
function orderedCopy(bytes: Uint8Array, size: number, order: ByteOrder): Uint8Array<ArrayBuffer> {
  assertLittleEndian()
  const copy = new Uint8Array(bytes)
  if (order === 'little' || size === 1) return copy
  for (let from = 0; from < copy.length; from += size) {
    for (let low = from, high = from + size - 1; low < high; low += 1, high -= 1) {
      const byte = copy[low] ?? 0
      copy[low] = copy[high] ?? 0
      copy[high] = byte
    }
  }
  return copy
}
