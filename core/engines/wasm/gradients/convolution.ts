/**
 * The gradients of convolutions, for the wasm engine: kernels of our own, on XNNPACK. What each does stands in `kernels/conv2DBackpropInput.ts`,
 * `kernels/conv2DBackpropFilter.ts` and `kernels/depthwiseBackpropFilter.ts`. A stride costs no products; a dilation is refused.
 *
 * Milliseconds and, behind them, GFLOP/s, minima of 15 on an AMD EPYC shared with others, Node 24, one thread; `product` is the matrix product of as many
 * multiplications, measured in turn with the rest:
 *
 *                                      product     forward     ∂ input     ∂ filter
 *   32·28·28·32 → 64, 3×3              36.5 25     35.2 26     33.6 28     44.3 21
 *   32·14·14·64 → 64, 3×3              18.1 26     17.6 26     17.0 27     22.1 21
 *   32·7·7·64 → 128, 3×3                9.2 25      9.4 25      9.4 25     10.5 22
 *   32·14·14·16 → 32, 5×5               6.7 24      6.5 25      6.0 27      8.0 20
 *   32·28·28·32 → 64, 3×3, stride 2     9.2 25      9.3 25     12.8 18     13.5 17
 *   32·28·28·32 → 64, 1×1               4.6 23      7.0 15      4.1 25     11.6  9
 *   32·32·32·3 → 32, 3×3                2.4 24      2.4 24      5.8 10      7.1  8
 *   32·28·28·1 → 32, 3×3                0.8 19      1.1 13      4.6  3      4.3  3
 *
 * A filter's gradient by few inputs is the packing of dy, not products. Depthwise 32·28·28·32, 3×3: 1.9 forward, 1.7 ∂ input, 15 ∂ filter, a loop.
 */
import { engine, registerGradient, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core'
import { Refusal, assert } from '#core/contract/errors.ts'

export function registerConvolutionGradients(): void {
  register('Conv2D', { input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' })
  register('DepthwiseConv2dNative', { input: 'DepthwiseConv2dNativeBackpropInput', filter: 'DepthwiseConv2dNativeBackpropFilter' })
}

type Kernels = { readonly input: string; readonly filter: string }

function register(kernelName: string, kernels: Kernels): void {
  registerGradient({
    kernelName,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attributes) => {
      const [x, filter] = saved
      assert(x !== undefined && filter !== undefined && !Array.isArray(dy), 'convolution gradient: saved operands are missing')
      refuse(attributes)
      return {
        x: () => run(kernels.input, { dy, filter }, { ...attributes, inputShape: x.shape }),
        filter: () => run(kernels.filter, { x, dy }, { ...attributes, filterShape: filter.shape }),
      }
    },
  })
}

function refuse(attributes: NamedAttrMap): void {
  const { dilations, dataFormat } = attributes as { dilations?: number | number[] | null; dataFormat?: string } // the attributes of a convolution
  const each = [dilations ?? 1].flat()
  if (each.some((dilation) => dilation !== 1))
    throw new Refusal('invalid-input', `dilations: expected 1 where a gradient is taken, got ${each.join(' × ')}`)
  if (dataFormat === 'NCHW') throw new Refusal('invalid-input', 'dataFormat: expected NHWC, got NCHW')
}

function run(name: string, inputs: Record<string, Tensor>, attributes: NamedAttrMap): Tensor {
  const out = engine().runKernel(name, inputs, attributes)
  return out as Tensor // runKernel is typed for kernels of several outputs; these have one
}
