/** What perceptrons, cross-entropy, Adam and clipping need of the wasm engine, forward and backward, against tfjs's plain JavaScript engine. */
import { beforeAll, describe, expect, test } from 'vitest'
import * as tf from '@tensorflow/tfjs-core' // eslint-disable-line no-restricted-imports -- thirty operations by name, none of which draws
import { inScope } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

const shape = [3, 4, 5]
const numbers = (length: number, phase: number) => Float32Array.from({ length }, (_, i) => Math.sin(3 * i + phase))
const positive = numbers(60, 1).map((value) => Math.abs(value) + 0.5)
const other = () => tf.tensor(positive, shape)
const rows = () => tf.tensor1d([0, 2, 2], 'int32')

type Operation = (x: tf.Tensor) => tf.Tensor
/** Axes are counted from 0: tfjs's own gradients of prod and cumsum fail with −1, that of cumsum by writing past its memory. */
const operations: Readonly<Record<string, Operation>> = {
  tanh: (x) => tf.tanh(x),
  relu: (x) => tf.relu(x),
  sigmoid: (x) => tf.sigmoid(x),
  exp: (x) => tf.exp(x),
  log: (x) => tf.log(x),
  sqrt: (x) => tf.sqrt(x),
  rsqrt: (x) => tf.rsqrt(x),
  division: (x) => tf.div(x, tf.add(x, other())),
  abs: (x) => tf.abs(tf.sub(x, 0.9)),
  sign: (x) => tf.sign(tf.sub(x, 0.9)),
  maximum: (x) => tf.maximum(x, tf.scalar(0.9)),
  minimum: (x) => tf.minimum(x, tf.scalar(0.9)),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  'log of a sum of exponentials': (x) => tf.logSumExp(x, 2),
  'gather along 0': (x) => tf.gather(x, rows()),
  'gather along 1': (x) => tf.gather(x, rows(), 1),
  concat: (x) => tf.concat([x, tf.square(x)], 1),
  slice: (x) => tf.slice(x, [0, 1, 0], [3, 2, 5]),
  stack: (x) => tf.stack([x, tf.square(x)]),
  unstack: (x) => tf.unstack(x)[1] ?? x,
  tile: (x) => tf.tile(x, [1, 2, 1]),
  'cube by pow': (x) => tf.pow(x, 3),
  'pow of tensors': (x) => tf.pow(x, other()),
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  where: (x) => tf.where(tf.greater(other(), 0.9), x, tf.mul(x, 2)),
  mean: (x) => tf.mean(x, 2),
  max: (x) => tf.max(x, 2),
  prod: (x) => tf.prod(x, 2),
  cumsum: (x) => tf.cumsum(x, 2),
  'clip by value': (x) => tf.clipByValue(x, 0.6, 1.2),
  'clip by norm': (x) => tf.mul(x, tf.minimum(tf.scalar(1), tf.div(1, tf.norm(x, 'euclidean', [1, 2], true)))),
  softplus: (x) => tf.softplus(x),
  transpose: (x) => tf.transpose(x, [0, 2, 1]),
  'one-hot cross-entropy': (x) => tf.mul(tf.logSoftmax(x), tf.oneHot(tf.argMax(other(), 2), 5)),
}

type Result = { readonly value: Float64Array; readonly gradient: Float64Array }

function results(): Map<string, Result> {
  const of = (operation: Operation): Result => {
    const value = inScope(() => Float64Array.from(operation(tf.tensor(positive, shape)).dataSync()))
    const total = (x: tf.Tensor) => {
      const y = operation(x)
      return tf.sum(tf.mul(y, tf.tensor(numbers(y.size, 2), y.shape)))
    }
    const gradient = inScope(() => Float64Array.from(tf.grad(total)(tf.tensor(positive, shape)).dataSync()))
    return { value, gradient }
  }
  return new Map(Object.entries(operations).map(([name, operation]) => [name, of(operation)]))
}

describe('wasm has every kernel', () => {
  let got = new Map<string, Result>()
  let wanted = new Map<string, Result>()
  beforeAll(async () => {
    await startEngine('wasm')
    got = results()
    await startEngine('cpu')
    wanted = results()
  })

  test.each(Object.keys(operations))('%s, forward and backward', (name) => {
    // a dozen roundings of numbers up to 2, whose sums and powers stay below 30
    const close = { absolute: 12 * 2 ** -22, relative: 12 * 2 ** -23 }
    expect(got.get(name)?.value ?? []).toBeAllclose(wanted.get(name)?.value ?? [Number.NaN], close)
    expect(got.get(name)?.gradient ?? []).toBeAllclose(wanted.get(name)?.gradient ?? [Number.NaN], close)
  })
})
