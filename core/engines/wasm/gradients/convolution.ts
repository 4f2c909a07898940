/**
 * The gradients of convolutions, for the wasm engine: kernels of our own, on XNNPACK. What each does stands in `kernels/conv2DBackpropInput.ts`,
 * `kernels/conv2DBackpropFilter.ts` and `kernels/depthwiseBackpropFilter.ts`. A stride is free; a dilation is refused.
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
