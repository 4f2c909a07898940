/** Kernels that fold numbers along axes, in the order in which they lie, and the softmax, which scales by such a fold. */
import { util } from '@tensorflow/tfjs-core'
import { allocate, input, permute, sizeOf, type Block, type Dtype, type Kernel, type Values } from '../block.ts'

/** The fold of values[from … to − 1]. */
type Fold = (values: Values, from: number, to: number) => number
type Axis = number | number[] | null | undefined

/** x as rows: the axes that stay in front, those that go folded into one row each. */
function rowsOf(x: Block, axis: Axis): { readonly axes: readonly number[]; readonly kept: readonly number[]; readonly rows: Values } {
  const axes = util.parseAxisParam(axis ?? x.shape.map((_, i) => i), [...x.shape])
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i))
  const order = [...kept, ...axes.toSorted((i, j) => i - j)]
  return { axes, kept, rows: order.every((place, i) => place === i) ? x.values : permute(x, order).values }
}

function folded(x: Block, fold: Fold, { axis, keepDims, dtype }: { axis: Axis; keepDims: boolean; dtype: Dtype }): Block {
  const { axes, kept, rows } = rowsOf(x, axis)
  const shape = keepDims ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size)) : kept.map((i) => x.shape[i] ?? 1)
  const length = sizeOf(axes.map((i) => x.shape[i] ?? 1))
  const values = allocate(dtype, sizeOf(shape))
  for (let row = 0; row < values.length; row += 1) values[row] = fold(rows, row * length, (row + 1) * length)
  return { shape, dtype, values }
}

const reduction = (fold: Fold, dtypeOf: (dtype: Dtype) => Dtype = (dtype) => dtype): Kernel => {
  return (inputs, attributes) => {
    const x = input(inputs, 'x')
    const { axis, reductionIndices, keepDims } = attributes as { axis?: Axis; reductionIndices?: Axis; keepDims?: boolean } // Max calls its axis reductionIndices
    return folded(x, fold, { axis: axis ?? reductionIndices, keepDims: keepDims ?? false, dtype: dtypeOf(x.dtype) })
  }
}

const running = (start: number, join: (sofar: number, x: number) => number): Fold => {
  return (values, from, to) => {
    let result = start
    for (let i = from; i < to; i += 1) result = join(result, values[i] ?? Number.NaN) // inside the row
    return result
  }
}

const total = running(0, (sum, x) => sum + x)
const largest = running(Number.NEGATIVE_INFINITY, Math.max) // NaN if one is NaN; −∞ of nothing
const atLeastInt = (dtype: Dtype): Dtype => (dtype === 'bool' ? 'int32' : dtype)

/** The first of the largest; a NaN counts only where it comes first, as in tfjs's own kernels. */
const placeOfLargest: Fold = (values, from, to) => {
  let place = from
  for (let i = from + 1; i < to; i += 1) if ((values[i] ?? Number.NaN) > (values[place] ?? Number.NaN)) place = i
  return place - from
}

/** softmax along the last axis; the largest is subtracted first, so that exp cannot overflow. */
const softmax: Kernel = (inputs) => {
  const { shape, values } = input(inputs, 'logits')
  const length = shape.at(-1) ?? 1
  const out = new Float64Array(values.length)
  for (let from = 0; from < values.length; from += length) {
    const shift = largest(values, from, from + length)
    for (let i = from; i < from + length; i += 1) out[i] = Math.exp((values[i] ?? Number.NaN) - shift) // inside the row
    const sum = total(out, from, from + length)
    for (let i = from; i < from + length; i += 1) out[i] = (out[i] ?? Number.NaN) / sum
  }
  return { shape, dtype: 'float32', values: out }
}

export const reductions = {
  Sum: reduction(total, atLeastInt),
  Mean: reduction(
    (values, from, to) => total(values, from, to) / (to - from),
    () => 'float32',
  ),
  Prod: reduction(
    running(1, (product, x) => product * x),
    atLeastInt,
  ),
  Max: reduction(largest),
  Min: reduction(running(Number.POSITIVE_INFINITY, Math.min)),
  All: reduction(running(1, (all, x) => (all !== 0 && x !== 0 ? 1 : 0))),
  Any: reduction(running(0, (any, x) => (any !== 0 || x !== 0 ? 1 : 0))),
  ArgMax: reduction(placeOfLargest, () => 'int32'),
  Softmax: softmax,
} as const satisfies Record<string, Kernel>
