/** Kernels that move and choose numbers, against their definition index by index. */
import {
  broadcastTo,
  clone,
  concat,
  expandDims,
  fill,
  gather,
  mul,
  oneHot,
  ones,
  onesLike,
  pad,
  reshape,
  slice,
  split,
  stack,
  tensor as tfjsTensor,
  tensor1d,
  tile,
  transpose,
  unsortedSegmentSum,
  unstack,
  where,
  zerosLike,
  type Tensor1D,
} from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kernelNames } from '../backend.ts'
import { tensor, tensor64 } from '../make.ts'
import { define, entry, made, numbers, run, runs } from './byDefinition.ts'

describe('kernels that move numbers', () => {
  test('transpose', () => {
    const x = numbers([2, 3, 4])
    for (const perm of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [0, 2, 1],
    ]) {
      // prettier-ignore
      const shape = perm.map((axis) => [2, 3, 4][axis] ?? 0)
      const expected = define(shape, (index) => entry(x, [2, 3, 4], [0, 1, 2].map((axis) => index[perm.indexOf(axis)] ?? 0))) // prettier-ignore
      expect(run(() => transpose(made([2, 3, 4]), perm))).toEqual(expected)
    }
    expect(run(() => transpose(made([0, 3])))).toEqual({ shape: [3, 0], dtype: 'float32', values: [] })
  })
  test('reshape, expandDims and clone keep the numbers in their order', () => {
    expect(run(() => reshape(made([2, 6]), [3, -1]))).toEqual({ shape: [3, 4], dtype: 'float32', values: numbers([2, 6]) })
    expect(run(() => expandDims(made([2, 3]), 1)).shape).toEqual([2, 1, 3])
    expect(run(() => expandDims(made([2, 3]), -1)).shape).toEqual([2, 3, 1])
    expect(run(() => clone(made([2]))).values).toEqual(numbers([2]))
    expect(() => run(() => reshape(made([4]), [3]))).toThrow()
  })
  test('slice', () => {
    const x = numbers([3, 4, 5])
    const expected = define([2, 3, 1], ([i = 0, j = 0, k = 0]) => entry(x, [3, 4, 5], [i + 1, j, k + 4]))
    expect(run(() => slice(made([3, 4, 5]), [1, 0, 4], [2, 3, -1]))).toEqual(expected)
    expect(run(() => slice(made([4]), 1)).values).toEqual(numbers([4]).slice(1))
    expect(run(() => slice(made([4]), [2], [0])).values).toEqual([])
    expect(() => run(() => slice(made([4]), [2], [3]))).toThrow()
  })
  test('pad', () => {
    const x = numbers([2, 2])
    const paddings: [number, number][] = [[1, 0], [0, 2]] // prettier-ignore
    const expected = define([3, 4], ([i = 0, j = 0]) => (i >= 1 && j < 2 ? entry(x, [2, 2], [i - 1, j]) : 7.5))
    expect(run(() => pad(made([2, 2]), paddings, 7.5))).toEqual(expected)
  })
  test('concat and split are each other’s inverse, along any axis', () => {
    for (const axis of [0, 1, 2, -1]) {
      const whole = axis === -1 ? 2 : axis
      const shapes = [1, 0, 2].map((n) => [2, 3, 4].with(whole, n))
      const joined = run(() => concat(shapes.map((shape, i) => made(shape, i)), axis)) // prettier-ignore
      expect(joined.shape).toEqual([2, 3, 4].with(whole, 3))
      const back = runs(() => split(tensor64(joined.values, joined.shape), [1, 0, 2], axis))
      expect(back).toEqual(shapes.map((shape, i) => ({ shape, dtype: 'float32', values: numbers(shape, i) })))
    }
    expect(run(() => concat([tensor([[1, 2]]), tensor([[3, 4]])], 1)).values).toEqual([1, 2, 3, 4])
    expect(run(() => concat([tensor([[1], [2]]), tensor([[3], [4]])], 1)).values).toEqual([1, 3, 2, 4])
    expect(runs(() => split(made([4]), 2)).map(({ values }) => values)).toEqual([numbers([4]).slice(0, 2), numbers([4]).slice(2)])
    expect(() => run(() => concat([made([2, 3]), made([2, 2])], 0))).toThrow()
  })
  test('stack and unstack are each other’s inverse, along any axis', () => {
    for (const axis of [0, 1, 2]) {
      const parts = [0, 1, 2, 3].map((phase) => ({ shape: [2, 3], dtype: 'float32', values: numbers([2, 3], phase) }))
      const stacked = run(() => stack(parts.map((_, phase) => made([2, 3], phase)), axis)) // prettier-ignore
      const expected = define([2, 3].toSpliced(axis, 0, 4), (index) =>
        entry(parts[index[axis] ?? 0]?.values ?? [], [2, 3], index.toSpliced(axis, 1)),
      )
      expect(stacked).toEqual(expected)
      expect(runs(() => unstack(tensor64(stacked.values, stacked.shape), axis))).toEqual(parts)
    }
  })
  test('tile, and broadcastTo by it', () => {
    const x = numbers([2, 3])
    const expected = define([6, 6], ([i = 0, j = 0]) => entry(x, [2, 3], [i % 2, j % 3]))
    expect(run(() => tile(made([2, 3]), [3, 2]))).toEqual(expected)
    expect(run(() => broadcastTo(made([2, 1]), [2, 3])).values).toEqual(numbers([2, 1]).flatMap((x) => [x, x, x]))
    expect(run(() => tile(made([2]), [0])).values).toEqual([])
  })
  test('fill, zerosLike, onesLike', () => {
    expect(run(() => fill([2, 1], 0.1))).toEqual({ shape: [2, 1], dtype: 'float32', values: [0.1, 0.1] })
    expect(run(() => zerosLike(made([2])))).toEqual({ shape: [2], dtype: 'float32', values: [0, 0] })
    expect(run(() => onesLike(tensor([true, false])))).toEqual({ shape: [2], dtype: 'bool', values: [1, 1] })
  })
})

