/**
 * The IDX format of MNIST and its relatives, plain or in gzip: a type, a shape, then the numbers, all big-endian. A file is read whole or
 * refused: bytes that lack and bytes that are left over are both a sign of another file.
 *
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "The IDX file format".
 */
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import { INFLATED_LIMIT } from './deflate.ts'
import { gunzip, gunzipStart, isGzip, openGzip } from './gzip.ts'
import { type NumberArray, type NumberKind, countOf, numbersFrom } from './numbers.ts'

/** An array in row-major order. */
export type Idx = { readonly name: string; readonly shape: readonly number[]; readonly values: NumberArray }

/** `name` stands in the sentences; what gzip holds may have `limit` bytes. */
export type IdxOptions = { readonly name: string; readonly limit?: number }

/** Things and their classes: `values` holds `count` items of `shape` after each other. */
export type Labelled = {
  readonly count: number
  readonly shape: readonly number[] // of one item
  readonly values: NumberArray // [count, …shape]
  readonly labels: Int32Array // [count], each ≥ 0
}

type Header = { readonly type: Type; readonly shape: readonly number[]; readonly start: number; readonly size: number }
type Type = { readonly code: number; readonly title: string; readonly kind: NumberKind }

const FIXED_BYTES = 4
const LARGEST_RANK = 8
const HEADER_LIMIT = FIXED_BYTES + 4 * LARGEST_RANK // bytes
const LARGEST_LABEL = 2 ** 31 - 1
const types: readonly Type[] = [
  { code: 0x08, title: 'ubyte', kind: 'u1' },
  { code: 0x09, title: 'byte', kind: 'i1' },
  { code: 0x0b, title: 'short', kind: 'i2' },
  { code: 0x0c, title: 'int', kind: 'i4' },
  { code: 0x0d, title: 'float', kind: 'f4' },
  { code: 0x0e, title: 'double', kind: 'f8' },
]

/**
 * The array of an IDX file, whose bytes may be in gzip.
 *
 * Cost: one pass, and one more to unpack; memory of the content, which the file's own header bounds before anything is unpacked.
 * Fails: 'invalid-input' for an empty file, other first bytes, an unknown type, no or more than eight dimensions, too few or too many bytes,
 * and gzip that is broken, cut off or holds more than the limit.
 */
export function readIdx(bytes: Uint8Array, { name, limit = INFLATED_LIMIT }: IdxOptions): Idx {
  if (bytes.length === 0) throw new Refusal('invalid-input', `${name}: expected an IDX file, got an empty file`)
  if (!isGzip(bytes)) {
    const header = readHeader(bytes, name)
    requireSize(header, { name, got: bytes.length === header.size ? undefined : String(bytes.length) })
    return { name, shape: header.shape, values: numbersOf(bytes, header) }
  }
  const file = openGzip(bytes, name)
  const header = readHeader(gunzipStart(file, HEADER_LIMIT), name)
  if (header.size > limit) throw new Refusal('invalid-input', `${name}: expected at most ${limit} bytes in gzip, got ${header.size}`)
  const content = gunzip(file, header.size)
  const isExact = !content.hasMore && content.bytes.length === header.size
  requireSize(header, { name, got: isExact ? undefined : content.hasMore ? 'more' : String(content.bytes.length) })
  return { name, shape: header.shape, values: numbersOf(content.bytes, header) }
}

/**
 * Items and their classes from two files, as MNIST has them: the first dimension of both counts items.
 *
 * Fails: 'invalid-input' for counts that differ or are 0, items that are single numbers, labels that are not whole numbers ≥ 0 in one
 * dimension.
 */
export function pairLabels(items: Idx, labels: Idx): Labelled {
  const [count = 0, ...shape] = items.shape
  const size = quote(labels.shape)
  if (shape.length === 0) throw new Refusal('invalid-input', `${items.name}: expected items of a shape, got single numbers`)
  if (labels.shape.length !== 1) throw new Refusal('invalid-input', `${labels.name}: expected labels in one dimension, got shape ${size}`)
  if (count === 0) throw new Refusal('invalid-input', `${items.name}: expected at least one item, got none`)
  if (labels.shape[0] !== count) {
    const rule = `expected ${count} labels, one for each item of ${items.name}`
    throw new Refusal('invalid-input', `${labels.name}: ${rule}, got ${labels.shape[0]}`)
  }
  return { count, shape, values: items.values, labels: classesOf(labels) }
}

function readHeader(bytes: Uint8Array, name: string): Header {
  const [first, second, code, rank] = bytes
  if (first !== 0 || (second ?? 0) !== 0) {
    const got = [...bytes.subarray(0, 2)].map(hex).join(' ')
    throw new Refusal('invalid-input', `${name}: expected an IDX file, which begins with 0x00 0x00, got ${got || 'nothing'}`)
  }
  if (code === undefined || rank === undefined) throw cutHeader(name, FIXED_BYTES, bytes)
  const type = types.find((known) => known.code === code)
  if (type === undefined) {
    const known = types.map(({ code: each, title }) => `${hex(each)} (${title})`).join(', ')
    throw new Refusal('invalid-input', `${name}, type: expected one of ${known}, got ${hex(code)}`)
  }
  if (rank < 1 || rank > LARGEST_RANK) {
    throw new Refusal('invalid-input', `${name}: expected 1 to ${LARGEST_RANK} dimensions, got ${rank}`)
  }
  const start = FIXED_BYTES + 4 * rank
  if (bytes.length < start) throw cutHeader(name, start, bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, start)
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(FIXED_BYTES + 4 * axis))
  return { type, shape, start, size: start + countOf(shape) * Number(type.kind[1]) }
}

function cutHeader(name: string, size: number, bytes: Uint8Array): Refusal {
  return new Refusal('invalid-input', `${name}: expected a header of ${size} bytes, got ${bytes.length}; is the file cut off?`)
}

function requireSize({ type, shape, size }: Header, { name, got }: { name: string; got: string | undefined }): void {
  if (got === undefined) return
  throw new Refusal('invalid-input', `${name}: expected ${size} bytes for ${type.title} of shape ${quote(shape)}, got ${got}`)
}

function numbersOf(bytes: Uint8Array, { type, start }: Header): NumberArray {
  return numbersFrom(bytes.subarray(start), type.kind, 'big')
}

function classesOf({ name, values }: Idx): Int32Array {
  const classes = new Int32Array(values.length)
  for (const [index, value] of values.entries()) {
    assert(typeof value === 'number', 'pairLabels: IDX has no 64-bit whole numbers')
    if (!(Number.isInteger(value) && value >= 0 && value <= LARGEST_LABEL)) {
      throw new Refusal('invalid-input', `${name}, label ${index}: expected a whole number ≥ 0, got ${value}`)
    }
    classes[index] = value
  }
  return classes
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`
}
