/**
 * Named arrays in the safetensors format: eight bytes of header length, a JSON header, the arrays' bytes without holes. The same tensors
 * give the same bytes, those that the reference implementation writes. Half precision (F16, BF16) is read, as the float32 that it is exactly,
 * and not written; the floats of 8 bits and less and complex numbers are refused by name.
 *
 * Source: github.com/huggingface/safetensors, README "Format", and its order of tensors: larger elements first (so that every array stays
 * aligned), then by name.
 */
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import { repeatedName } from './jsonNames.ts'
import { assertLittleEndian, countOf, float32FromBfloat16, float32FromHalf } from './numbers.ts'
import { decodeUtf8, encodeUtf8, invalidUtf8At, isWellFormed } from './utf8.ts'

type WritableArrays = {
  readonly U64: BigUint64Array
  readonly I64: BigInt64Array
  readonly F64: Float64Array
  readonly F32: Float32Array
  readonly U32: Uint32Array
  readonly I32: Int32Array
  readonly U16: Uint16Array
  readonly I16: Int16Array
  readonly I8: Int8Array
  readonly U8: Uint8Array
  readonly BOOL: Uint8Array // 0 and 1
}
type Arrays = WritableArrays & { readonly BF16: Float32Array; readonly F16: Float32Array }
export type Dtype = keyof Arrays

/** An array in row-major order. */
export type Tensor = { [D in Dtype]: { readonly dtype: D; readonly shape: readonly number[]; readonly values: Arrays[D] } }[Dtype]
export type NamedTensor = Extract<Tensor, { readonly dtype: keyof WritableArrays }> & { readonly name: string }
export type SafeTensors = { readonly tensors: ReadonlyMap<string, Tensor>; readonly metadata: Readonly<Record<string, string>> }

const METADATA = '__metadata__'
const LENGTH_BYTES = 8
const HEADER_LIMIT = 100_000_000 // bytes; the reference implementation's own limit
/** Bytes of one element; larger ones first, the reference's order. */
const elementBytes = { U64: 8, I64: 8, F64: 8, F32: 4, U32: 4, I32: 4, BF16: 2, F16: 2, U16: 2, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const
const order = Object.keys(elementBytes) as readonly Dtype[] // Object.keys forgets the key type; `satisfies` below holds it to all dtypes
elementBytes satisfies Readonly<Record<Dtype, number>>

type Entry = {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** The bytes of a safetensors file. Names must differ, and `shape` must multiply to the number of values: else it is a bug. */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  assertLittleEndian()
  const sorted = [...tensors].sort((a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || (a.name < b.name ? -1 : 1))
  const fields: string[] = []
  const notes = Object.keys(metadata).sort()
  if (notes.length > 0) fields.push(field(METADATA, `{${notes.map((name) => field(name, jsonText(metadata[name] ?? ''))).join(',')}}`))
  let end = 0
  for (const { name, dtype, shape, values } of sorted) {
    assert(name !== METADATA, `writeSafetensors: expected another name than ${METADATA}`)
    assert(countOf(shape) === values.length, `writeSafetensors: shape of ${name} is not its length`)
    const begin = end
    end += values.byteLength
    fields.push(field(name, `{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`))
  }
  assert(new Set(tensors.map(({ name }) => name)).size === tensors.length, 'writeSafetensors: expected names that differ')
  const header = encodeUtf8(`{${fields.join(',')}}`)
  const headerLength = Math.ceil(header.length / 8) * 8
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true)
  bytes.set(header, LENGTH_BYTES)
  bytes.fill(0x20, LENGTH_BYTES + header.length, LENGTH_BYTES + headerLength)
  let at = LENGTH_BYTES + headerLength
  for (const { values } of sorted) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return bytes
}

/**
 * The tensors of a safetensors file, copied out of `bytes`, in the order of their bytes. `toFloat64` of numbers.ts widens what they hold.
 *
 * Fails: 'invalid-input' for anything that breaks the format: cut off, header too long, not UTF-8 or not JSON, a name twice, unknown dtype,
 * shape that does not fit its bytes, offsets that overlap, leave holes or leave the file.
 */
export function readSafetensors(bytes: Uint8Array): SafeTensors {
  assertLittleEndian()
  const { fields, dataStart } = readHeader(bytes)
  const metadata: (readonly [string, string])[] = []
  const entries: Entry[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (name === METADATA) metadata.push(...readMetadata(value))
    else entries.push(readEntry(name, value))
  }
  requireTiling(entries, bytes.length - dataStart)
  const tensors = entries.map((entry) => [entry.name, readTensor(entry, bytes, dataStart)] as const)
  return { tensors: new Map(tensors), metadata: Object.fromEntries(metadata) }
}

function readHeader(bytes: Uint8Array): { fields: Readonly<Record<string, unknown>>; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) throw refusal(`expected at least ${LENGTH_BYTES} bytes`, quote(bytes.length))
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > HEADER_LIMIT) throw refusal(`header length: expected at most ${HEADER_LIMIT} bytes`, quote(length))
  const dataStart = LENGTH_BYTES + Number(length)
  if (dataStart > bytes.length) {
    throw refusal(`header length: expected at most the ${bytes.length - LENGTH_BYTES} bytes that follow`, quote(length))
  }
  const header = bytes.subarray(LENGTH_BYTES, dataStart)
  const bad = invalidUtf8At(header)
  if (bad >= 0) throw refusal('header: expected UTF-8', `byte ${header[bad]} at offset ${LENGTH_BYTES + bad}`)
  const text = decodeUtf8(header)
  const fields = parseJson(text)
  if (!text.startsWith('{') || !isRecord(fields)) throw refusal('header: expected a JSON object', quote(text))
  const twice = repeatedName(text)
  if (twice !== undefined) throw refusal('header: expected every name once', `${quote(twice)} twice`)
  return { fields, dataStart }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refusal('header: expected a JSON object', quote(text)) // what the engine says differs from engine to engine
  }
}

