import { beforeAll, describe, expect, test } from 'vitest'
import { engine, type KernelBackend } from '@tensorflow/tfjs-core'
import { add, tensor, type Tensor } from '#core/engines/ops.ts'
import { captureProgram } from '#core/engines/program.ts'
import { startEngine } from '#core/engines/registry.ts'
import { kernel, nativesFor, replaceKernel } from './kernels/replaceKernel.ts'

/**
 * x + x, for tests: x is first copied, and 0 + the copy is then taken by a native function. Where the copy is made in JavaScript without
 * being noted, a recording keeps the copy of its first step.
 */
function registerDouble(name: string, isNoted: boolean): void {
  replaceKernel(name, () => ({
    kernelFunc: ({ inputs: { x }, backend: given }) => {
      const natives = nativesFor(given as KernelBackend) // tfjs types the backend as an object
      const { backend } = natives
      if (x === undefined) throw new Error('double takes x')
      const copy = backend.makeOutput([...x.shape], 'float32')
      const move = () => backend.typedArrayFromHeap(copy).set(backend.typedArrayFromHeap(x))
      const [from, to] = [x, copy].map(({ dataId }) => backend.dataIdMap.get(dataId).memoryOffset) as [number, number] // two tensors
      if (isNoted) natives.act(() => void backend.wasm.HEAPU8.copyWithin(to, from, from + 12))
      else move()
      const out = kernel(backend, 'Add', { inputs: { a: copy, b: copy } })
      backend.disposeData(copy.dataId)
      return out
    },
  }))
}

function double(name: string, x: Tensor | undefined): Tensor {
  if (x === undefined) throw new Error('double takes x')
  const out: Tensor | Tensor[] = engine().runKernel(name, { x })
  if (Array.isArray(out)) throw new Error('double has one output')
  return out
}

describe('the proof of a native replay', () => {
  beforeAll(async () => void (await startEngine('wasm')))
  const state = () => ({ x: tensor([1, 2, 3]) })

  test('refuses a step whose second time has other bits, though the first has the same', () => {
    registerDouble('DoubleUnnoted', false)
    const { x } = state()
    expect(() => captureProgram({ state: { x }, feeds: {}, step: (now) => ({ x: double('DoubleUnnoted', now['x']) }) })).toThrow(
      'the second native step has other bits than the kernels',
    )
    x.dispose()
  })
  test('leaves the state as it was, and lets a noted action be replayed', () => {
    registerDouble('DoubleNoted', true)
    const { x } = state()
    const program = captureProgram({ state: { x }, feeds: {}, step: (now) => ({ x: double('DoubleNoted', now['x']) }) })
    expect([...program.read('x')]).toEqual([1, 2, 3])
    for (const wanted of [
      [2, 4, 6],
      [4, 8, 12],
    ]) {
      program.advance(() => ({}))
      expect([...program.read('x')]).toEqual(wanted)
    }
    program.dispose()
    x.dispose()
  })
  test('takes one NaN for another', () => {
    const given = new Float32Array(new Uint32Array([0x7fc00001, 0xffc00002, 0x3f800000]).buffer)
    const x = tensor(given)
    const program = captureProgram({ state: { x }, feeds: {}, step: (now) => ({ x: add(now['x'] ?? 0, now['x'] ?? 0) }) })
    program.advance(() => ({}))
    expect([...program.read('x')]).toEqual([NaN, NaN, 2])
    program.dispose()
    x.dispose()
  })
})
