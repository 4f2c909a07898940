/**
 * Pooling of images, by plain loops: the largest or the mean of each window, channel by channel; x [batch, rows, columns, channels], float64.
 *
 * Places outside the image are none of a window's: a mean is over those inside. Of equal largest entries the first, row after row, has the whole gradient; a NaN
 * is larger than every number. A window that holds no place at all (padding given as a number) is −∞ or NaN.
 */
import { allocate, input, sizeOf, type Block, type Kernel, type Values } from '../block.ts'
import { eachTap, poolWindows, type Windows } from './windows.ts'

/** Where in the image the largest entry of each window and channel stands; −1 of a window without places. */
function placesOfLargest(windows: Windows, x: Values): Int32Array {
  const places = new Int32Array(sizeOf(windows.shape)).fill(-1)
  const channels = windows.outputs
  eachTap(windows, (place, window) => {
    for (let c = 0; c < channels; c += 1) {
      const best = places[window * channels + c] ?? -1
      if (best < 0 || isLarger(x[place * channels + c] ?? 0, x[best] ?? 0)) places[window * channels + c] = place * channels + c
    }
  })
  return places
}

function isLarger(value: number, than: number): boolean {
  return value > than || (Number.isNaN(value) && !Number.isNaN(than))
}

/** x at the largest entry of each window. */
function taken(windows: Windows, { x, of }: { readonly x: Values; readonly of: Block }): Block {
  const values = allocate(of.dtype, sizeOf(windows.shape))
  let at = 0
  for (const place of placesOfLargest(windows, x)) {
    values[at] = of.values[place] ?? Number.NEGATIVE_INFINITY
    at += 1
  }
  return { shape: windows.shape, dtype: of.dtype, values }
}

const maxPool: Kernel = (inputs, attributes) => {
  const x = input(inputs, 'x')
  return taken(poolWindows(x.shape, attributes), { x: x.values, of: x })
}

/** dy at the largest entry of its window, added where windows overlap. */
const maxPoolGrad: Kernel = (inputs, attributes) => {
  const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')]
  const values = new Float64Array(x.values.length)
  let at = 0
  for (const place of placesOfLargest(poolWindows(x.shape, attributes), x.values)) {
    if (place >= 0) values[place] = (values[place] ?? 0) + (dy.values[at] ?? 0) // inside both
    at += 1
  }
  return { shape: x.shape, dtype: 'float32', values }
}

/** The transpose of MaxPoolGrad, which is linear in dy: `grad`, of the image's shape, at the places that hold the largest of `input`. */
const maxPoolGradGrad: Kernel = (inputs, attributes) => {
  const x = input(inputs, 'input')
  return taken(poolWindows(x.shape, attributes), { x: x.values, of: input(inputs, 'grad') })
}

/** How many places of the image each window has. */
function countsOf(windows: Windows): Float64Array {
  const counts = new Float64Array(sizeOf(windows.shape) / Math.max(1, windows.outputs))
  eachTap(windows, (_, window) => {
    counts[window] = (counts[window] ?? 0) + 1
  })
  return counts
}

const avgPool: Kernel = (inputs, attributes) => {
  const x = input(inputs, 'x')
  const windows = poolWindows(x.shape, attributes)
  const values = new Float64Array(sizeOf(windows.shape))
  const channels = windows.outputs
  eachTap(windows, (place, window) => {
    for (let c = 0; c < channels; c += 1) values[window * channels + c] = (values[window * channels + c] ?? 0) + (x.values[place * channels + c] ?? 0) // prettier-ignore
  })
  const counts = countsOf(windows)
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) / (counts[Math.floor(i / channels)] ?? Number.NaN)
  return { shape: windows.shape, dtype: 'float32', values }
}

const avgPoolGrad: Kernel = (inputs, attributes) => {
  const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')]
  const windows = poolWindows(x.shape, attributes)
  const counts = countsOf(windows)
  const values = new Float64Array(x.values.length)
  const channels = windows.outputs
  eachTap(windows, (place, window) => {
    const count = counts[window] ?? Number.NaN
    for (let c = 0; c < channels; c += 1) values[place * channels + c] = (values[place * channels + c] ?? 0) + (dy.values[window * channels + c] ?? 0) / count // prettier-ignore
  })
  return { shape: x.shape, dtype: 'float32', values }
}

export const poolings = {
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGrad,
  MaxPoolGradGrad: maxPoolGradGrad,
  AvgPool: avgPool,
  AvgPoolGrad: avgPoolGrad,
} as const satisfies Record<string, Kernel>
