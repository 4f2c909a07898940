/**
 * What kernels of the float64 engine compute with: numbers in row-major order with a shape, and the one step that moves them.
 *
 * tfjs has no name for float64: a tensor of dtype 'float32' holds a Float64Array here, int32 an Int32Array, bool a Uint8Array of 0 and 1.
 * A kernel never writes to its inputs, so blocks may share their values.
 */
import { assert } from '#core/contract/errors.ts'

export type Dtype = 'float32' | 'int32' | 'bool'
export type Values = Float64Array | Int32Array | Uint8Array
export type Block = { readonly shape: readonly number[]; readonly dtype: Dtype; readonly values: Values }
export type Inputs = Readonly<Record<string, Block>>

/** One kernel. The attributes are those that tfjs's operation of the same name passes; inputs of a list are named 0, 1, … */
export type Kernel = (inputs: Inputs, attributes: unknown) => Block | readonly Block[]

/** The input of that name. Fails: a bug if tfjs did not pass it. */
export function input(inputs: Inputs, name: string): Block {
  const block = inputs[name]
  assert(block !== undefined, `float64: a kernel lacks its input ${name}`)
  return block
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

export function allocate(dtype: Dtype, size: number): Values {
  switch (dtype) {
    case 'float32':
      return new Float64Array(size)
    case 'int32':
      return new Int32Array(size)
    case 'bool':
      return new Uint8Array(size)
  }
}

/** How far apart neighbours along each axis lie, in row-major order: [2, 3, 4] → [12, 4, 1]. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
}

/**
 * The places start + Σ index · stride of all indices below `dims`, in row-major order. With the strides of an array and other `dims` this is a
 * transpose, a slice, a broadcast (stride 0) or a tiling.
 */
export function placesOf(dims: readonly number[], strides: readonly number[], start = 0): Int32Array {
  let places = Int32Array.of(start)
  for (const [axis, size] of dims.entries()) {
    const stride = strides[axis] ?? 0
    const next = new Int32Array(places.length * size)
    let at = 0
    for (const place of places) {
      for (let k = 0; k < size; k += 1) {
        next[at] = place + k * stride
        at += 1
      }
    }
    places = next
  }
  return places
}

/** The values of `x` at `places`, as a block of that shape. */
export function take({ values, dtype }: Block, shape: readonly number[], places: Int32Array): Block {
  const taken = allocate(dtype, places.length)
  let at = 0
  for (const place of places) {
    taken[at] = values[place] ?? Number.NaN // every place lies inside
    at += 1
  }
  return { shape, dtype, values: taken }
}

/** Writes `values` in their order to `places` of `target`. */
export function put(target: Values, places: Int32Array, values: Values): void {
  let at = 0
  for (const place of places) {
    target[place] = values[at] ?? Number.NaN // as many values as places
    at += 1
  }
}

/** [..., axes[0], axes[1], ...] → axes in the given order. */
export function permute(x: Block, axes: readonly number[]): Block {
  const strides = stridesOf(x.shape)
  const shape = axes.map((axis) => x.shape[axis] ?? 1)
  const places = placesOf(
    shape,
    axes.map((axis) => strides[axis] ?? 1),
  )
  return take(x, shape, places)
}

/** `x` repeated along axes of size 1, or new axes in front, to a shape that it broadcasts to. */
export function spread(x: Block, shape: readonly number[]): Block {
  if (x.shape.length === shape.length && x.shape.every((size, axis) => size === shape[axis])) return x
  const strides = stridesOf(x.shape)
  const added = shape.length - x.shape.length
  const steps = shape.map((_, axis) => (x.shape[axis - added] === 1 ? 0 : (strides[axis - added] ?? 0)))
  return take(x, shape, placesOf(shape, steps))
}