function readMetadata(value: unknown): readonly (readonly [string, string])[] {
  if (!isRecord(value)) throw refusal(`${METADATA}: expected an object of texts`, quote(value))
  return Object.entries(value).map(([name, note]) => {
    if (typeof note !== 'string') throw refusal(`${METADATA}.${quote(name)}: expected a text`, quote(note))
    return [name, note] as const
  })
}

function readEntry(name: string, value: unknown): Entry {
  const place = `tensor ${quote(name)}`
  if (!isRecord(value)) throw refusal(`${place}: expected an object with dtype, shape and data_offsets`, quote(value))
  const { dtype: written, shape, data_offsets: offsets, ...rest } = value
  const [extra] = Object.keys(rest)
  if (extra !== undefined) throw refusal(`${place}: expected only dtype, shape and data_offsets`, quote(extra))
  const dtype = order.find((known) => known === written)
  if (dtype === undefined) throw refusal(`${place}, dtype: expected one of ${order.join(', ')}`, quote(written))
  if (!isCounts(shape)) throw refusal(`${place}, shape: expected a list of whole numbers ≥ 0`, quote(shape))
  if (!isCounts(offsets)) throw refusal(`${place}, data_offsets: expected two whole numbers ≥ 0`, quote(offsets))
  const [begin, end, ...others] = offsets
  if (begin === undefined || end === undefined || others.length > 0 || begin > end) {
    throw refusal(`${place}, data_offsets: expected begin ≤ end`, quote(offsets))
  }
  const size = countOf(shape) * elementBytes[dtype]
  if (size !== end - begin) throw refusal(`${place}: expected ${size} bytes for ${dtype} of shape ${quote(shape)}`, quote(end - begin))
  return { name, dtype, shape, begin, end }
}

/** Refuses entries that do not tile the data; sorts them into its order. */
function requireTiling(entries: Entry[], length: number): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end) {
      throw refusal(`tensor ${quote(entry.name)}, data_offsets: expected to begin at ${end}, where the one before ends`, quote(entry.begin))
    }
    end = entry.end
  }
  if (end !== length) throw refusal(`expected ${end} bytes of data after the header`, quote(length))
}

function readTensor({ name, dtype, shape, begin, end }: Entry, bytes: Uint8Array, dataStart: number): Tensor {
  const { buffer } = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end)) // a copy, so that it is aligned; a Buffer's `slice` makes none
  switch (dtype) {
    case 'F64':
      return { dtype, shape, values: new Float64Array(buffer) }
    case 'I64':
      return { dtype, shape, values: new BigInt64Array(buffer) }
    case 'F32':
      return { dtype, shape, values: new Float32Array(buffer) }
    case 'I32':
      return { dtype, shape, values: new Int32Array(buffer) }
    case 'U8':
      return { dtype, shape, values: new Uint8Array(buffer) }
    case 'U64':
      return { dtype, shape, values: new BigUint64Array(buffer) }
    case 'U32':
      return { dtype, shape, values: new Uint32Array(buffer) }
    case 'U16':
      return { dtype, shape, values: new Uint16Array(buffer) }
    case 'I16':
      return { dtype, shape, values: new Int16Array(buffer) }
    case 'I8':
      return { dtype, shape, values: new Int8Array(buffer) }
    case 'F16':
      return { dtype, shape, values: float32FromHalf(new Uint16Array(buffer)) }
    case 'BF16':
      return { dtype, shape, values: float32FromBfloat16(new Uint16Array(buffer)) }
    case 'BOOL':
      return { dtype, shape, values: bitsOf(new Uint8Array(buffer), name) }
    default:
      return dtype satisfies never
  }
}

function bitsOf(values: Uint8Array<ArrayBuffer>, name: string): Uint8Array {
  const bad = values.findIndex((value) => value > 1)
  if (bad >= 0) throw refusal(`tensor ${quote(name)}, value ${bad}: expected 0 or 1 for BOOL`, quote(values[bad]))
  return values
}

function refusal(rule: string, got: string): Refusal {
  return new Refusal('invalid-input', `safetensors: ${rule}, got ${got}`)
}

function field(name: string, text: string): string {
  return `${jsonText(name)}:${text}`
}

function jsonText(text: string): string {
  assert(isWellFormed(text), `writeSafetensors: expected text without a lone surrogate, got ${quote(text)}`)
  return JSON.stringify(text)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item: unknown) => Number.isSafeInteger(item) && Number(item) >= 0)
}
