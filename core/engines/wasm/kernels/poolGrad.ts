/**
 * The gradients of pooling, for the wasm engine: loops on the module's memory.
 *
 *   max      dx gets dy at the first place of its window, row by row, that holds the maximum
 *   average  dx gets dy / k at every place of its window, k the window's places inside the image
 *
 * tfjs's own kernels look at every window again for every place: 18.7 and 9.6 ms for 32·28·28·32 and windows of 2×2. And its AvgPoolGrad divides by
 * all places of the window, padding too, where its AvgPool does not.
 */
import type { KernelBackend, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { poolGeometryOf, type Axis, type Geometry } from './convolution.ts'
import { nativesFor, replaceKernel } from './replaceKernel.ts'
import { floatsAt, spanOf } from './spans.ts'

export function registerPoolGradients(): void {
  replaceKernel('MaxPoolGrad', () => ({ kernelFunc: (call) => poolGrad(call, maxWindow) }))
  replaceKernel('AvgPoolGrad', () => ({ kernelFunc: (call) => poolGrad(call, averageWindow) }))
}

/** Numbers of all channels at one place after the other; `row` is the step to the next row's. */
type Window = Readonly<{ channels: number; start: number; height: number; width: number; row: number; weight: number }>
type Numbers = Readonly<{ x: Float32Array; dy: Float32Array; dx: Float32Array }>

function poolGrad(call: Parameters<KernelFunc>[0], addWindow: (numbers: Numbers, window: Window) => void): TensorInfo {
  const { dy, input } = call.inputs
  assert(dy !== undefined && input !== undefined, 'pooling gradient: an operand is missing')
  const natives = nativesFor(call.backend as KernelBackend) // tfjs types it as an object
  const geometry = poolGeometryOf(input.shape, call.attrs)
  const out = natives.backend.makeOutput(input.shape, 'float32')
  const [given, gradient, target] = [spanOf(input, natives), spanOf(dy, natives), spanOf(out, natives)]
  natives.act(() => {
    const numbers = { x: floatsAt(given, natives), dy: floatsAt(gradient, natives), dx: floatsAt(target, natives) }
    numbers.dx.fill(0)
    eachWindow(geometry, (window) => addWindow(numbers, window))
  })
  return out
}

function eachWindow({ batch, inputs, rows, columns }: Geometry, action: (window: Window) => void): void {
  const row = columns.size * inputs
  for (let n = 0; n < batch; n += 1)
    for (let i = 0; i < rows.outputs; i += 1) {
      const down = insideOf(rows, i)
      for (let j = 0; j < columns.outputs; j += 1) {
        const across = insideOf(columns, j)
        const start = ((n * rows.size + down.first) * columns.size + across.first) * inputs
        const weight = ((n * rows.outputs + i) * columns.outputs + j) * inputs
        action({ channels: inputs, start, height: down.count, width: across.count, row, weight })
      }
    }
}

/** The places of window i that lie inside. */
function insideOf({ size, kernel, stride, before }: Axis, i: number): { first: number; count: number } {
  const first = Math.max(0, i * stride - before)
  return { first, count: Math.max(0, Math.min(size, i * stride - before + kernel) - first) }
}

function maxWindow({ x, dy, dx }: Numbers, window: Window): void {
  if (window.height * window.width === 0) return
  for (let c = 0; c < window.channels; c += 1) {
    const place = greatestOf(x, window, c)
    dx[place] = (dx[place] ?? 0) + (dy[window.weight + c] ?? 0)
  }
}

/** The first place that holds a channel's maximum; a NaN in the first place is taken for it, elsewhere it is passed over. */
function greatestOf(x: Float32Array, { channels, start, height, width, row }: Window, c: number): number {
  let place = start + c
  let greatest = x[place] ?? 0
  for (let p = 0; p < height; p += 1) {
    const end = start + p * row + width * channels
    for (let at = start + p * row + c; at < end; at += channels) {
      const value = x[at] ?? 0
      if (!(value > greatest)) continue // also where one is NaN
      greatest = value
      place = at
    }
  }
  return place
}

function averageWindow({ dy, dx }: Numbers, { channels, start, height, width, row, weight }: Window): void {
  const share = 1 / (height * width)
  for (let p = 0; p < height; p += 1)
    for (let q = 0; q < width; q += 1) {
      const place = start + p * row + q * channels
      for (let c = 0; c < channels; c += 1) dx[place + c] = (dx[place + c] ?? 0) + (dy[weight + c] ?? 0) * share
    }
}
