/**
 * Gradients of products, of folds along axes, and of what moves numbers.
 *
 * Equal largest (or smallest) entries of `max` (`min`) take the whole gradient each, as in tfjs's own table.
 */
import {
  backend_util,
  cast,
  clone,
  concat,
  div,
  equal,
  gather,
  greaterEqual,
  matMul,
  max,
  maximum,
  min,
  mul,
  pad,
  reshape,
  scalar,
  slice,
  slice_util,
  softmax,
  split,
  stack,
  sub,
  sum,
  transpose,
  unsortedSegmentSum,
  unstack,
  util,
  zeros,
  zerosLike,
  type GradConfig,
  type NamedAttrMap,
  type Rank,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { sizeOf } from '../block.ts'
import { at, constant, flat, listed, one, spreadTo, sumTo, unary } from './rules.ts'

type Axis = number | number[] | null | undefined

const axesOf = (axis: Axis, x: Tensor) => util.parseAxisParam(axis ?? x.shape.map((_, i) => i), x.shape)

/** y, folded along axes, with an axis of size 1 in place of each: it broadcasts against x. */
const unfolded = (y: Tensor, x: Tensor, axes: readonly number[]) =>
  reshape(
    y,
    x.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  )

const sumGradient = (dy: Tensor, x: Tensor, attributes: NamedAttrMap) => {
  const { axis } = attributes as { axis?: Axis } // of Sum and Mean
  return spreadTo(unfolded(dy, x, axesOf(axis, x)), x.shape)
}

const meanGradient = (dy: Tensor, x: Tensor, attributes: NamedAttrMap) => {
  const axes = axesOf((attributes as { axis?: Axis }).axis, x) // of Mean
  return div(sumGradient(dy, x, attributes), constant(sizeOf(axes.map((i) => x.shape[i] ?? 1))))
}

const extremeGradient = (of: typeof max) => (dy: Tensor, x: Tensor, attributes: NamedAttrMap) => {
  const { axis, reductionIndices } = attributes as { axis?: Axis; reductionIndices?: Axis } // Min has axis, Max reductionIndices
  const axes = axesOf(axis ?? reductionIndices, x)
  return mul(unfolded(dy, x, axes), cast(equal(x, of(x, axes, true)), 'float32'))
}

const softmaxGradient = (dy: Tensor, logits: Tensor) => {
  const y = softmax(logits)
  return mul(y, sub(dy, sum(mul(dy, y), -1, true)))
}

/** C = A·B: ∂L/∂A = (∂L/∂C)·Bᵀ, ∂L/∂B = Aᵀ·(∂L/∂C), each transposed back if the product transposed it. */
const matMulGradient: GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (given, saved, attributes) => {
    const [dy, a, b] = [one(given), at(saved, 0), at(saved, 1)]
    const { transposeA = false, transposeB = false } = attributes as { transposeA?: boolean; transposeB?: boolean } // of BatchMatMul
    const toA = () => (transposeA ? matMul(b, dy, transposeB, true) : matMul(dy, b, false, !transposeB))
    const toB = () => (transposeB ? matMul(dy, a, true, transposeA) : matMul(a, dy, !transposeA, false))
    return { a: () => sumTo(toA(), a.shape), b: () => sumTo(toB(), b.shape) }
  },
}

/** Each copy's part is added: [s₀, s₁, …] tiled is [r₀, s₀, r₁, s₁, …]. */
const tileGradient = (dy: Tensor, x: Tensor, attributes: NamedAttrMap) => {
  const { reps } = attributes as { reps: number[] } // of Tile
  const copies = reshape(
    dy,
    x.shape.flatMap((size, axis) => [reps[axis] ?? 1, size]),
  )
  const axes = x.shape.map((_, axis) => 2 * axis)
  return reshape(axes.length > 0 ? sum(copies, axes) : copies, x.shape)
}

const sliceGradient = (dy: Tensor, x: Tensor, attributes: NamedAttrMap) => {
  const { begin, size } = attributes as { begin: number | number[]; size?: number | number[] } // of Slice
  const [from = [], sizes = []] = slice_util.parseSliceParams(x, begin, size)
  const paddings = x.shape.map((whole, axis): [number, number] => {
    const before = from[axis] ?? 0
    return [before, whole - before - (sizes[axis] ?? 0)]
  })
  return pad(dy, paddings)
}

