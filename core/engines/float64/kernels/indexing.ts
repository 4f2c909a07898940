/** Kernels that choose numbers: by index, by class, by condition. */
import { util } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { allocate, input, placesOf, sizeOf, take, type Dtype, type Kernel } from '../block.ts'

/** x[..., indices, ...] along one axis. Fails: a bug if an index lies outside, or for gathering within batches. */
const gather: Kernel = (inputs, attributes) => {
  const [x, indices] = [input(inputs, 'x'), input(inputs, 'indices')]
  const { axis, batchDims } = attributes as { axis: number; batchDims?: number } // of GatherV2
  assert((batchDims ?? 0) === 0, 'gather: float64 does not gather within batches')
  const [along = 0] = util.parseAxisParam(axis, [...x.shape])
  const [outer, size, inner] = [sizeOf(x.shape.slice(0, along)), x.shape[along] ?? 0, sizeOf(x.shape.slice(along + 1))]
  for (const index of indices.values) assert(index >= 0 && index < size, `gather: expected an index from 0 to ${size - 1}, got ${index}`)
  const count = indices.values.length
  const places = placesOf([outer, count, inner], [size * inner, 0, 1]) // [outer, count, inner], of index 0
  for (let i = 0; i < places.length; i += 1) places[i] = (places[i] ?? 0) + inner * (indices.values[Math.floor(i / inner) % count] ?? 0)
  return take(x, [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)], places)
}

/** out[s] = Σ of the rows x[i] with segment s, in their order; a segment outside is left out. The gradient of gather. */
const unsortedSegmentSum: Kernel = (inputs, attributes) => {
  const [x, segments] = [input(inputs, 'x'), input(inputs, 'segmentIds')]
  const { numSegments } = attributes as { numSegments: number } // of UnsortedSegmentSum
  assert(segments.shape.length === 1, 'unsortedSegmentSum: float64 takes one segment for each row')
  const inner = sizeOf(x.shape.slice(1))
  const values = allocate(x.dtype, numSegments * inner)
  for (const [row, segment] of segments.values.entries()) {
    if (segment < 0 || segment >= numSegments) continue
    for (let i = 0; i < inner; i += 1) {
      values[segment * inner + i] = (values[segment * inner + i] ?? 0) + (x.values[row * inner + i] ?? 0) // inside both
    }
  }
  return { shape: [numSegments, ...x.shape.slice(1)], dtype: x.dtype, values }
}

/** onValue at the index, offValue elsewhere; an index outside gives a row of offValue. */
const oneHot: Kernel = (inputs, attributes) => {
  const indices = input(inputs, 'indices')
  const { depth, onValue, offValue, dtype } = attributes as { depth: number; onValue: number; offValue: number; dtype: Dtype } // of OneHot
  const values = allocate(dtype, indices.values.length * depth).fill(offValue)
  for (const [row, index] of indices.values.entries()) if (index >= 0 && index < depth) values[row * depth + index] = onValue
  return { shape: [...indices.shape, depth], dtype, values }
}

/** t where the condition holds, e elsewhere; all three of one shape, or one truth for each row of t. */
const select: Kernel = (inputs) => {
  const [condition, t, e] = [input(inputs, 'condition'), input(inputs, 't'), input(inputs, 'e')]
  const count = condition.values.length
  const perRow = count === 0 ? 1 : t.values.length / count
  assert(
    t.values.length === e.values.length && Number.isInteger(perRow),
    `select: shapes [${condition.shape.join()}], [${t.shape.join()}], [${e.shape.join()}] differ`,
  )
  const values = allocate(t.dtype, t.values.length)
  for (let i = 0; i < values.length; i += 1) {
    values[i] = (condition.values[Math.floor(i / perRow)] === 1 ? t.values[i] : e.values[i]) ?? Number.NaN // as long as the result
  }
  return { shape: t.shape, dtype: t.dtype, values }
}

export const indexing = {
  GatherV2: gather,
  UnsortedSegmentSum: unsortedSegmentSum,
  OneHot: oneHot,
  Select: select,
} as const satisfies Record<string, Kernel>
