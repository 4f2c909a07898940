/**
 * Convolutions for the wasm engine: XNNPACK's, with the padding in numbers.
 *
 * tfjs leaves the padding of 'same' to XNNPACK, whose rule goes wrong where a stride is greater than the filter (3 places, 2 taps, stride 3: the
 * wanted zeros are −1 and not taken as 0) and gives wrong numbers without a word. And where padding is a number, tfjs computes columns with the rows'
 * filter and stride, and writes beyond the result where they differ: that is refused, here and for pooling. A dilation is left to tfjs.
 */
import type { KernelBackend, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { geometryOf, poolGeometryOf, type Axis } from './convolution.ts'
import { nativesFor, replaceKernel } from './replaceKernel.ts'

type Convolve = (...args: unknown[]) => unknown

export function registerConv2D(): void {
  for (const name of ['Conv2D', 'DepthwiseConv2dNative'] as const) {
    replaceKernel(name, (stock) => {
      assert(stock !== undefined, 'convolution: the wasm backend has no such kernel')
      let convolve: Convolve | undefined
      return {
        setup: ({ backend: { wasm } }) => void (convolve = wasm.cwrap(name, null, new Array<string>(19).fill('number'))),
        kernelFunc: (call) => {
          assert(convolve !== undefined, 'convolution: the kernel was not set up')
          const { dilations } = call.attrs as { readonly dilations?: number | number[] | null } // the attributes of a convolution
          const isDilated = [dilations ?? 1].flat().some((dilation) => dilation !== 1)
          return isDilated ? stock(call) : convolution(call, { convolve, isDepthwise: name !== 'Conv2D' })
        },
      }
    })
  }
  for (const name of ['MaxPool', 'AvgPool']) {
    replaceKernel(name, (stock) => ({
      kernelFunc: (call) => {
        const { x } = call.inputs
        assert(x !== undefined && stock !== undefined, 'pooling: an operand is missing')
        poolGeometryOf(x.shape, call.attrs) // refuses
        return stock(call)
      },
    }))
  }
}

function convolution(
  { inputs: operands, attrs, backend: given }: Parameters<KernelFunc>[0],
  { convolve, isDepthwise }: { convolve: Convolve; isDepthwise: boolean },
): TensorInfo {
  const { x, filter } = operands
  assert(x !== undefined && filter !== undefined, 'convolution: an operand is missing')
  const { backend } = nativesFor(given as KernelBackend) // tfjs types it as an object
  const { batch, inputs, outputs, rows, columns } = geometryOf({ x: x.shape, filter: filter.shape, isDepthwise }, attrs)
  const out = backend.makeOutput([batch, rows.outputs, columns.outputs, outputs], 'float32')
  if (batch * rows.outputs * columns.outputs * outputs === 0) return out
  const [from, by, to] = [x, filter, out].map(({ dataId }) => backend.dataIdMap.get(dataId).id)
  const pads = [rows.before, after(columns), after(rows), columns.before] // top, right, bottom, left
  const strides = [rows.stride, columns.stride]
  // (x, batch, rows, columns, filter, its rows, columns, pads, by TensorFlow's rule, dilations, strides, channels, out)
  convolve(from, batch, rows.size, columns.size, by, rows.kernel, columns.kernel, ...pads, 0, 1, 1, ...strides, inputs, outputs, to)
  return out
}

/** The zeros behind an axis that its last output sees. */
function after({ size, kernel, stride, before, outputs }: Axis): number {
  return Math.max(0, (outputs - 1) * stride + kernel - size - before)
}
