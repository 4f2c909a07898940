/** Folds along axes and products of matrices, against their definition index by index. */
import { all, any, argMax, matMul, max, mean, min, prod, softmax, sum, type Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { tensor } from '../make.ts'
import { define, entry, indices, made, numbers, run, type Shape } from './byDefinition.ts'

expect.extend({ toBeAllclose })

type Axis = number | number[] | undefined
const folds: Readonly<Record<string, readonly [(x: Tensor, axis: Axis, keep: boolean) => Tensor, (row: readonly number[]) => number]>> = {
  Sum: [sum, (row) => row.reduce((sum, x) => sum + x, 0)],
  Mean: [mean, (row) => row.reduce((sum, x) => sum + x, 0) / row.length],
  Prod: [prod, (row) => row.reduce((product, x) => product * x, 1)],
  Max: [max, (row) => Math.max(...row)],
  Min: [min, (row) => Math.min(...row)],
}
const shapes: readonly Shape[] = [[4], [2, 3], [2, 3, 4], [1, 1], [3, 0], [0, 2]]
const axesOf = (shape: Shape): Axis[] => [undefined, 0, -1, ...(shape.length > 2 ? [1, [0, 2], [2, 0], [0, 1, 2]] : []), []]

describe('kernels that fold axes', () => {
  test.each(Object.entries(folds))('%s over any axes, kept or not', (_, [op, of]) => {
    for (const shape of shapes) {
      for (const axis of axesOf(shape)) {
        const gone = (axis === undefined ? shape.map((_, i) => i) : [axis].flat()).map((i) => (i < 0 ? i + shape.length : i))
        const full = shape.map((n, i) => (gone.includes(i) ? 1 : n))
        const x = numbers(shape)
        const rows = (at: Shape) => indices(shape).filter((index) => index.every((i, k) => gone.includes(k) || i === at[k]))
        const values = indices(full).map((at) => of(rows(at).map((index) => entry(x, shape, index))))
        expect(run(() => op(made(shape), axis, true))).toEqual({ shape: full, dtype: 'float32', values })
        const left = shape.filter((_, i) => !gone.includes(i))
        expect(run(() => op(made(shape), axis, false))).toEqual({ shape: left, dtype: 'float32', values })
      }
    }
  })
  test('a NaN makes every fold NaN, wherever it stands', () => {
    for (const [op] of Object.values(folds)) {
      for (const row of [[Number.NaN, 1, 2], [1, Number.NaN, 2], [1, 2, Number.NaN]]) expect(run(() => op(tensor(row), 0, false)).values).toEqual([Number.NaN]) // prettier-ignore
    }
  })
  test('sums of integers and of truth values are integers', () => {
    expect(run(() => sum(tensor(Int32Array.of(1, 2))))).toEqual({ shape: [], dtype: 'int32', values: [3] })
    expect(run(() => sum(tensor([true, true])))).toEqual({ shape: [], dtype: 'int32', values: [2] })
    expect(run(() => mean(tensor(Int32Array.of(1, 2))))).toEqual({ shape: [], dtype: 'float32', values: [1.5] })
  })
  test('all and any', () => {
    const rows = () => tensor([[true, true], [true, false], [false, false]]) // prettier-ignore
    expect(run(() => all(rows(), 1))).toEqual({ shape: [3], dtype: 'bool', values: [1, 0, 0] })
    expect(run(() => any(rows(), 1))).toEqual({ shape: [3], dtype: 'bool', values: [1, 1, 0] })
    expect(run(() => all(tensor([], [0], 'bool'))).values).toEqual([1])
    expect(run(() => any(tensor([], [0], 'bool'))).values).toEqual([0])
  })
  test('argMax is the first of the largest; a NaN counts only in front', () => {
    const rows = () => tensor([[1, 3, 3], [Number.NaN, 1, 2], [1, Number.NaN, 2], [-5, -7, -5]]) // prettier-ignore
    expect(run(() => argMax(rows(), 1))).toEqual({ shape: [4], dtype: 'int32', values: [1, 0, 2, 0] })
    expect(run(() => argMax(tensor([[1, 5], [2, 4]]), 0)).values).toEqual([1, 0]) // prettier-ignore
  })
  test('softmax sums to 1, has the ratios e^(x − y), and survives huge logits', () => {
    const { values } = run(() => softmax(tensor([[0.3, -1.2, 2], [1000, 1001, -1000], [5, 5, 5]]))) // prettier-ignore
    const small = [0.3, -1.2, 2].map((x) => Math.exp(x) / (Math.exp(0.3) + Math.exp(-1.2) + Math.exp(2)))
    const big = [1 / (1 + Math.E), Math.E / (1 + Math.E), 0]
    expect(values).toBeAllclose([...small, ...big, 1 / 3, 1 / 3, 1 / 3], { relative: 8 * 2 ** -53 })
    expect(run(() => softmax(tensor([1, Number.NaN]))).values).toEqual([Number.NaN, Number.NaN])
    expect(run(() => softmax(tensor([], [0, 3]))).values).toEqual([])
  })
})

const stacks: readonly (readonly [Shape, Shape, Shape])[] = [
  [[], [], []],
  [[3], [3], [3]],
  [[3], [1], [3]],
  [[2, 1], [3], [2, 3]],
  [[], [4], [4]],
  [[0], [1], [0]],
]

describe('matMul', () => {
  const sides: readonly Shape[] = [[1, 1, 1], [2, 3, 4], [3, 5, 5], [4, 2, 9], [5, 7, 1], [1, 4, 6], [2, 0, 3], [0, 2, 2]] // prettier-ignore
  const flags = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const))

  test.each(stacks)('of stacks %j and %j is Σ a_ik b_kj, transposed or not', (front, back, stack) => {
    for (const [m = 1, k = 1, n = 1] of sides) {
      for (const [isTurnedA, isTurnedB] of flags) {
        const [a, b] = [
          [...front, ...(isTurnedA ? [k, m] : [m, k])],
          [...back, ...(isTurnedB ? [n, k] : [k, n])],
        ]
        const [x, y] = [numbers(a), numbers(b, 1)]
        const expected = define([...stack, m, n], (index) => {
          const [lane, [i = 0, j = 0]] = [index.slice(0, -2), index.slice(-2)]
          let sum = 0
          for (let l = 0; l < k; l += 1) {
            sum += entry(x, a, [...lane, ...(isTurnedA ? [l, i] : [i, l])]) * entry(y, b, [...lane, ...(isTurnedB ? [j, l] : [l, j])])
          }
          return sum
        })
        expect(run(() => matMul(made(a), made(b, 1), isTurnedA, isTurnedB))).toEqual(expected)
      }
    }
  })
  test('a NaN reaches its row and its column only, and 0 · ∞ is NaN', () => {
    const { values } = run(() => matMul(tensor([[1, Number.NaN], [0, 1]]), tensor([[1, 0], [Infinity, 1]]))) // prettier-ignore
    expect(values).toEqual([Number.NaN, Number.NaN, Infinity, 1])
    expect(run(() => matMul(tensor([[0]]), tensor([[Infinity]]))).values).toEqual([Number.NaN])
  })
  test('inner sizes that differ are refused', () => {
    expect(() => run(() => matMul(made([2, 3]), made([2, 3])))).toThrow('inner')
  })
})
