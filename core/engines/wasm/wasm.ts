/** The embedded engine: tfjs's WebAssembly backend with XNNPACK, one thread in Node. Works at once everywhere. */
import { cpus } from 'node:os'
import '@tensorflow/tfjs' // for the table of gradients, which tfjs-core's Node build leaves out
import { env, findBackendFactory, ready, registerBackend, removeBackend, setBackend, version_core } from '@tensorflow/tfjs-core'
import { version_wasm } from '@tensorflow/tfjs-backend-wasm'
import { Refusal } from '#core/contract/errors.ts'
import type { Engine } from '../engine.ts'
import { registerConvolutionGradients } from './gradients/convolution.ts'
import { registerMatMulGradient } from './gradients/matMul.ts'
import { registerBatchMatMul } from './kernels/batchMatMul.ts'
import { registerConv2D } from './kernels/conv2D.ts'
import { registerConv2DBackpropFilter } from './kernels/conv2DBackpropFilter.ts'
import { registerConv2DBackpropInput } from './kernels/conv2DBackpropInput.ts'
import { registerDepthwiseBackpropFilter } from './kernels/depthwiseBackpropFilter.ts'
import { registerGatherV2 } from './kernels/gatherV2.ts'
import { registerPoolGradients } from './kernels/poolGrad.ts'
import { registerTanh } from './kernels/tanh.ts'
import { registerUnsortedSegmentSum } from './kernels/unsortedSegmentSum.ts'
import { watchNatives } from './natives.ts'

export const wasm: Engine = {
  kind: 'wasm',
  async start() {
    env().set('PROD', true) // no NaN checks and no warnings of tfjs's own: divergence is an outcome that the loop records
    watchBackend()
    registerBatchMatMul()
    registerConv2D()
    registerConv2DBackpropFilter()
    registerConv2DBackpropInput()
    registerDepthwiseBackpropFilter()
    registerGatherV2()
    registerPoolGradients()
    registerTanh()
    registerUnsortedSegmentSum()
    if (!(await setBackend('wasm'))) throw new Refusal('engine-unavailable', 'wasm: the WebAssembly backend did not start')
    await ready()
    registerConvolutionGradients()
    registerMatMulGradient()
    return {
      kind: 'wasm',
      device: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, 1 thread`,
      versions: { '@tensorflow/tfjs-core': version_core, '@tensorflow/tfjs-backend-wasm': version_wasm },
    }
  },
}

/** Has the kernels' native calls noted: the backend is watched between its making and the set-up of its kernels. */
function watchBackend(): void {
  const make = findBackendFactory('wasm')
  removeBackend('wasm')
  registerBackend('wasm', async () => {
    const backend = await make()
    watchNatives(backend)
    return backend
  })
}
