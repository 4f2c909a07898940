/**
 * One array in NumPy's format .npy, read in versions 1 to 3 and either memory order, written in version 1 with NumPy's own bytes. Not a
 * reader of pickles: Python objects are refused by name, and nothing in a file is ever run.
 *
 * Source: numpy/lib/_format_impl.py of NumPy 2.4, "Format specification".
 */
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import { type NpyType, readNpyHeader, writeNpyHeader } from './npyHeader.ts'
import { type NumberArray, countOf, littleEndianBytes, numbersFrom } from './numbers.ts'

/** An array in row-major order, whatever the file's; shape [] is one number. `b1` is 0 and 1, `f2` comes as float32. */
export type NpyArray = { readonly type: NpyType; readonly shape: readonly number[]; readonly values: NumberArray }

/** What is written: f4, f8, i4 or u1, as the array says. */
export type WritableArray = {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array | Int32Array | Uint8Array
}

/**
 * The array of a .npy file, copied out of `bytes`.
 *
 * Fails: 'invalid-input' for what is no such file, types that are not plain numbers, and too few or too many bytes.
 */
export function readNpy(bytes: Uint8Array, { name }: { readonly name: string }): NpyArray {
  const { type, order, isFortran, shape, dataStart } = readNpyHeader(bytes, name)
  const size = countOf(shape) * Number(type[1])
  const got = bytes.length - dataStart
  if (size !== got) {
    throw new Refusal('invalid-input', `${name}: expected ${size} bytes of data for ${type} of shape ${quote(shape)}, got ${got}`)
  }
  const values = numbersFrom(bytes.subarray(dataStart), type === 'b1' ? 'u1' : type, order)
  if (type === 'b1') requireBits(values, name)
  return { type, shape, values: isFortran ? rowMajor(values, shape) : values }
}

/** The bytes of a .npy file, those that NumPy 2 writes. `shape` must multiply to the number of values: else it is a bug. */
export function writeNpy({ shape, values }: WritableArray): Uint8Array<ArrayBuffer> {
  assert(countOf(shape) === values.length, `writeNpy: shape ${quote(shape)} is not its length`)
  const header = writeNpyHeader(descrOf(values), shape)
  const bytes = new Uint8Array(header.length + values.byteLength)
  bytes.set(header)
  bytes.set(littleEndianBytes(values), header.length)
  return bytes
}

function descrOf(values: WritableArray['values']): string {
  if (values instanceof Float32Array) return '<f4'
  if (values instanceof Float64Array) return '<f8'
  return values instanceof Int32Array ? '<i4' : '|u1'
}

function requireBits(values: NumberArray, name: string): void {
  const bad = values.findIndex((value) => value !== 0 && value !== 1)
  if (bad >= 0) throw new Refusal('invalid-input', `${name}, value ${bad}: expected 0 or 1 for a boolean, got ${values[bad]}`)
}

/** From the order in which the first index moves fastest to the one in which the last does. */
function rowMajor(values: NumberArray, shape: readonly number[]): NumberArray {
  const from = new Float64Array(values.length) // the place in the file of each value in row-major order; float64 as lengths pass 2³²
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1))
  let place = 0
  for (let to = 0; to < from.length; to += 1) {
    from[to] = place
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const stride = strides[axis] ?? 0
      const next = (index[axis] ?? 0) + 1
      const isInside = next < (shape[axis] ?? 0)
      index[axis] = isInside ? next : 0
      place += isInside ? stride : -stride * (next - 1)
      if (isInside) break
    }
  }
  return gather(values, from)
}

function gather(values: NumberArray, from: Float64Array): NumberArray {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const moved = values.slice()
    for (const [to, place] of from.entries()) moved[to] = values[place] ?? 0n
    return moved
  }
  const moved = values.slice()
  for (const [to, place] of from.entries()) moved[to] = values[place] ?? 0
  return moved
}
