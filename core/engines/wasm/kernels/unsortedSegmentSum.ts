/**
 * Sums of rows by segment, which the gradient of gather needs and tfjs's wasm backend lacks:
 *
 *   out[s] = Σ_{i : segmentIds[i] = s} x[i]
 *
 * It is ScatterNd, which adds where an index comes more than once, in order of i: the same bits every time.
 */
import type { KernelBackend } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { kernel, replaceKernel } from './replaceKernel.ts'

export function registerUnsortedSegmentSum(): void {
  replaceKernel('UnsortedSegmentSum', () => ({
    kernelFunc: ({ inputs: { x, segmentIds }, attrs, backend }) => {
      const { numSegments } = attrs as { readonly numSegments?: number } // the attributes of UnsortedSegmentSum
      assert(x !== undefined && segmentIds !== undefined && numSegments !== undefined, 'unsortedSegmentSum: an operand is missing')
      const indices = { ...segmentIds, shape: [...segmentIds.shape, 1] } // [N, 1]
      const shape = [numSegments, ...x.shape.slice(1)]
      return kernel(backend as KernelBackend, 'ScatterNd', { inputs: { indices, updates: x }, attrs: { shape } }) // tfjs types the backend as an object
    },
  }))
}
