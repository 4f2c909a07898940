/** Convolutions and poolings: against numbers worked out by hand, against their definition index by index, and against each other as transposes. */
import { avgPool, conv2d, depthwiseConv2d, engine, maxPool, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { tensor64 } from '../make.ts'
import { define, entry, made, numbers, run, type Result, type Shape } from './byDefinition.ts'

expect.extend({ toBeAllclose })

const image = (shape: Shape, phase = 0) => made(shape, phase) as Tensor4D // its shape has four axes
const matrix = (values: readonly number[]) => tensor64(values, [1, Math.sqrt(values.length), Math.sqrt(values.length), 1]) as Tensor4D // as above
const taps = (values: readonly number[]) => tensor64(values, [Math.sqrt(values.length), Math.sqrt(values.length), 1, 1]) as Tensor4D // as above
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)
const sum = (values: readonly number[]) => values.reduce((so, value) => so + value, 0)
const dot = (a: Result, b: Result) => sum(a.values.map((value, i) => value * (b.values[i] ?? Number.NaN)))
const kernel = (name: string, inputs: Record<string, Tensor>, attributes: object) =>
  engine().runKernel<Tensor>(name, inputs, { ...attributes }) // these have one result

type Case = {
  readonly x: Shape
  readonly w: Shape
  readonly stride: number
  readonly pad: 'same' | 'valid' | number
  readonly dilation: number
}
const cases: readonly Case[] = [
  { x: [2, 5, 4, 3], w: [3, 3, 3, 2], stride: 1, pad: 'same', dilation: 1 },
  { x: [2, 5, 4, 3], w: [3, 2, 3, 2], stride: 2, pad: 'valid', dilation: 1 },
  { x: [1, 6, 5, 2], w: [2, 3, 2, 4], stride: 3, pad: 'same', dilation: 1 },
  { x: [1, 6, 6, 1], w: [3, 3, 1, 1], stride: 1, pad: 'same', dilation: 2 },
  { x: [1, 4, 4, 2], w: [3, 3, 2, 1], stride: 2, pad: 1, dilation: 1 },
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1], stride: 1, pad: 'valid', dilation: 1 },
  { x: [1, 2, 2, 1], w: [5, 5, 1, 2], stride: 1, pad: 'same', dilation: 1 },
  { x: [0, 3, 3, 1], w: [2, 2, 1, 1], stride: 1, pad: 'same', dilation: 1 },
]
/** Places in front that are not there: TensorFlow's rule, half of what lacks, rounded down. */
function before({ pad, stride, dilation }: Case, size: number, taps: number): number {
  if (pad === 'valid') return 0
  if (pad !== 'same') return pad
  const lacks = (Math.ceil(size / stride) - 1) * stride + (taps - 1) * dilation + 1 - size
  return Math.floor(Math.max(0, lacks) / 2)
}
function windows({ pad, stride, dilation }: Case, size: number, taps: number): number {
  if (pad === 'same') return Math.ceil(size / stride)
  return Math.floor((size + (pad === 'valid' ? 0 : 2 * pad) - (taps - 1) * dilation - 1) / stride) + 1
}
/** Σ_{a, b} of the terms of one window inside the image. */
function overWindow(
  one: Case,
  [i, j]: readonly [number, number],
  term: (row: number, column: number, tap: readonly [number, number]) => number,
): number {
  // prettier-ignore
  const [, height = 0, width = 0] = one.x
  const [kh = 0, kw = 0] = one.w
  return sum(
    upTo(kh * kw).map((at) => {
      const [a, b] = [Math.floor(at / kw), at % kw]
      const row = i * one.stride + a * one.dilation - before(one, height, kh)
      const column = j * one.stride + b * one.dilation - before(one, width, kw)
      return row < 0 || row >= height || column < 0 || column >= width ? 0 : term(row, column, [a, b])
    }),
  )
}
const sizes = (one: Case, outputs: number): Shape => [one.x[0] ?? 0, windows(one, one.x[1] ?? 0, one.w[0] ?? 0), windows(one, one.x[2] ?? 0, one.w[1] ?? 0), outputs] // prettier-ignore

