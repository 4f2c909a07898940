/** Kernels that make, name, move and join numbers without computing with them. */
import { backend_util, slice_util, util, type TensorInfo } from '@tensorflow/tfjs-core'
import {
  allocate,
  input,
  permute,
  placesOf,
  put,
  sizeOf,
  stridesOf,
  take,
  type Block,
  type Dtype,
  type Inputs,
  type Kernel,
} from '../block.ts'

const x = (inputs: Inputs) => input(inputs, 'x')

const filled = (shape: readonly number[], value: number, dtype: Dtype): Block => ({
  shape,
  dtype,
  values: allocate(dtype, sizeOf(shape)).fill(value),
})

const fill: Kernel = (_, attributes) => {
  const { shape, value, dtype } = attributes as { shape: number[]; value: number; dtype: Dtype } // of Fill
  return filled(shape, value, dtype)
}

/** float to int cuts towards zero; anything to bool asks for ≠ 0, which NaN is. */
const cast: Kernel = (inputs, attributes) => {
  const { shape, values } = x(inputs)
  const { dtype } = attributes as { dtype: Dtype } // of Cast
  const made = allocate(dtype, values.length)
  if (dtype === 'bool') for (let i = 0; i < values.length; i += 1) made[i] = values[i] === 0 ? 0 : 1
  else made.set(values)
  return { shape, dtype, values: made }
}

const reshape: Kernel = (inputs, attributes) => {
  const { shape } = attributes as { shape: number[] } // of Reshape; one −1 stands for what is left
  const block = x(inputs)
  return { ...block, shape: util.inferFromImplicitShape(shape, block.values.length) }
}

const expandDims: Kernel = (inputs, attributes) => {
  const block = input(inputs, 'input')
  const { dim } = attributes as { dim: number } // of ExpandDims; −1 is behind the last axis
  const place = dim < 0 ? block.shape.length + 1 + dim : dim
  return { ...block, shape: block.shape.toSpliced(place, 0, 1) }
}

const transpose: Kernel = (inputs, attributes) => {
  const { perm } = attributes as { perm: number[] } // of Transpose
  return permute(x(inputs), perm)
}

/** The part of `block` that begins at `begin`. */
function part(block: Block, begin: readonly number[], size: readonly number[]): Block {
  const strides = stridesOf(block.shape)
  const start = begin.reduce((place, from, axis) => place + from * (strides[axis] ?? 0), 0)
  return take(block, size, placesOf(size, strides, start))
}

const slice: Kernel = (inputs, attributes) => {
  const block = x(inputs)
  const { begin, size } = attributes as { begin: number | number[]; size?: number | number[] } // of Slice
  const info = infoOf(block)
  const [from = [], sizes = []] = slice_util.parseSliceParams(info, begin, size)
  slice_util.assertParamsValid(info, from, sizes)
  return part(block, from, sizes)
}

function infoOf({ shape, dtype }: Block): TensorInfo {
  return { dataId: {}, shape: [...shape], dtype } // only its shape is read
}

const pad: Kernel = (inputs, attributes) => {
  const block = x(inputs)
  const { paddings, constantValue } = attributes as { paddings: [number, number][]; constantValue: number } // of PadV2
  const shape = block.shape.map((size, axis) => size + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0))
  const padded = filled(shape, constantValue, block.dtype)
  place(
    padded,
    block,
    paddings.map(([before]) => before),
  )
  return padded
}

/** Writes `block` into `target` from `begin` on. */
function place(target: Block, block: Block, begin: readonly number[]): void {
  const strides = stridesOf(target.shape)
  const start = begin.reduce((at, from, axis) => at + from * (strides[axis] ?? 0), 0)
  put(target.values, placesOf(block.shape, strides, start), block.values)
}

/** Blocks of equal shape but for `axis`, one behind the other along it. */
function joined(blocks: readonly Block[], axis: number): Block {
  const [first] = blocks
  if (first === undefined) return filled([0], 0, 'float32')
  const along = blocks.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0)
  const whole = filled(first.shape.with(axis, along), 0, first.dtype)
  let from = 0
  for (const block of blocks) {
    place(whole, block, first.shape.map((_, i) => (i === axis ? from : 0))) // prettier-ignore
    from += block.shape[axis] ?? 0
  }
  return whole
}

const concat: Kernel = (inputs, attributes) => {
  const blocks = Object.values(inputs)
  const { axis } = attributes as { axis: number } // of Concat
  const rank = blocks[0]?.shape.length ?? 1
  backend_util.assertParamsConsistent(
    blocks.map(({ shape }) => [...shape]),
    fromFront(axis, rank),
  )
  return joined(blocks, fromFront(axis, rank))
}

const pack: Kernel = (inputs, attributes) => {
  const { axis } = attributes as { axis: number } // of Pack
  const blocks = Object.values(inputs)
  const place = fromFront(axis, (blocks[0]?.shape.length ?? 0) + 1)
  return joined(
    blocks.map((block) => ({ ...block, shape: block.shape.toSpliced(place, 0, 1) })),
    place,
  )
}

/** The parts of the given sizes along `axis`. */
function parts(block: Block, sizes: readonly number[], axis: number): Block[] {
  let from = 0
  return sizes.map((size) => {
    const begin = block.shape.map((_, i) => (i === axis ? from : 0))
    from += size
    return part(block, begin, block.shape.with(axis, size))
  })
}

const split: Kernel = (inputs, attributes) => {
  const block = x(inputs)
  const { numOrSizeSplits, axis } = attributes as { numOrSizeSplits: number | number[]; axis: number } // of SplitV
  const along = fromFront(axis, block.shape.length)
  return parts(block, backend_util.prepareSplitSize(infoOf(block), numOrSizeSplits, along), along)
}

const unpack: Kernel = (inputs, attributes) => {
  const block = input(inputs, 'value')
  const { axis } = attributes as { axis: number } // of Unpack
  const along = fromFront(axis, block.shape.length)
  const count = block.shape[along] ?? 0
  return parts(block, new Array<number>(count).fill(1), along).map((one) => ({ ...one, shape: one.shape.toSpliced(along, 1) }))
}

function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis
}

const tile: Kernel = (inputs, attributes) => {
  const block = x(inputs)
  const { reps } = attributes as { reps: number[] } // of Tile
  const strides = stridesOf(block.shape)
  const dims = block.shape.flatMap((size, axis) => [reps[axis] ?? 1, size]) // a copy is a step of 0
  const places = placesOf(
    dims,
    strides.flatMap((stride) => [0, stride]),
  )
  return take(
    block,
    block.shape.map((size, axis) => size * (reps[axis] ?? 1)),
    places,
  )
}

export const arrangement = {
  Fill: fill,
  ZerosLike: (inputs) => filled(x(inputs).shape, 0, x(inputs).dtype),
  OnesLike: (inputs) => filled(x(inputs).shape, 1, x(inputs).dtype),
  Identity: (inputs) => x(inputs),
  Cast: cast,
  Reshape: reshape,
  ExpandDims: expandDims,
  Transpose: transpose,
  Slice: slice,
  PadV2: pad,
  Concat: concat,
  Pack: pack,
  SplitV: split,
  Unpack: unpack,
  Tile: tile,
} as const satisfies Record<string, Kernel>
