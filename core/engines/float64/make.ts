/**
 * Making tensors that keep float64 inside inFloat64 and are tfjs's own elsewhere.
 *
 * tfjs's `tensor` and `scalar` round to float32 before any engine sees the numbers: 1/3 would be wrong in its eighth digit.
 */
import { engine, tensor as tfjsTensor, type DataType, type Scalar, type Tensor, type TypedArray } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { backendName } from './backend.ts'
import { sizeOf } from './block.ts'

export type Nested = number | boolean | readonly Nested[]

/**
 * A tensor of the active engine: float64 inside inFloat64, else float32; int32 and bool as said or as tfjs infers them.
 *
 * @param values  numbers, nested or flat, or a typed array; a Float64Array is rounded where the engine is not float64
 * @param shape   as the values are nested if left out
 */
export function tensor(values: TypedArray | Float64Array | Nested, shape?: readonly number[], dtype?: DataType): Tensor {
  const isFloat = dtype === 'float32' || (dtype === undefined && holdsFloats(values))
  if (isFloat && engine().backendName === backendName) return tensor64(flat(values), shape ?? shapeOf(values))
  const taken = values instanceof Float64Array ? Float32Array.from(values) : values
  return tfjsTensor(taken as TypedArray, shape === undefined ? undefined : [...shape], dtype) // nested arrays too; tfjs's type has no readonly ones
}

/** A tensor of one number and no axes; see `tensor`. */
export function scalar(value: number | boolean, dtype?: DataType): Scalar {
  return tensor(value, [], dtype) as Scalar // its shape is []
}

/** A float64 tensor; the values are copied. Fails: a bug outside inFloat64. */
export function tensor64(values: Float64Array | readonly number[], shape: readonly number[]): Tensor {
  assert(engine().backendName === backendName, 'tensor64: expected to be called inside inFloat64')
  assert(values.length === sizeOf(shape), `tensor: expected ${sizeOf(shape)} values for shape [${shape.join()}], got ${values.length}`)
  const numbers = new Float64Array(values) as unknown as Float32Array // tfjs has no type for float64; the backend takes the array as it is
  return engine().makeTensor(numbers, [...shape], 'float32')
}

/** A copy of a float64 tensor's numbers. Fails: a bug if it holds anything else. */
export function read64(x: Tensor): Float64Array {
  const values: unknown = x.dataSync()
  assert(values instanceof Float64Array, `read64: expected a tensor of float64, got ${x.dtype}`)
  return values
}

function holdsFloats(values: TypedArray | Float64Array | Nested): boolean {
  if (Array.isArray(values)) return values.length === 0 || holdsFloats(values[0] as Nested) // what nests is nested alike
  return typeof values === 'number' || values instanceof Float64Array || values instanceof Float32Array
}

function flat(values: TypedArray | Float64Array | Nested): Float64Array {
  if (typeof values !== 'object') return Float64Array.of(Number(values))
  if (!Array.isArray(values)) return Float64Array.from(values as TypedArray) // no nested array
  return Float64Array.from((values as unknown[]).flat(Number.POSITIVE_INFINITY).map(Number)) // numbers or truth values, by the type
}

function shapeOf(values: TypedArray | Float64Array | Nested): number[] {
  if (typeof values !== 'object') return []
  const [first] = values
  return first === undefined ? [values.length] : [values.length, ...shapeOf(first)]
}
