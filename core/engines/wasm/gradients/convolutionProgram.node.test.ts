import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { engine } from '@tensorflow/tfjs-core'
import {
  add,
  avgPool,
  conv2d,
  depthwiseConv2d,
  inScope,
  matMul,
  maxPool,
  memory,
  mul,
  relu,
  reshape,
  square,
  sub,
  sum,
  tensor,
  valueAndGrads,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  type Tensors,
} from '#core/engines/ops.ts'
import { captureProgram } from '#core/engines/program.ts'
import { startEngine } from '#core/engines/registry.ts'
import { nativesFor } from '../kernels/replaceKernel.ts'

const shapes: Readonly<Record<string, readonly number[]>> = {
  first: [3, 3, 1, 4],
  reduce: [1, 1, 4, 6],
  strided: [3, 3, 6, 8],
  each: [3, 3, 8, 2],
  eachStrided: [3, 3, 16, 1],
  last: [16, 3],
}
const batch = 5
const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)
const numbers = (shape: readonly number[], phase: number) =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(3 * i + phase) / 4)

/** A network with every kind of layer: filters of 1×1 and 3×3, strides 1 and 2, depthwise with one and two outputs, both poolings. */
function network(x: Tensor4D, now: Tensors): Tensor {
  const filter = (name: string) => now[name] as Tensor4D // a name of the table above
  const one = relu(conv2d(x, filter('first'), 1, 'same')) // [batch, 12, 12, 4]
  const two = maxPool(relu(conv2d(one, filter('reduce'), 1, 'valid')), 2, 2, 'valid') // [batch, 6, 6, 6]
  const three = relu(conv2d(two, filter('strided'), 2, 'same')) // [batch, 3, 3, 8]
  const four = relu(depthwiseConv2d(three, filter('each'), 1, 'same')) // [batch, 3, 3, 16]
  const five = depthwiseConv2d(four, filter('eachStrided'), 2, 'same') // [batch, 2, 2, 16]
  const flat = reshape(avgPool(five, 2, 1, 'valid'), [batch, 16])
  return matMul(flat as Tensor1D, now['last'] as Tensor1D) // [batch, 3]; matMul's type asks for one
}

function step(now: Tensors, feeds: Tensors): Tensors {
  const names = Object.keys(shapes)
  const loss = (...parameters: Tensor[]) => {
    const out = network(feeds['x'] as Tensor4D, Object.fromEntries(names.map((name, i) => [name, parameters[i]])) as Tensors) // as many as names
    return sum(square(sub(out, 1)))
  }
  const { grads } = valueAndGrads(loss as never)(names.map((name) => now[name] as Tensor)) // the sum is a scalar; all names are there
  return Object.fromEntries(names.map((name, i) => [name, add(now[name] as Tensor, mul(grads[i] as Tensor, -0.003))])) // a gradient for each name
}

const feedOf = (i: number) => numbers([batch, 12, 12, 1], i)
const begin = () => Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, tensor(numbers(shape, i), [...shape])]))
const dispose = (state: Tensors) => {
  for (const part of Object.values(state)) part.dispose()
}
const heapBytes = () => nativesFor(engine().backend).backend.wasm.HEAPU8.length // the type says unknown

/** One step by tfjs; the state given is disposed. */
function advance(state: Tensors, i: number): Tensors {
  const next = inScope(() => {
    const made = step(state, { x: tensor(feedOf(i), [batch, 12, 12, 1]) })
    return Object.entries(made).map(([name, part]) => [name, part.dataSync().slice()] as const)
  })
  dispose(state)
  return Object.fromEntries(next.map(([name, values]) => [name, tensor(values, [...(shapes[name] ?? [])])]))
}

describe('a convolutional step on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))
  let before = { tensors: 0, data: 0 }
  beforeEach(() => void (before = { tensors: memory().numTensors, data: engine().backend.numDataIds() }))
  afterEach(() => expect({ tensors: memory().numTensors, data: engine().backend.numDataIds() }).toEqual(before))

  test('has the same bits captured and by tfjs, over 20 steps', () => {
    let state = begin()
    const program = captureProgram({ state, feeds: { x: { shape: [batch, 12, 12, 1], dtype: 'float32' } }, step })
    expect(program.how).toBe('natives')
    for (let i = 0; i < 20; i += 1) {
      program.advance(() => ({ x: feedOf(i) }))
      state = advance(state, i)
      for (const [name, part] of Object.entries(state))
        expect(Buffer.compare(bytesOf(program.read(name)), bytesOf(part.dataSync()))).toBe(0)
    }
    expect(bytesOf(program.read('first'))).not.toEqual(bytesOf(numbers(shapes['first'] ?? [], 0))) // it learns something
    program.dispose()
    dispose(state)
  })
  test('keeps the memory that it has over 200 steps, captured and not', () => {
    let state = begin()
    for (let i = 0; i < 5; i += 1) state = advance(state, i)
    const [bytes, data] = [heapBytes(), engine().backend.numDataIds()]
    for (let i = 0; i < 200; i += 1) state = advance(state, i)
    expect({ bytes: heapBytes(), data: engine().backend.numDataIds() }).toEqual({ bytes, data })

    const program = captureProgram({ state, feeds: { x: { shape: [batch, 12, 12, 1], dtype: 'float32' } }, step })
    program.advance(() => ({ x: feedOf(0) }))
    const [captured, kept] = [heapBytes(), engine().backend.numDataIds()]
    program.advance((i) => ({ x: feedOf(i) }), 200)
    expect({ bytes: heapBytes(), data: engine().backend.numDataIds() }).toEqual({ bytes: captured, data: kept })
    program.dispose()
    dispose(state)
  })
})

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
