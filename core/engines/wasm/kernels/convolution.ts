/** Sizes of a convolution, and how its input's gradient falls apart into convolutions of stride 1. */
import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core'
import { Refusal, assert } from '#core/contract/errors.ts'

/** One axis: `kernel` taps over `size` places with `before` zeros in front of them, every `stride` places an output. */
export type Axis = {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly before: number
  readonly outputs: number
}

export type Geometry = {
  readonly batch: number
  readonly inputs: number
  readonly outputs: number
  readonly rows: Axis
  readonly columns: Axis
}

type Attributes = Readonly<{
  strides: number | [number, number]
  pad: 'same' | 'valid' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}>
type Sizes = { readonly x: readonly number[]; readonly filter: readonly number[]; readonly isDepthwise: boolean }

/** x [batch, rows, columns, inputs], filter [kernel, kernel, inputs, outputs], depthwise: outputs of each input. */
export function geometryOf({ x, filter, isDepthwise }: Sizes, attributes: NamedAttrMap | undefined): Geometry {
  const { strides, pad, dimRoundingMode } = attributes as unknown as Attributes // the attributes of every convolution
  const [xShape, filterShape] = [x, filter] as unknown as [Four, Four] // ranks that the operations have checked
  refuseUnequal(pad, { kernel: filterShape, strides })
  return geometry(backend_util.computeConv2DInfo(xShape, filterShape, strides, 1, pad, dimRoundingMode, isDepthwise))
}

/** x [batch, rows, columns, channels]; inputs = outputs = channels. */
export function poolGeometryOf(x: readonly number[], attributes: NamedAttrMap | undefined): Geometry {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as Attributes & { filterSize: number | [number, number] } // of every pooling
  refuseUnequal(pad, { kernel: [filterSize].flat(), strides })
  return geometry(backend_util.computePool2DInfo(x as Four, filterSize, strides, 1, pad, dimRoundingMode)) // a rank that the operation has checked
}

/** Where padding is a number, tfjs computes the number of output columns from the filter's rows and their stride. */
function refuseUnequal(pad: unknown, { kernel, strides }: { kernel: readonly number[]; strides: number | readonly number[] }): void {
  const [height, width = height] = kernel
  const [down, across = down] = [strides].flat()
  if (typeof pad === 'number' && (height !== width || down !== across))
    throw new Refusal(
      'invalid-input',
      `pad: expected same or valid where rows and columns differ, got ${String(pad)} for ${String(height)} × ${String(width)}, strides ${String(down)} × ${String(across)}`,
    )
}

type Four = [number, number, number, number]

function geometry(info: ReturnType<typeof backend_util.computeConv2DInfo>): Geometry {
  assert(info.dataFormat === 'channelsLast', 'convolution: channels come last')
  const { padInfo } = info
  return {
    batch: info.batchSize,
    inputs: info.inChannels,
    outputs: info.outChannels,
    rows: { size: info.inHeight, kernel: info.filterHeight, stride: info.strideHeight, before: padInfo.top, outputs: info.outHeight },
    columns: { size: info.inWidth, kernel: info.filterWidth, stride: info.strideWidth, before: padInfo.left, outputs: info.outWidth },
  }
}

/**
 * The places `stride · i + first`, i < `count`, of an axis. Their gradient is a convolution of stride 1 of the outputs' gradient with the `taps`
 * taps from `tap` on in steps of the stride, in reversed order, with `before` and `after` zeros around it; negative: so many outputs are left out.
 */
export type Phase = {
  readonly first: number
  readonly count: number
  readonly tap: number
  readonly taps: number
  readonly before: number
  readonly after: number
}

/**
 * The phases of an axis, one for each remainder a of (place + before) by the stride; without those that have no places or no taps.
 *
 *   dx[y] = Σ_u dy[t − u] · w[a + stride · u],   y + before = stride · t + a
 *
 * So a stride costs nothing: with zeros between the outputs, stride² times the products would be made.
 */
export function phasesOf({ size, kernel, stride, before, outputs }: Axis): Phase[] {
  return Array.from({ length: stride }, (_, tap) => {
    const from = Math.ceil((before - tap) / stride) // the least t
    const to = Math.floor((size - 1 + before - tap) / stride) // the greatest
    const taps = Math.ceil((kernel - tap) / stride)
    return { first: stride * from + tap - before, count: to - from + 1, tap, taps, before: taps - 1 - from, after: to + 1 - outputs }
  }).filter(({ count, taps }) => count > 0 && taps > 0)
}
