/**
 * The gradient of a convolution by its input, for the wasm engine: convolutions of XNNPACK with the reversed filter.
 *
 *   dx[n, y, x, c] = Σ_{o, (i, j) : stride·i + p = y + before, stride·j + q = x + before} dy[n, i, j, o] · w[p, q, c, o]
 *
 * tfjs's own kernel is a plain loop. A stride is taken apart into stride² convolutions of stride 1, each for the places of one
 * remainder (`phasesOf`), whose results are put between each other. The same for a depthwise convolution, channel by channel; where an input
 * has several outputs, it gets the sum over them.
 */
import type { KernelBackend, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Natives, Span } from '../natives.ts'
import { geometryOf, phasesOf, type Geometry, type Phase } from './convolution.ts'
import { nativesFor, replaceKernel } from './replaceKernel.ts'
import { floatsAt, spanOf } from './spans.ts'

type Convolve = (...args: unknown[]) => unknown

export function registerConv2DBackpropInput(): void {
  register('Conv2DBackpropInput', 'Conv2D')
  register('DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNative')
}

function register(name: string, forward: 'Conv2D' | 'DepthwiseConv2dNative'): void {
  replaceKernel(name, () => {
    let convolve: Convolve | undefined
    return {
      setup: ({ backend: { wasm } }) => void (convolve = wasm.cwrap(forward, null, new Array<string>(19).fill('number'))),
      kernelFunc: (call) => {
        assert(convolve !== undefined, 'convolution gradient: the kernel was not set up')
        return backpropInput(call, { convolve, isDepthwise: forward !== 'Conv2D' })
      },
    }
  })
}

type Means = { readonly natives: Natives; readonly convolve: Convolve; readonly isDepthwise: boolean }
type Part = {
  readonly geometry: Geometry
  readonly row: Phase
  readonly column: Phase
  readonly dy: TensorInfo
  readonly filter: TensorInfo
}

function backpropInput(call: Parameters<KernelFunc>[0], means: Omit<Means, 'natives'>): TensorInfo {
  const { dy, filter } = call.inputs
  const { inputShape } = call.attrs as { readonly inputShape?: number[] } // the attributes of these kernels
  assert(dy !== undefined && filter !== undefined && inputShape !== undefined, 'convolution gradient: an operand is missing')
  const natives = nativesFor(call.backend as KernelBackend) // tfjs types it as an object
  const geometry = geometryOf({ x: inputShape, filter: filter.shape, isDepthwise: means.isDepthwise }, call.attrs)
  const { rows, columns, inputs, outputs } = geometry
  const dx = natives.backend.makeOutput(inputShape, 'float32')
  const parts = phasesOf(rows).flatMap((row) => phasesOf(columns).map((column): Part => ({ geometry, row, column, dy, filter })))
  const isWhole = rows.stride === 1 && columns.stride === 1 && (!means.isDepthwise || inputs === outputs)
  const [whole] = parts
  if (isWhole && whole !== undefined && boxOf(whole) !== null) {
    convolvePart(whole, dx, { ...means, natives })
    return dx
  }
  const target = spanOf(dx, natives)
  natives.act(() => void floatsAt(target, natives).fill(0))
  for (const part of parts) if (boxOf(part) !== null) putPart(part, target, { ...means, natives })
  return dx
}

/** Convolves one part aside and puts it in its places of the gradient. */
function putPart(part: Part, target: Span, means: Means): void {
  const { geometry, row, column } = part
  const { natives } = means
  const channels = means.isDepthwise ? geometry.outputs : geometry.inputs
  const made = natives.backend.makeOutput([geometry.batch, row.count, column.count, channels], 'float32')
  convolvePart(part, made, means)
  const source = spanOf(made, natives)
  natives.act(() => scatter(floatsAt(source, natives), floatsAt(target, natives), { ...part, channels }))
  natives.backend.disposeData(made.dataId)
}

function scatter(from: Float32Array, to: Float32Array, { geometry, row, column, channels }: Part & { channels: number }): void {
  const { batch, inputs, rows, columns } = geometry
  let read = 0
  for (let line = 0; line < batch * row.count; line += 1) {
    const y = row.first + (line % row.count) * rows.stride
    const start = (Math.floor(line / row.count) * rows.size + y) * columns.size
    for (let j = 0; j < column.count; j += 1) {
      const write = (start + column.first + j * columns.stride) * inputs
      putPlace(from, to, { read, write, inputs, several: channels / inputs })
      read += channels
    }
  }
}

type Place = Readonly<{ read: number; write: number; inputs: number; several: number }>

