/**
 * The kernel of gather without a look at the indices: tfjs-node's reads them back at every call, which a program that is traced cannot, and which copies a batch.
 * An index out of range is TensorFlow's own refusal, on a GPU a row of zeros.
 */
import { GatherV2, registerKernel, scalar, unregisterKernel, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { NodeBackend } from '../binding.ts'
import { dataTypes, type DataType } from '../graph.ts'

export function registerGatherV2(): void {
  unregisterKernel(GatherV2, 'tensorflow')
  registerKernel({ kernelName: GatherV2, backendName: 'tensorflow', kernelFunc: gather })
}

const gather: KernelFunc = ({ inputs, attrs, backend }): TensorInfo => {
  const { x, indices } = inputs
  const { axis = 0, batchDims = 0 } = attrs as { readonly axis?: number; readonly batchDims?: number } // the attributes of GatherV2
  assert(x !== undefined && indices !== undefined, 'gather: an operand is missing')
  const node = backend as NodeBackend // the kernel is registered for this backend alone
  const { binding } = node
  const at = scalar(axis, 'int32')
  const type = (name: string, dtype: string) => ({ name, type: binding.TF_ATTR_TYPE, value: dataTypes[dtype as DataType] }) // TensorFlow refuses the others
  const attributes = [
    { name: 'batch_dims', type: binding.TF_ATTR_INT, value: batchDims },
    type('Tparams', x.dtype),
    type('Tindices', indices.dtype),
    type('Taxis', 'int32'),
  ]
  const [made] = binding.executeOp(GatherV2, attributes, node.getInputTensorIds([x, indices, at]), 1)
  at.dispose()
  assert(made !== undefined, 'GatherV2 has one output')
  return node.createOutputTensor(made)
}
