/** Where tensors lie in the module's memory, for kernels of our own that read and write it. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { bytesOf, type Natives, type Span } from '../natives.ts'

/** The place of a float32 tensor. */
export function spanOf({ dataId, shape }: TensorInfo, { backend }: Natives): Span {
  const { id, memoryOffset } = backend.dataIdMap.get(dataId)
  return { id, pointer: memoryOffset, size: bytesOf(shape, 'float32') / 4 }
}

/** The numbers at a place, as of now: the memory moves when it grows, so a view must not be kept. */
export function floatsAt({ pointer, size }: Pick<Span, 'pointer' | 'size'>, { backend }: Natives): Float32Array {
  return new Float32Array(backend.wasm.HEAPU8.buffer, pointer, size)
}
