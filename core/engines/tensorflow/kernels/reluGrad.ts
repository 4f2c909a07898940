/**
 * The gradient of relu as TensorFlow's own operation: dy · (x > 0). tfjs's is dy · step(x), which tfjs-node makes of six operations over the whole
 * activation (IsNan, Greater, two Selects, Cast, Mul).
 *
 * Source: tensorflow/core/ops/nn_ops.cc, ReluGrad (gradients, features → backprops).
 */
import {
  Relu,
  engine,
  getGradient,
  getKernel,
  registerGradient,
  registerKernel,
  unregisterGradient,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { NodeBackend } from '../binding.ts'
import { dataTypes } from '../graph.ts'

const ReluGrad = 'ReluGrad'

/** Gradients are those of all backends of a process: on another one, relu keeps the gradient that it had. */
export function registerReluGrad(): void {
  if (getKernel(ReluGrad, 'tensorflow') !== undefined) return // a process may start the engine again
  registerKernel({ kernelName: ReluGrad, backendName: 'tensorflow', kernelFunc: reluGrad })
  const other = getGradient(Relu).gradFunc
  unregisterGradient(Relu)
  registerGradient({
    kernelName: Relu,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attributes) =>
      engine().backendName === 'tensorflow' ? { x: () => gradientOf(dy as Tensor, saved[0]) } : other(dy, saved, attributes), // relu has one output
  })
}

function gradientOf(dy: Tensor, x: Tensor | undefined): Tensor {
  assert(x !== undefined, 'relu: its input is kept for the gradient')
  const made = engine().runKernel(ReluGrad, { dy, x })
  return made as Tensor // runKernel is typed for kernels of several outputs; ReluGrad has one
}

const reluGrad: KernelFunc = ({ inputs, backend }): TensorInfo => {
  const { dy, x } = inputs
  assert(dy !== undefined && x !== undefined, 'ReluGrad: an operand is missing')
  const node = backend as NodeBackend // the kernel is registered for this backend alone
  const { binding } = node
  const attributes = [{ name: 'T', type: binding.TF_ATTR_TYPE, value: dataTypes.float32 }]
  const [made] = binding.executeOp(ReluGrad, attributes, node.getInputTensorIds([dy, x]), 1)
  assert(made !== undefined, 'ReluGrad has one output')
  return node.createOutputTensor(made)
}
