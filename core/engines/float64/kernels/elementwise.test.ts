/** Kernels number by number, on awkward numbers and on shapes that broadcast. */
import {
  abs,
  add,
  addN,
  cast,
  div,
  elu,
  equal,
  erf,
  exp,
  greater,
  greaterEqual,
  isFinite as isFiniteEach,
  isNaN as isNaNEach,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  relu,
  rsqrt,
  sigmoid,
  sign,
  sqrt,
  square,
  step,
  sub,
  tanh,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { erf as erfOf } from '../erf.ts'
import { tensor, tensor64 } from '../make.ts'
import { define, entry, made, numbers, run, type Shape } from './byDefinition.ts'

expect.extend({ toBeAllclose })

const awkward = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.3, -2.5, 1e-300, 1e300, -1e300, 40, -40]

const unaries: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]>> = {
  Neg: [neg, (x) => -x],
  Abs: [abs, (x) => (x < 0 || Object.is(x, -0) ? -x : x)],
  Sign: [sign, (x) => (x > 0 ? 1 : x < 0 ? -1 : x)],
  Square: [square, (x) => x * x],
  Sqrt: [sqrt, Math.sqrt],
  Rsqrt: [rsqrt, (x) => 1 / Math.sqrt(x)],
  Reciprocal: [reciprocal, (x) => 1 / x],
  Exp: [exp, Math.exp],
  Log: [log, Math.log],
  Log1p: [log1p, Math.log1p],
  Tanh: [tanh, Math.tanh],
  Relu: [relu, (x) => (x > 0 ? x : x <= 0 ? 0 : x)],
  Elu: [elu, (x) => (x > 0 ? x : Math.expm1(x))],
  Erf: [erf, erfOf],
  Step: [step, (x) => (x > 0 ? 1 : x <= 0 ? 0 : x)],
}
const truths: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => boolean]>> = {
  IsFinite: [isFiniteEach, (x) => Math.abs(x) < Infinity],
  IsNan: [isNaNEach, (x) => x !== x],
  LogicalNot: [(x) => logicalNot(cast(x, 'bool')), (x) => x === 0],
}
const binaries: Readonly<Record<string, readonly [(a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => number]>> = {
  Add: [add, (a, b) => a + b],
  Sub: [sub, (a, b) => a - b],
  Multiply: [mul, (a, b) => a * b],
  RealDiv: [div, (a, b) => a / b],
  Maximum: [maximum, (a, b) => (a !== a || b !== b ? Number.NaN : Math.max(a, b))],
  Minimum: [minimum, (a, b) => (a !== a || b !== b ? Number.NaN : Math.min(a, b))],
  Pow: [pow, (a, b) => a ** b],
}
const comparisons: Readonly<Record<string, readonly [(a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => boolean]>> = {
  Equal: [equal, (a, b) => a === b],
  NotEqual: [notEqual, (a, b) => a !== b],
  Greater: [greater, (a, b) => a > b],
  GreaterEqual: [greaterEqual, (a, b) => a >= b],
  Less: [less, (a, b) => a < b],
  LessEqual: [lessEqual, (a, b) => a <= b],
  LogicalAnd: [(a, b) => logicalAnd(cast(a, 'bool'), cast(b, 'bool')), (a, b) => a !== 0 && b !== 0],
}

describe('kernels of one number', () => {
  test.each(Object.entries(unaries))('%s of awkward numbers, of a scalar and of nothing', (_, [op, of]) => {
    expect(run(() => op(tensor(awkward)))).toEqual({ shape: [awkward.length], dtype: 'float32', values: awkward.map(of) })
    expect(run(() => op(tensor64([0.3], [])))).toEqual({ shape: [], dtype: 'float32', values: [of(0.3)] })
    expect(run(() => op(tensor64([], [2, 0])))).toEqual({ shape: [2, 0], dtype: 'float32', values: [] })
  })
  test.each(Object.entries(truths))('%s of awkward numbers', (_, [op, of]) => {
    expect(run(() => op(tensor(awkward)))).toEqual({ shape: [awkward.length], dtype: 'bool', values: awkward.map((x) => Number(of(x))) })
  })
  test('sigmoid is 1 / (1 + e⁻ˣ), does not overflow and keeps its relative accuracy towards −∞', () => {
    const { values } = run(() => sigmoid(tensor([0, 0.3, -0.3, -700, 800, -800, Infinity, -Infinity, Number.NaN])))
    const expected = [0.5, 1 / (1 + Math.exp(-0.3)), 1 / (1 + Math.exp(0.3)), Math.exp(-700), 1, 0, 1, 0, Number.NaN]
    expect(values).toBeAllclose(expected, { relative: 4 * 2 ** -53 })
  })
  test('integers stay integers where the function keeps them', () => {
    const x = () => tensor(Int32Array.of(-3, 0, 2))
    expect(run(() => neg(x()))).toEqual({ shape: [3], dtype: 'int32', values: [3, 0, -2] })
    expect(run(() => add(x(), x()))).toEqual({ shape: [3], dtype: 'int32', values: [-6, 0, 4] })
    expect(run(() => exp(tensor(Int32Array.of(0))))).toEqual({ shape: [1], dtype: 'float32', values: [1] })
  })
})

const pairs: readonly (readonly [Shape, Shape, Shape])[] = [
  [[3], [3], [3]],
  [[2, 3, 4], [4], [2, 3, 4]],
  [
    [3, 1],
    [1, 4],
    [3, 4],
  ],
  [[], [2, 2], [2, 2]],
  [
    [2, 1, 3],
    [5, 1],
    [2, 5, 3],
  ],
  [[1, 1], [1], [1, 1]],
  [[0, 3], [3], [0, 3]],
  [[1], [0], [0]],
]

describe('kernels of two numbers', () => {
  const grid = awkward.flatMap((a) => awkward.map((b) => [a, b] as const))
  const [left, right] = [grid.map(([a]) => a), grid.map(([, b]) => b)]

  test.each(Object.entries(binaries))('%s of awkward numbers, and broadcast', (_, [op, of]) => {
    expect(run(() => op(tensor(left), tensor(right))).values).toEqual(grid.map(([a, b]) => of(a, b)))
    for (const [a, b, shape] of pairs) {
      const [x, y] = [numbers(a), numbers(b, 1)]
      const expected = define(shape, (index) => of(entry(x, a, index), entry(y, b, index)))
      expect(run(() => op(made(a), made(b, 1)))).toEqual(expected)
    }
  })
  test.each(Object.entries(comparisons))('%s of awkward numbers, and broadcast', (_, [op, of]) => {
    expect(run(() => op(tensor(left), tensor(right))).values).toEqual(grid.map(([a, b]) => Number(of(a, b))))
    for (const [a, b, shape] of pairs) {
      const [x, y] = [numbers(a), numbers(b, 1)]
      const expected = define(shape, (index) => Number(of(entry(x, a, index), entry(y, b, index))), 'bool')
      expect(run(() => op(made(a), made(b, 1)))).toEqual(expected)
    }
  })
  test('AddN is the sum from left to right', () => {
    const [a, b, c] = [numbers([2, 3]), numbers([2, 3], 1), numbers([2, 3], 2)]
    const values = a.map((x, i) => x + (b[i] ?? 0) + (c[i] ?? 0))
    expect(run(() => addN([made([2, 3]), made([2, 3], 1), made([2, 3], 2)]))).toEqual({ shape: [2, 3], dtype: 'float32', values })
    expect(run(() => addN([made([1])])).values).toEqual(numbers([1]))
  })
  test('shapes that do not broadcast are refused', () => {
    expect(() => run(() => add(made([2]), made([3])))).toThrow()
  })
})