describe('convolutions', () => {
  test('by hand: the kernel is not turned round', () => {
    // [1 2 3; 4 5 6; 7 8 9] with [1 2; 3 4]: 1·1 + 2·2 + 3·4 + 4·5 = 37, then 47, 67, 77
    const [x, w] = [upTo(9).map((i) => i + 1), [1, 2, 3, 4]]
    const of = (pad: 'valid' | 'same') => run(() => conv2d(matrix(x), taps(w), 1, pad))
    expect(of('valid')).toEqual({ shape: [1, 2, 2, 1], dtype: 'float32', values: [37, 47, 67, 77] })
    // zeros below and to the right: 3·1 + 6·3 = 21, 6·1 + 9·3 = 33, 7·1 + 8·2 = 23, 8·1 + 9·2 = 26, 9·1 = 9
    expect(of('same').values).toEqual([37, 47, 21, 67, 77, 33, 23, 26, 9])
  })
  test.each(cases)('of $x by $w, stride $stride, padding $pad, dilation $dilation', (one) => {
    const [, , , outputs = 0] = one.w
    const [x, w] = [numbers(one.x), numbers(one.w, 2)]
    const expected = define(sizes(one, outputs), ([n = 0, i = 0, j = 0, o = 0]) =>
      overWindow(one, [i, j], (row, column, tap) =>
        sum(upTo(one.x[3] ?? 0).map((c) => entry(x, one.x, [n, row, column, c]) * entry(w, one.w, [...tap, c, o]))),
      ),
    )
    const got = run(() => conv2d(image(one.x), image(one.w, 2), one.stride, one.pad, 'NHWC', one.dilation))
    expect(got.shape).toEqual(expected.shape)
    expect(got.values).toBeAllclose(expected.values, { absolute: 1e-14 }) // at most 25 terms below 1, summed in another order
  })
  test.each(cases)('depthwise, of $x by $w, stride $stride, padding $pad, dilation $dilation', (one) => {
    const [, , inputs = 0, each = 0] = one.w
    const [x, w] = [numbers(one.x), numbers(one.w, 2)]
    const expected = define(sizes(one, inputs * each), ([n = 0, i = 0, j = 0, o = 0]) => {
      const c = Math.floor(o / each)
      return overWindow(one, [i, j], (row, column, tap) => entry(x, one.x, [n, row, column, c]) * entry(w, one.w, [...tap, c, o % each]))
    })
    const got = run(() => depthwiseConv2d(image(one.x), image(one.w, 2), one.stride, one.pad, 'NHWC', one.dilation))
    expect(got.shape).toEqual(expected.shape)
    expect(got.values).toBeAllclose(expected.values, { absolute: 1e-14 }) // as above
  })
  test.each(cases.flatMap((one) => ['Conv2D', 'DepthwiseConv2dNative'].map((name) => ({ name, ...one }))))(
    '$name of $x by $w: ⟨g, x ∗ w⟩ = ⟨dx(g), x⟩ = ⟨dw(g), w⟩, stride $stride, padding $pad',
    ({ name, ...one }) => {
      const [, , inputs = 0, each = 0] = one.w
      const attributes = { strides: one.stride, pad: one.pad, dataFormat: 'NHWC', dilations: one.dilation }
      const shape = sizes(one, name === 'Conv2D' ? each : inputs * each)
      const [x, w, g] = [() => image(one.x), () => image(one.w, 2), () => image(shape, 3)]
      const along = dot(
        run(g),
        run(() => kernel(name, { x: x(), filter: w() }, attributes)),
      )
      const dx = run(() => kernel(`${name}BackpropInput`, { dy: g(), filter: w() }, { ...attributes, inputShape: one.x }))
      const dw = run(() => kernel(`${name}BackpropFilter`, { x: x(), dy: g() }, { ...attributes, filterShape: one.w }))
      expect([dx.shape, dw.shape]).toEqual([one.x, one.w])
      // three sums of the same thousand terms below 1, in three orders
      expect([dot(dx, run(x)), dot(dw, run(w))]).toBeAllclose([along, along], { absolute: 1e-12 })
    },
  )
  test('a NaN reaches the windows that hold it and no other, and zeros of padding are no products with ∞', () => {
    const x = [Number.NaN, 0, 0, 0, 0, 0, 0, 0, 0]
    const ones = (size: number) => new Array<number>(size * size).fill(1)
    const of = (values: number[], filter: number[]) => run(() => conv2d(matrix(values), taps(filter), 1, 'same')).values
    expect(of(x, ones(2)).map(Number.isNaN)).toEqual(upTo(9).map((i) => i === 0))
    expect(of(ones(3), [1, Infinity, 1, 1])[2]).toBe(2) // the window at the right edge has its taps of the left column alone
  })
  test('with channels in front is refused', () => {
    const attributes = { strides: 1, pad: 'same', dataFormat: 'NCHW', dilations: 1 }
    const of = () => run(() => kernel('Conv2D', { x: image([1, 2, 2, 2]), filter: image([1, 1, 2, 1]) }, attributes))
    expect(of).toThrow('bug: float64: a convolution has its channels last')
  })
})