/** to[write + c] = Σ_m from[read + several·c + m] */
function putPlace(from: Float32Array, to: Float32Array, { read, write, inputs, several }: Place): void {
  for (let c = 0; c < inputs; c += 1) {
    let sum = from[read + c * several] ?? 0
    for (let m = 1; m < several; m += 1) sum += from[read + c * several + m] ?? 0
    to[write + c] = sum
  }
}

/** The outputs whose gradient a part reads; null where there are none, so that it is 0. */
function boxOf({ geometry: { batch, outputs, rows, columns }, row, column }: Part): Box | null {
  const of = (phase: Phase, count: number) => ({ from: Math.max(0, -phase.before), to: count - Math.max(0, -phase.after) })
  const [r, c] = [of(row, rows.outputs), of(column, columns.outputs)]
  const isEmpty = r.to <= r.from || c.to <= c.from || batch === 0 || outputs === 0
  return isEmpty ? null : { top: r.from, height: r.to - r.from, left: c.from, width: c.to - c.from }
}

type Box = { readonly top: number; readonly height: number; readonly left: number; readonly width: number }

function convolvePart(part: Part, out: TensorInfo, { natives, convolve, isDepthwise }: Means): void {
  const { geometry, row, column } = part
  const { batch, inputs, outputs } = geometry
  const box = boxOf(part)
  assert(box !== null, 'convolution gradient: a part without outputs')
  const { backend } = natives
  const from = cropped(part, box, natives)
  const filter = reversed(part, isDepthwise, natives)
  natives.renew(spanOf(filter, natives)) // packed at the step before, in a recording
  const pads = [row.before, column.after, row.after, column.before].map((pad) => Math.max(0, pad)) // top, right, bottom, left
  const id = (info: TensorInfo) => backend.dataIdMap.get(info.dataId).id
  const channels = isDepthwise ? [outputs, outputs] : [outputs, inputs]
  // (x, batch, rows, columns, filter, its rows, columns, pads, by TensorFlow's rule, dilations, strides, channels, out)
  convolve(id(from), batch, box.height, box.width, id(filter), row.taps, column.taps, ...pads, 0, 1, 1, 1, 1, ...channels, id(out))
  backend.disposeData(filter.dataId)
  if (from !== part.dy) backend.disposeData(from.dataId)
}

/** The part of the outputs' gradient that is read: nearly always the whole, which then is not copied. */
function cropped({ geometry, dy }: Part, box: Box, natives: Natives): TensorInfo {
  const { batch, outputs, rows, columns } = geometry
  if (box.height === rows.outputs && box.width === columns.outputs) return dy
  const out = natives.backend.makeOutput([batch, box.height, box.width, outputs], 'float32')
  const [source, target] = [spanOf(dy, natives), spanOf(out, natives)]
  natives.act(() => {
    const [from, to] = [floatsAt(source, natives), floatsAt(target, natives)]
    for (let i = 0; i < batch * box.height; i += 1) {
      const row = Math.floor(i / box.height) * rows.outputs + box.top + (i % box.height)
      const start = (row * columns.outputs + box.left) * outputs
      to.set(from.subarray(start, start + box.width * outputs), i * box.width * outputs)
    }
  })
  return out
}

/** A part's taps in reversed order, [taps, taps, outputs, inputs]; depthwise [taps, taps, outputs, 1]. */
function reversed({ geometry, row, column, filter }: Part, isDepthwise: boolean, natives: Natives): TensorInfo {
  const { inputs, outputs, rows, columns } = geometry
  const [p, q] = isDepthwise ? [1, outputs] : [inputs, outputs]
  const out = natives.backend.makeOutput([row.taps, column.taps, q, p], 'float32')
  const [source, target] = [spanOf(filter, natives), spanOf(out, natives)]
  natives.act(() => {
    const [from, to] = [floatsAt(source, natives), floatsAt(target, natives)]
    for (let tap = 0; tap < row.taps * column.taps; tap += 1) {
      const [u, v] = [row.taps - 1 - Math.floor(tap / column.taps), column.taps - 1 - (tap % column.taps)]
      const start = ((row.tap + rows.stride * u) * columns.kernel + column.tap + columns.stride * v) * p * q
      turn(from.subarray(start, start + p * q), to.subarray(tap * p * q, (tap + 1) * p * q), [p, q])
    }
  })
  return out
}

/** [p, q] → [q, p] */
function turn(from: Float32Array, to: Float32Array, [p, q]: readonly [number, number]): void {
  for (let i = 0; i < p; i += 1) for (let j = 0; j < q; j += 1) to[j * p + i] = from[i * q + j] ?? 0
}
