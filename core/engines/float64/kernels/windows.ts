/** Which places of an image each window of a convolution or a pooling looks at. */
import { backend_util } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'

/** One axis: `kernel` taps, `dilation` places apart, over `size` places with `before` places in front that are not there; a window every `stride` places. */
type Axis = {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly outputs: number
}

export type Windows = {
  readonly batch: number
  readonly inputs: number // channels of the image
  readonly outputs: number // channels of the result
  readonly rows: Axis
  readonly columns: Axis
  readonly shape: readonly number[] // of the result
}

type Attributes = {
  readonly strides: number | [number, number]
  readonly pad: 'same' | 'valid' | number
  readonly dilations?: number | [number, number] | null
  readonly dataFormat?: string
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
  readonly filterSize?: number | [number, number] // of poolings
}
type Four = [number, number, number, number]

/** x [batch, rows, columns, inputs], filter [kernel, kernel, inputs, outputs], depthwise: outputs of each input. */
export function convolutionWindows(
  x: readonly number[],
  filter: readonly number[],
  { attributes, isDepthwise }: { attributes: unknown; isDepthwise: boolean },
): Windows {
  // prettier-ignore
  const { strides, pad, dilations, dataFormat, dimRoundingMode } = attributes as Attributes // of every convolution
  assert(dataFormat !== 'NCHW', 'float64: a convolution has its channels last')
  const [image, taps] = [x, filter] as unknown as [Four, Four] // the operations have checked their ranks
  return windowsOf(backend_util.computeConv2DInfo(image, taps, strides, dilations ?? 1, pad, dimRoundingMode, isDepthwise))
}

/** x [batch, rows, columns, channels]. */
export function poolWindows(x: readonly number[], attributes: unknown): Windows {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as Attributes // of every pooling
  assert(filterSize !== undefined, 'float64: a pooling has a size')
  return windowsOf(backend_util.computePool2DInfo(x as Four, filterSize, strides, 1, pad, dimRoundingMode)) // as above
}

function windowsOf(info: ReturnType<typeof backend_util.computeConv2DInfo>): Windows {
  const { padInfo } = info
  return {
    batch: info.batchSize,
    inputs: info.inChannels,
    outputs: info.outChannels,
    rows: { size: info.inHeight, kernel: info.filterHeight, stride: info.strideHeight, dilation: info.dilationHeight, before: padInfo.top, outputs: info.outHeight }, // prettier-ignore
    columns: { size: info.inWidth, kernel: info.filterWidth, stride: info.strideWidth, dilation: info.dilationWidth, before: padInfo.left, outputs: info.outWidth }, // prettier-ignore
    shape: info.outShape,
  }
}

/** A tap of a window: the place of the image that it looks at, the window, and the tap's own number, row after row. */
type Visit = (place: number, window: number, tap: number) => void

/** Every tap that lies inside, window after window and in each row after row; taps outside look at nothing. */
export function eachTap({ batch, rows, columns }: Windows, visit: Visit): void {
  const [down, across] = [tapsOf(rows), tapsOf(columns)]
  for (let window = 0; window < batch * rows.outputs * columns.outputs; window += 1) {
    const line = Math.floor(window / columns.outputs) // of all images
    const image = Math.floor(line / rows.outputs) * rows.size
    for (const [a, row] of down[line % rows.outputs] ?? [])
      for (const [b, column] of across[window % columns.outputs] ?? [])
        visit((image + row) * columns.size + column, window, a * columns.kernel + b)
  }
}

/** Of each window along an axis, the taps that lie inside with the places that they look at. */
function tapsOf({ size, kernel, stride, dilation, before, outputs }: Axis): (readonly (readonly [tap: number, place: number])[])[] {
  return Array.from({ length: outputs }, (_, i) =>
    Array.from({ length: kernel }, (_tap, a) => [a, i * stride - before + a * dilation] as const).filter(
      ([, place]) => place >= 0 && place < size,
    ),
  )
}