describe('poolings', () => {
  const x = [1, 5, 2, 0, 7, 3, 8, 4, 6] // [1 5 2; 0 7 3; 8 4 6]
  const of = (op: typeof maxPool, pad: 'same' | 'valid') => run(() => op(matrix(x), 2, pad === 'valid' ? 1 : 2, pad)).values // prettier-ignore
  test('by hand: the largest and the mean of each window', () => {
    expect(of(maxPool, 'valid')).toEqual([7, 7, 8, 7])
    expect(of(avgPool, 'valid')).toEqual([13 / 4, 17 / 4, 19 / 4, 20 / 4])
    expect(of(maxPool, 'same')).toEqual([7, 3, 8, 6])
    expect(of(avgPool, 'same')).toEqual([13 / 4, 5 / 2, 12 / 2, 6]) // over the places inside alone
  })
  test('by hand: gradients go to the largest entry, or in equal parts', () => {
    const attributes = { filterSize: 2, strides: 2, pad: 'same' }
    const to = (name: string) =>
      run(() => kernel(name, { dy: tensor64([1, 2, 3, 4], [1, 2, 2, 1]), input: tensor64(x, [1, 3, 3, 1]) }, attributes)).values
    expect(to('MaxPoolGrad')).toEqual([0, 0, 0, 0, 1, 2, 3, 0, 4])
    expect(to('AvgPoolGrad')).toEqual([1 / 4, 1 / 4, 1, 1 / 4, 1 / 4, 1, 3 / 2, 3 / 2, 4])
  })
  test('of equal entries the first has the gradient; a NaN is the largest', () => {
    const attributes = { filterSize: 2, strides: 2, pad: 'valid' }
    const to = (values: number[]) =>
      run(() => kernel('MaxPoolGrad', { dy: tensor64([1], [1, 1, 1, 1]), input: tensor64(values, [1, 2, 2, 1]) }, attributes)).values
    expect(to([2, 3, 3, 3])).toEqual([0, 1, 0, 0])
    expect(to([0, 0, 0, 0])).toEqual([1, 0, 0, 0])
    expect(to([2, Number.NaN, 9, Number.NaN])).toEqual([0, 1, 0, 0])
    const largest = (values: number[]) => run(() => maxPool(matrix(values), 2, 2, 'valid')).values
    expect([largest([2, Number.NaN, 9, 1]), largest([-Infinity, -Infinity, -Infinity, -Infinity]), largest([-3, -2, -5, -4])]).toEqual([[Number.NaN], [-Infinity], [-2]]) // prettier-ignore
  })
  test.each([
    { name: 'MaxPool', size: 2, strides: 2, pad: 'valid' },
    { name: 'MaxPool', size: 3, strides: 1, pad: 'same' },
    { name: 'AvgPool', size: 2, strides: 2, pad: 'valid' },
    { name: 'AvgPool', size: 3, strides: 2, pad: 'same' },
  ])('$name of $size, stride $strides, padding $pad: its gradient is its transpose', ({ name, size, strides, pad }) => {
    const attributes = { filterSize: size, strides, pad }
    const input = () => image([2, 5, 4, 3])
    const shape = run(() => kernel(name, { x: input() }, attributes)).shape
    const [g, v] = [() => image(shape, 1), () => image([2, 5, 4, 3], 2)]
    const back = run(() => kernel(`${name}Grad`, { dy: g(), input: input() }, attributes))
    const there = run(() => (name === 'AvgPool' ? kernel(name, { x: v() }, attributes) : kernel('MaxPoolGradGrad', { grad: v(), input: input() }, attributes))) // prettier-ignore
    expect(dot(back, run(v))).toBeAllclose(dot(run(g), there), { absolute: 1e-13 }) // some hundred terms below 1
  })
  test('of one place is that place', () => {
    for (const op of [maxPool, avgPool]) expect(run(() => op(image([1, 1, 1, 2]), 1, 1, 'valid')).values).toEqual(numbers([1, 1, 1, 2]))
  })
})