/** Rows that were gathered more than once add up: [outer, indices, inner] → [indices, outer, inner] → sums of segments → back. */
const gatherGradient: GradConfig = {
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc: (given, saved, attributes) => {
    const [dy, x, indices] = [one(given), at(saved, 0), at(saved, 1)]
    const [along = 0] = util.parseAxisParam((attributes as { axis: number }).axis, x.shape) // of GatherV2
    const [outer, size, inner] = [sizeOf(x.shape.slice(0, along)), x.shape[along] ?? 0, sizeOf(x.shape.slice(along + 1))]
    return {
      x: () => {
        const rows = transpose(reshape(dy, [outer, indices.size, inner]), [1, 0, 2]) // [indices, outer, inner]
        const sums = unsortedSegmentSum(rows, reshape<Rank.R1>(indices, [indices.size]), size) // [size, outer, inner]
        return reshape(transpose(sums, [1, 0, 2]), x.shape)
      },
      indices: () => zeros(indices.shape),
    }
  },
}

/** Segments below 0 were left out, so their rows have no part in the result. */
const segmentSumGradient: GradConfig = {
  kernelName: 'UnsortedSegmentSum',
  inputsToSave: ['segmentIds'],
  gradFunc: (given, saved) => {
    const [dy, segments] = [one(given), at(saved, 0)]
    return {
      x: () => {
        const rows = gather(dy, cast(maximum(segments, zerosLike(segments)), 'int32')) // [rows, …]
        const isMeant = cast(greaterEqual(segments, scalar(0, 'int32')), 'float32') // [rows]
        return mul(rows, reshape(isMeant, [segments.size, ...dy.shape.slice(1).map(() => 1)]))
      },
      segmentIds: () => zeros(segments.shape),
    }
  },
}

export const arrangementGradients: readonly GradConfig[] = [
  matMulGradient,
  unary('Sum', sumGradient),
  unary('Mean', meanGradient),
  unary('Max', extremeGradient(max)),
  unary('Min', extremeGradient(min)),
  unary('Softmax', softmaxGradient, 'logits'),
  ...['All', 'Any', 'ArgMax'].map((name) => flat(name, 'x')),
  flat('OneHot', 'indices'),

  unary('Identity', (dy) => clone(dy)),
  unary('Reshape', (dy, x) => reshape(dy, x.shape)),
  unary('ExpandDims', (dy, x) => reshape(dy, x.shape), 'input'),
  unary('Transpose', (dy, _, attributes) => transpose(dy, backend_util.getUndoAxesPermutation((attributes as { perm: number[] }).perm))), // of Transpose
  unary('Tile', tileGradient),
  unary('Slice', sliceGradient),
  unary('PadV2', (dy, x, attributes) => {
    const { paddings } = attributes as { paddings: [number, number][] } // of PadV2
    return slice(
      dy,
      paddings.map(([before]) => before),
      x.shape,
    )
  }),
  listed('Concat', (dy, inputs, attributes) => {
    const [axis = 0] = util.parseAxisParam((attributes as { axis: number }).axis, at(inputs, 0).shape) // of Concat
    return split(
      dy,
      inputs.map(({ shape }) => shape[axis] ?? 0),
      axis,
    )
  }),
  listed('Pack', (dy, _, attributes) => unstack(dy, (attributes as { axis: number }).axis)), // of Pack
  {
    kernelName: 'SplitV',
    gradFunc: (dys, _, attributes) => ({ x: () => joined(dys, (parts) => concat(parts, (attributes as { axis: number }).axis)) }), // of SplitV
  },
  {
    kernelName: 'Unpack',
    gradFunc: (dys, _, attributes) => ({ value: () => stack(Array.isArray(dys) ? dys : [dys], (attributes as { axis: number }).axis) }), // of Unpack
  },
  gatherGradient,
  segmentSumGradient,
]

/** tfjs passes one part bare. */
function joined(parts: Tensor | Tensor[], join: (parts: Tensor[]) => Tensor): Tensor {
  return join(Array.isArray(parts) ? parts : [parts])
}
