/**
 * The gradient of a depthwise convolution by its filter, for the wasm engine, which tfjs lacks:
 *
 *   dw[p, q, c, m] = Σ_{n, i, j} x[n, stride·i + p − before, stride·j + q − before, c] · dy[n, i, j, (c, m)]
 *
 * One number of each operand for each product: there is no matrix product in it, so it is a loop on the module's memory. Summed in float64.
 */
import type { KernelBackend, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { geometryOf, type Axis, type Geometry } from './convolution.ts'
import { nativesFor, replaceKernel } from './replaceKernel.ts'
import { floatsAt, spanOf } from './spans.ts'

export function registerDepthwiseBackpropFilter(): void {
  replaceKernel('DepthwiseConv2dNativeBackpropFilter', () => ({ kernelFunc: backpropFilter }))
}

function backpropFilter(call: Parameters<KernelFunc>[0]): TensorInfo {
  const { x, dy } = call.inputs
  const { filterShape } = call.attrs as { readonly filterShape?: number[] } // the attributes of this kernel
  assert(x !== undefined && dy !== undefined && filterShape !== undefined, 'depthwise gradient: an operand is missing')
  const natives = nativesFor(call.backend as KernelBackend) // tfjs types it as an object
  const geometry = geometryOf({ x: x.shape, filter: filterShape, isDepthwise: true }, call.attrs)
  const out = natives.backend.makeOutput(filterShape, 'float32')
  const [given, gradient, target] = [spanOf(x, natives), spanOf(dy, natives), spanOf(out, natives)]
  natives.act(() => {
    const [from, weights] = [floatsAt(given, natives), floatsAt(gradient, natives)]
    floatsAt(target, natives).set(sums(from, weights, geometry))
  })
  return out
}

/** The outputs [first, end) whose tap p lies inside the axis. */
function insideOf({ size, stride, before, outputs }: Axis, p: number): { first: number; end: number } {
  const first = Math.max(0, Math.ceil((before - p) / stride))
  return { first, end: Math.min(outputs, Math.floor((size - 1 + before - p) / stride) + 1) }
}

function sums(x: Float32Array, dy: Float32Array, { batch, inputs, outputs, rows, columns }: Geometry): Float64Array {
  const total = new Float64Array(rows.kernel * columns.kernel * outputs)
  const several = outputs / inputs
  for (let tap = 0; tap < rows.kernel * columns.kernel; tap += 1) {
    const [p, q] = [Math.floor(tap / columns.kernel), tap % columns.kernel]
    const [down, across] = [insideOf(rows, p), insideOf(columns, q)]
    const sum = total.subarray(tap * outputs, (tap + 1) * outputs)
    for (let n = 0; n < batch; n += 1)
      for (let i = down.first; i < down.end; i += 1) {
        const row = (n * rows.size + i * rows.stride + p - rows.before) * columns.size + q - columns.before
        const read = (row + across.first * columns.stride) * inputs
        const weight = ((n * rows.outputs + i) * columns.outputs + across.first) * outputs
        addLine(sum, [x, dy], { read, step: columns.stride * inputs, weight, count: across.end - across.first, several })
      }
  }
  return total
}

type Line = Readonly<{ read: number; step: number; weight: number; count: number; several: number }>

/** sum[c, m] += Σ_j x[read + step·j + c] · dy[weight + outputs·j + (c, m)] */
function addLine(sum: Float64Array, [x, dy]: readonly [Float32Array, Float32Array], { read, step, weight, count, several }: Line): void {
  const outputs = sum.length
  for (let o = 0; o < outputs; o += 1) {
    const c = several === 1 ? o : Math.floor(o / several)
    let [from, with_, total] = [read + c, weight + o, 0]
    for (let j = 0; j < count; j += 1) {
      total += (x[from] ?? 0) * (dy[with_] ?? 0)
      from += step
      with_ += outputs
    }
    sum[o] = (sum[o] ?? 0) + total
  }
}
