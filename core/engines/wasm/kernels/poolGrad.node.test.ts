import { beforeAll, describe, expect, test } from 'vitest'
import { setBackend } from '@tensorflow/tfjs-core'
import { avgPool, inScope, maxPool, mul, sum, tensor, valueAndGrads, type Tensor, type Tensor4D } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

type Case = Readonly<{ shape: readonly [number, number, number, number]; window: number; stride: number; pad: 'same' | 'valid' | number }>
type Kind = 'max' | 'average'
type Numbers = ArrayLike<number>

const at = (values: Numbers, i: number) => values[i] ?? Number.NaN
const numbers = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(3 * i + 1))
/** Different whole numbers in some order: no two are nearer than 1, so that a step of ¼ changes no maximum's place. */
const apart = (length: number) => Float32Array.from({ length }, (_, i) => (i * 37) % 1009)

function axisOf(size: number, { window, stride, pad }: Case): { count: number; before: number } {
  if (pad === 'same') {
    const count = Math.ceil(size / stride)
    return { count, before: Math.floor(Math.max(0, (count - 1) * stride + window - size) / 2) }
  }
  const before = pad === 'valid' ? 0 : pad
  return { count: Math.floor((size + 2 * before - window) / stride) + 1, before }
}

function outputsOf(one: Case): [number, number, number, number] {
  const [batch, height, width, channels] = one.shape
  return [batch, axisOf(height, one).count, axisOf(width, one).count, channels]
}

/** Σ g ⊙ pool(x) in float64; the mean is over the places of the window inside the image. */
function loss(x: Numbers, g: Numbers, { kind, one }: { kind: Kind; one: Case }): number {
  const [, height, width, channels] = one.shape
  const [rows, columns] = [axisOf(height, one), axisOf(width, one)]
  return Array.from(g).reduce((total, weight, place) => {
    const c = place % channels
    const j = Math.floor(place / channels) % columns.count
    const i = Math.floor(place / channels / columns.count) % rows.count
    const n = Math.floor(place / channels / columns.count / rows.count)
    const seen = Array.from({ length: one.window ** 2 }, (_, tap) => ({
      row: i * one.stride + Math.floor(tap / one.window) - rows.before,
      column: j * one.stride + (tap % one.window) - columns.before,
    }))
      .filter(({ row, column }) => row >= 0 && row < height && column >= 0 && column < width)
      .map(({ row, column }) => at(x, ((n * height + row) * width + column) * channels + c))
    return total + weight * (kind === 'max' ? Math.max(...seen) : seen.reduce((a, b) => a + b, 0) / seen.length)
  }, 0)
}

function gradient(kind: Kind, one: Case, { x, g }: { x: Float32Array; g: Float32Array }): { value: number; dx: Float32Array } {
  return inScope(() => {
    const total = (image: Tensor) => {
      const pool = kind === 'max' ? maxPool : avgPool
      const rounding = typeof one.pad === 'number' ? 'floor' : undefined
      const made = pool(image as Tensor4D, one.window, one.stride, one.pad, rounding) // as made below
      expect(made.shape).toEqual(outputsOf(one))
      return sum(mul(made, tensor(g, outputsOf(one))))
    }
    const { value, grads } = valueAndGrads(total as never)([tensor(x, [...one.shape])]) // the sum is a scalar
    return { value: value.dataSync()[0] ?? Number.NaN, dx: Float32Array.from(grads[0]?.dataSync() ?? []) }
  })
}

const shape = [2, 6, 5, 3] as const
const cases: readonly Case[] = [
  { shape, window: 2, stride: 2, pad: 'valid' },
  { shape, window: 2, stride: 2, pad: 'same' },
  { shape, window: 3, stride: 2, pad: 'same' },
  { shape, window: 3, stride: 2, pad: 1 },
  { shape, window: 3, stride: 1, pad: 'same' },
  { shape, window: 2, stride: 3, pad: 'valid' }, // places between the windows
  { shape, window: 1, stride: 1, pad: 'valid' },
  { shape, window: 5, stride: 1, pad: 'valid' },
  { shape: [1, 4, 4, 1], window: 4, stride: 4, pad: 'valid' }, // as large as the image
  { shape: [1, 1, 1, 1], window: 1, stride: 1, pad: 'same' },
]
const both = cases.flatMap((one) => (['max', 'average'] as const).map((kind) => ({ ...one, kind })))
const sizeOf = (sizes: readonly number[]) => sizes.reduce((product, n) => product * n, 1)

describe('the gradients of pooling on wasm', () => {
  beforeAll(async () => {
    await startEngine('cpu')
    await startEngine('wasm')
  })

  test.each(both)('$kind of $window×$window in $shape, stride $stride, pad $pad, is the central differences', ({ kind, ...one }) => {
    const [x, g] = [apart(sizeOf(one.shape)), numbers(sizeOf(outputsOf(one)))]
    const { value, dx } = gradient(kind, one, { x, g })
    const wanted = [...x].map((middle, i) => {
      const moved = Float64Array.from(x)
      moved[i] = middle + 0.25
      const above = loss(moved, g, { kind, one })
      moved[i] = middle - 0.25
      return (above - loss(moved, g, { kind, one })) * 2
    })
    expect(value).toBeAllclose(loss(x, g, { kind, one }), { absolute: g.length * 1009 * 2 ** -23 }) // a sum of numbers ≤ 1009 in float32
    expect(dx).toBeAllclose(wanted, { absolute: 16 * 2 ** -23 }) // sums of at most 9 numbers ≤ 1
  })
  test.each(both.filter(({ kind, pad }) => kind === 'max' || pad === 'valid'))(
    '$kind of $window×$window in $shape, stride $stride, pad $pad, is that of the cpu engine',
    async ({ kind, ...one }) => {
      const given = { x: apart(sizeOf(one.shape)), g: numbers(sizeOf(outputsOf(one))) }
      const onWasm = gradient(kind, one, given)
      await setBackend('cpu')
      const onCpu = gradient(kind, one, given)
      await setBackend('wasm')
      expect(onWasm.dx).toBeAllclose(onCpu.dx, { absolute: 16 * 2 ** -23 })
    },
  )
  test('of equal maxima the first takes all, row by row', () => {
    const one: Case = { shape: [1, 2, 2, 1], window: 2, stride: 2, pad: 'valid' }
    expect([...gradient('max', one, { x: Float32Array.of(0, 5, 5, 5), g: Float32Array.of(3) }).dx]).toEqual([0, 3, 0, 0])
    expect([...gradient('max', one, { x: new Float32Array(4).fill(-Infinity), g: Float32Array.of(3) }).dx]).toEqual([3, 0, 0, 0])
  })
  test('a NaN before its window stays in its image', () => {
    const one: Case = { shape: [2, 2, 2, 1], window: 2, stride: 2, pad: 'valid' }
    const { dx } = gradient('average', one, { x: numbers(8), g: Float32Array.of(Number.NaN, 4) })
    expect([...dx]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 1, 1, 1, 1])
  })
})
