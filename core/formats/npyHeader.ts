/**
 * The header of a .npy file: a Python dictionary of three entries, read by a grammar of its own and never evaluated.
 *
 * Source: numpy/lib/_format_impl.py of NumPy 2.4, "Format specification".
 */
import { Refusal, quote } from '#core/contract/errors.ts'
import type { ByteOrder, NumberKind } from './numbers.ts'
import { decodeUtf8, encodeUtf8, invalidUtf8At } from './utf8.ts'

export type NpyType = NumberKind | 'b1'
export type NpyHeader = {
  readonly type: NpyType
  readonly order: ByteOrder
  readonly isFortran: boolean // the first index moves fastest
  readonly shape: readonly number[]
  readonly dataStart: number
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const // \x93NUMPY
const VERSION_BYTES = MAGIC.length + 2
const HEADER_LIMIT = 65_536 // bytes; a plain array needs a hundred, and NumPy itself refuses more than 10,000
const LARGEST_RANK = 64 // NumPy's own
const ALIGNMENT = 64
const GROWTH_DIGITS = 21 // NumPy leaves room for the first dimension to grow into
const types: readonly NpyType[] = ['b1', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'f2', 'f4', 'f8']
const names = ['descr', 'fortran_order', 'shape'] as const
const entryPattern = /\s*(['"])(\w*)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([^()]*\)|\[)/y // a name, and a value as far as a plain array has it

/**
 * Fails: 'invalid-input' for other first bytes, an unknown version, a header that is cut off or not such a dictionary, and every type that is
 * not plain numbers: Python objects (which only a pickle holds), records, text, times, complex numbers.
 */
export function readNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  if (bytes.length === 0) throw refusal(name, 'expected a NumPy file', 'an empty file')
  if (!MAGIC.every((byte, at) => bytes[at] === byte)) {
    const got = [...bytes.subarray(0, MAGIC.length)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    throw refusal(name, 'expected a NumPy file, which begins with 93 4e 55 4d 50 59', got)
  }
  const [major, minor] = bytes.subarray(MAGIC.length, VERSION_BYTES)
  if (major === undefined || minor === undefined) throw cut(name, VERSION_BYTES, bytes)
  if (major < 1 || major > 3 || minor !== 0) throw refusal(name, 'expected version 1.0, 2.0 or 3.0', `${major}.${minor}`)
  const textStart = VERSION_BYTES + (major === 1 ? 2 : 4)
  if (bytes.length < textStart) throw cut(name, textStart, bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const length = major === 1 ? view.getUint16(VERSION_BYTES, true) : view.getUint32(VERSION_BYTES, true)
  if (length > HEADER_LIMIT) throw refusal(name, `header: expected at most ${HEADER_LIMIT} bytes`, String(length))
  const dataStart = textStart + length
  if (bytes.length < dataStart) throw cut(name, dataStart, bytes)
  return { ...readDictionary(headerText(bytes.subarray(textStart, dataStart), { major, name }), name), dataStart }
}

/** The bytes before the numbers, as NumPy 2 writes them: version 1.0, row-major. */
export function writeNpyHeader(descr: string, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const growth = shape.length === 0 ? 0 : Math.max(0, GROWTH_DIGITS - String(shape[0]).length)
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }${' '.repeat(growth)}`
  const start = VERSION_BYTES + 2
  const length = ALIGNMENT - ((start + text.length + 1) % ALIGNMENT) + text.length + 1 // a whole block of spaces where it fits already
  const header = new Uint8Array(start + length)
  header.set([...MAGIC, 1, 0])
  new DataView(header.buffer).setUint16(VERSION_BYTES, length, true)
  header.set(encodeUtf8(`${text.padEnd(length - 1)}\n`), start)
  return header
}

function headerText(bytes: Uint8Array, { major, name }: { major: number; name: string }): string {
  const bad = major === 3 ? invalidUtf8At(bytes) : bytes.findIndex((byte) => byte > 0x7f) // a plain array's header is ASCII in every version
  if (bad >= 0) throw refusal(name, `header: expected ${major === 3 ? 'UTF-8' : 'ASCII'}`, `byte ${bytes[bad]} at offset ${bad}`)
  return decodeUtf8(bytes)
}

function readDictionary(text: string, name: string): Omit<NpyHeader, 'dataStart'> {
  const entries = readEntries(text, name)
  const [descr, isFortran, shape] = names.map((each) => {
    const value = entries.get(each)
    if (value === undefined) throw refusal(name, `header: expected the entry ${each}`, quote([...entries.keys()].join(', ')))
    return value
  })
  if (isFortran !== 'True' && isFortran !== 'False') throw refusal(name, 'fortran_order: expected True or False', quote(isFortran))
  return { ...readType(descr ?? '', name), isFortran: isFortran === 'True', shape: readShape(shape ?? '', name) }
}

/** Each entry's value as it is written. */
function readEntries(text: string, name: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  const body = text.trim()
  const broken = () => refusal(name, 'header: expected a dictionary of descr, fortran_order and shape', quote(text))
  if (!body.startsWith('{') || !body.endsWith('}')) throw broken()
  const end = body.length - 1
  let at = 1
  while (body.slice(at, end).trim() !== '') {
    entryPattern.lastIndex = at
    const [found = '', , key = '', value = ''] = entryPattern.exec(body) ?? []
    if (found === '') throw broken()
    if (value === '[') throw refusal(name, 'descr: expected plain numbers', 'records of several fields')
    if (entries.has(key) || !names.some((each) => each === key)) throw broken()
    entries.set(key, value)
    at += found.length
    while (body[at] === ' ') at += 1
    if (body[at] === ',') at += 1
    else if (at < end) throw broken()
  }
  return entries
}

function readType(written: string, name: string): { type: NpyType; order: ByteOrder } {
  const descr = /^(['"])(.*)\1$/.exec(written)?.[2]
  const [sign = '', kind = ''] = [descr?.slice(0, 1), descr?.slice(1)]
  if (kind.startsWith('O')) {
    throw refusal(
      name,
      'descr: expected plain numbers',
      `Python objects (${quote(descr)}), which only a pickle holds and which are never loaded`,
    )
  }
  const type = types.find((known) => known === kind)
  const isOrdered = sign === '<' || sign === '>' || (sign === '|' && kind.endsWith('1'))
  if (type === undefined || !isOrdered) {
    throw refusal(name, `descr: expected a byte order and one of ${types.join(', ')}`, descr === undefined ? quote(written) : quote(descr))
  }
  return { type, order: sign === '>' ? 'big' : 'little' }
}

function readShape(written: string, name: string): readonly number[] {
  const sizes = written.slice(1, -1).split(',')
  if (sizes.length > 1 && sizes.at(-1)?.trim() === '') sizes.pop()
  else if (sizes.length === 1 && sizes[0]?.trim() === '') sizes.length = 0
  else if (sizes.length === 1) sizes.push('') // (3) is no tuple in Python, (3,) is
  const isTuple = written.startsWith('(') && sizes.every((size) => /^\d{1,16}L?$/.test(size.trim())) // L: a long number of Python 2
  const shape = sizes.map((size) => Number.parseInt(size, 10))
  if (!isTuple || !shape.every(Number.isSafeInteger)) throw refusal(name, 'shape: expected a tuple of whole numbers ≥ 0', quote(written))
  if (shape.length > LARGEST_RANK) throw refusal(name, `shape: expected at most ${LARGEST_RANK} dimensions`, String(shape.length))
  return shape
}

function cut(name: string, size: number, bytes: Uint8Array): Refusal {
  return refusal(name, `expected a header of ${size} bytes`, `${bytes.length}; is the file cut off?`)
}

function refusal(name: string, rule: string, got: string): Refusal {
  return new Refusal('invalid-input', `${name}: ${rule}, got ${got}`)
}
