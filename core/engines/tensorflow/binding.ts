/** What this program uses of tfjs-node's backend beyond what its types give: they call private what a trace must see. */
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core'
import type { Addon } from './addon.ts'

/** The addon. Tensors are named by numbers that are never used twice; it frees none by itself. */
export type Binding = Addon['binding']
export type Metadata = ReturnType<Binding['executeOp']>[number]
export type OperationAttribute = Parameters<Binding['executeOp']>[1][number]

export type Values = Float32Array | Int32Array | Uint8Array

export type NodeBackend = KernelBackend & {
  binding: Binding
  getInputTensorIds: (tensors: readonly TensorInfo[]) => number[]
  createOutputTensor(metadata: Metadata): TensorInfo
}