describe('kernels that choose numbers', () => {
  const rows = () => tfjsTensor([2, 0, 2, 1], [2, 2], 'int32')

  test('gather along any axis, with indices of any shape', () => {
    const x = numbers([3, 4, 3])
    const picked = [2, 0, 2, 1]
    const first = define([2, 2, 4, 3], ([i = 0, j = 0, k = 0, l = 0]) => entry(x, [3, 4, 3], [picked[2 * i + j] ?? 0, k, l]))
    expect(run(() => gather(made([3, 4, 3]), rows() as Tensor1D))).toEqual(first) // gather takes indices of any rank; its type asks for one
    const last = define([3, 4, 4], ([i = 0, j = 0, k = 0]) => entry(x, [3, 4, 3], [i, j, picked[k] ?? 0]))
    expect(run(() => gather(made([3, 4, 3]), tensor1d(picked, 'int32'), -1))).toEqual(last)
    expect(run(() => gather(made([3, 2]), tensor1d([], 'int32')))).toEqual({ shape: [0, 2], dtype: 'float32', values: [] })
    expect(() => run(() => gather(made([3]), tensor1d([3], 'int32')))).toThrow('expected an index from 0 to 2')
  })
  test('unsortedSegmentSum adds the rows of a segment and leaves out others', () => {
    const x = numbers([5, 2])
    const segments = [1, 3, 1, -1, 9]
    const expected = define([4, 2], ([s = 0, j = 0]) =>
      segments.reduce((sum, segment, row) => sum + (segment === s ? entry(x, [5, 2], [row, j]) : 0), 0),
    )
    expect(run(() => unsortedSegmentSum(made([5, 2]), tensor1d(segments, 'int32'), 4))).toEqual(expected)
  })
  test('oneHot, with rows of the off value for classes outside', () => {
    const values = [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    expect(run(() => oneHot(tensor1d([2, -1, 0, 3], 'int32'), 3))).toEqual({ shape: [4, 3], dtype: 'int32', values })
  })
  test('where broadcasts and takes nothing from the branch that is not chosen', () => {
    const condition = () => tensor([[true], [false]])
    const chosen = run(() => where(condition(), tensor([1, 2]), tensor([[Number.NaN, 8], [3, 4]]))) // prettier-ignore
    expect(chosen).toEqual({ shape: [2, 2], dtype: 'float32', values: [1, 2, 3, 4] })
  })
})

describe('the kernels together', () => {
  test('a broadcast, transposed and reshaped array has its numbers at the defined places', () => {
    const axis = fc.record({ n: fc.integer({ min: 0, max: 4 }), isThin: fc.boolean() })
    const axes = fc.array(axis, { minLength: 1, maxLength: 4 })
    const turned = axes.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })))
    fc.assert(
      fc.property(turned, ([list, perm]) => {
        const shape = list.map(({ n }) => n)
        const thin = list.map(({ n, isThin }) => (isThin ? 1 : n))
        const x = numbers(thin)
        const expected = define(
          perm.map((place) => shape[place] ?? 0),
          (index) => entry(x, thin, list.map((_, place) => index[perm.indexOf(place)] ?? 0)), // prettier-ignore
        )
        expect(run(() => transpose(mul(made(thin), ones(shape)), perm))).toEqual(expected)
      }),
    )
  })
  test('are what the operations of engines/ops and their first and second derivatives call', () => {
    const ofOneNumber = 'Abs Elu Erf Exp IsFinite IsNan Log Log1p LogicalNot Neg Reciprocal Relu Rsqrt Sigmoid Sign Sqrt Square Step Tanh'
    const ofTwo = 'Add AddN Equal Greater GreaterEqual Less LessEqual LogicalAnd Maximum Minimum Multiply NotEqual Pow RealDiv Sub'
    const folds = 'All Any ArgMax BatchMatMul Max Mean Min Prod Softmax Sum'
    const moves = 'Cast Concat ExpandDims Fill Identity OnesLike Pack PadV2 Reshape Slice SplitV Tile Transpose Unpack ZerosLike'
    const choices = 'GatherV2 OneHot Select UnsortedSegmentSum'
    const convolutions = ['Conv2D', 'DepthwiseConv2dNative'].flatMap((name) => [name, `${name}BackpropInput`, `${name}BackpropFilter`])
    const images = [...convolutions, 'MaxPool', 'MaxPoolGrad', 'MaxPoolGradGrad', 'AvgPool', 'AvgPoolGrad'].join(' ')
    const tested = [ofOneNumber, ofTwo, folds, moves, choices, images].flatMap((names) => names.split(' '))
    expect(tested.sort()).toEqual([...kernelNames].sort())
  })
})
