/** Gradients against central differences of the values, Hessians against central differences of the gradients. */
import {
  abs,
  add,
  addN,
  all,
  any,
  argMax,
  cast,
  clone,
  concat,
  div,
  elu,
  equal,
  erf,
  exp,
  expandDims,
  gather,
  greater,
  greaterEqual,
  isFinite as isFiniteEach,
  isNaN as isNaNEach,
  less,
  lessEqual,
  log,
  log1p,
  logSoftmax,
  logSumExp,
  logicalAnd,
  logicalNot,
  matMul,
  max,
  maximum,
  mean,
  memory,
  min,
  minimum,
  mul,
  neg,
  notEqual,
  oneHot,
  onesLike,
  pad,
  pow,
  reciprocal,
  relu,
  reshape,
  rsqrt,
  sigmoid,
  sign,
  slice,
  softmax,
  split,
  sqrt,
  square,
  stack,
  step,
  sub,
  sum,
  tanh,
  tensor1d,
  tile,
  transpose,
  unsortedSegmentSum,
  unstack,
  where,
  zerosLike,
  type Scalar,
  type Tensor,
  type Rank,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { derivativesOf, directions, dot, moved, numbers, other, parameter, part, slope, together, twice } from './byDifferences.ts'
import { gradient64, hessianVector64, type Arrays64, type Scalar64 } from './derivatives.ts'
import { convolutionRules } from './gradients/convolution.ts'
import { gradients } from './gradients/table.ts'
import { inFloat64 } from './float64.ts'
import { scalar, tensor, tensor64 } from './make.ts'

expect.extend({ toBeAllclose })

function expectDerivatives(f: Scalar64, theta: Arrays64, tolerance = { absolute: 1e-9, relative: 1e-9 }): void {
  for (const { exact, differences } of Object.values(derivativesOf(f, theta))) expect(exact).toBeAllclose(differences, tolerance)
}

const rows = () => tensor1d([2, 0, 2], 'int32')

const operations: Readonly<Record<string, readonly [Scalar64, Arrays64]>> = {
  Neg: twice(neg, [3]),
  Abs: twice(abs, [3]),
  Square: twice(square, [3]),
  Sqrt: twice(sqrt, [3], 2),
  Rsqrt: twice(rsqrt, [3], 2),
  Reciprocal: twice(reciprocal, [3], 3),
  Exp: twice(exp, [3]),
  Log: twice(log, [3], 2),
  Log1p: twice(log1p, [3], 1),
  Tanh: twice(tanh, [3]),
  Sigmoid: twice(sigmoid, [3]),
  Relu: twice(relu, [4]),
  Elu: twice(elu, [4]),
  Erf: twice(erf, [3]),
  Add: twice((x) => add(x, other([2, 1, 3])), [4, 1]),
  'Add of itself': twice((x) => add(x, transpose(x)), [3, 3]),
  AddN: twice((x) => addN([x, square(x), x]), [3]),
  Sub: twice((x) => sub(other([3]), mul(x, x)), [2, 1]),
  Multiply: twice((x) => mul(mul(x, other([3])), reshape(x, [2, 1, 1])), [2, 1]),
  'RealDiv above': twice((x) => div(x, other([3])), [2, 1]),
  'RealDiv below': twice((x) => div(other([2, 3]), x), [3], 3),
  'RealDiv of both': twice((x) => div(exp(x), add(square(x), scalar(1))), [3]),
  Maximum: twice((x) => maximum(mul(x, other([2, 3])), square(x)), [3]),
  Minimum: twice((x) => minimum(mul(x, other([2, 3])), square(x)), [3]),
  'Pow of the base': twice((x) => pow(x, tensor([2.5, 3, -1.2])), [2, 1], 2),
  'Pow of the exponent': twice((x) => pow(tensor([0.5, 1.7]), x), [2, 1]),
  Select: twice((x) => where(greater(x, scalar(0)), exp(x), square(x)), [4]),
  'a mask of comparisons': twice((x) => mul(square(x), cast(logicalNot(less(x, scalar(0.2))), 'float32')), [4]),
  BatchMatMul: twice((x) => matMul(x, exp(x)), [2, 3, 3]),
  'BatchMatMul of transposes': twice((x) => matMul(x, tanh(x), true, true), [2, 3, 3]),
  'BatchMatMul, left transposed': twice((x) => matMul(x, other([2, 3, 4]), true), [3, 2]),
  'BatchMatMul, right transposed': twice((x) => matMul(other([2, 4, 3]), x, false, true), [1, 2, 3]),
  Sum: twice((x) => sum(exp(x), 1), [2, 3]),
  Mean: twice((x) => mean(exp(x), [0, 2]), [2, 2, 3]),
  Max: twice((x) => max(square(x), 1), [2, 3]),
  Min: twice((x) => min(square(x), 0, true), [2, 3]),
  Softmax: twice((x) => softmax(x), [2, 3]),
  'a logarithm of a softmax': twice((x) => sub(x, log(sum(exp(x), -1, true))), [2, 3]),
  'logSumExp': twice((x) => logSumExp(x, 1), [2, 3]), // prettier-ignore
  Transpose: twice((x) => mul(transpose(x, [2, 0, 1]), other([3, 2, 1])), [2, 2, 3]),
  Reshape: twice((x) => mul(reshape(x, [3, 2]), other([3, 2])), [2, 3]),
  ExpandDims: twice((x) => mul(expandDims(x, 1), other([1, 2])), [3]),
  Identity: twice((x) => mul(clone(x), x), [3]),
  Slice: twice((x) => slice(exp(x), [1, 0], [1, 2]), [3, 3]),
  PadV2: twice((x) => pad(exp(x), [[1, 0], [0, 2]], 0.5), [2, 2]), // prettier-ignore
  Concat: twice((x) => concat([x, square(x), other([2, 2])], 1), [2, 3]),
  SplitV: twice((x) => mul(split(x, [1, 2, 1], 0)[1] as Tensor, other([2, 1])), [4, 2]), // three parts
  Pack: twice((x) => stack([x, exp(x)], 1), [3]),
  Unpack: twice((x) => mul(unstack(x, 1)[0] as Tensor, unstack(x, 1)[2] as Tensor), [2, 3]), // three parts
  Tile: twice((x) => mul(tile(x, [2, 3]), other([4, 6])), [2, 2]),
  GatherV2: twice((x) => mul(gather(x, rows(), 1), other([2, 3])), [2, 3]),
  UnsortedSegmentSum: twice((x) => unsortedSegmentSum(x, tensor1d([1, -1, 1], 'int32'), 2), [3, 2]),
}

describe('gradient64 and hessianVector64 of each operation', () => {
  test.each(Object.entries(operations))('%s', (_, [f, theta]) => expectDerivatives(f, theta))

  test('every gradient of the table is among them, or is 0', () => {
    const flat =
      'Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalNot IsFinite IsNan Sign Step ZerosLike OnesLike All Any ArgMax OneHot'
    const named = [...Object.keys(operations).map((name) => name.split(/[ ,]/)[0]), ...flat.split(' '), 'Cast']
    const others = gradients.filter((config) => !convolutionRules.includes(config)) // they have their own test
    expect(others.map(({ kernelName }) => kernelName).filter((name) => !named.includes(name))).toEqual([])
  })
  test('what is locally constant has derivative 0 and leaves the rest alone', () => {
    const f: Scalar64 = (theta) => {
      const x = part(theta, 'x')
      const steps = [sign(x), step(x), zerosLike(x), onesLike(x), ...[isFiniteEach(x), isNaNEach(x), equal(x, scalar(1)), logicalNot(notEqual(x, x))].map((y) => cast(y, 'float32'))] // prettier-ignore
      const classes = cast(oneHot(cast(x, 'int32'), 3), 'float32')
      const folds = [all(lessEqual(x, x)), any(logicalAnd(less(x, x), greaterEqual(x, x)))].map((y) => cast(y, 'float32'))
      const place = cast(argMax(x), 'float32')
      return addN([sum(mul(addN(steps), x)), sum(classes), ...folds, place] as Scalar[]) // scalars all
    }
    const theta = { x: { shape: [2], values: Float64Array.of(0.5, -2) } }
    // steps: sign 1, −1; step 1, 0; ones 1, 1; isFinite 1, 1; not(≠) 1, 1
    expect(gradient64(f, theta).gradient).toEqual({ x: Float64Array.of(5, 2) })
    expect(hessianVector64(f, theta, { x: Float64Array.of(1, 1) })).toEqual({ x: new Float64Array(2) })
  })
  test('at the kinks the convention holds: |0|′ = 0, relu′(0) = 0, max(x, x)′ = 1', () => {
    const at = (op: (x: Tensor) => Tensor, x = 0) => gradient64((theta) => op(part(theta, 'x')), { x: { shape: [], values: Float64Array.of(x) } }).gradient['x'] // prettier-ignore
    expect(at(abs)).toEqual(Float64Array.of(0))
    expect(at(relu)).toEqual(Float64Array.of(0))
    expect(at(elu)).toEqual(Float64Array.of(1))
    expect(at((x) => maximum(x, clone(x)))).toEqual(Float64Array.of(1))
    expect(at((x) => pow(x, scalar(0)))).toEqual(Float64Array.of(0))
    expect(at((x) => pow(x, scalar(1)))).toEqual(Float64Array.of(1))
  })
  test('whole powers of 0 have their second derivatives', () => {
    const x = { shape: [3], values: new Float64Array(3) }
    const f: Scalar64 = (theta) => sum(pow(part(theta, 'x'), tensor([0, 1, 2])))
    expect(hessianVector64(f, { x }, { x: Float64Array.of(1, 1, 1) })).toEqual({ x: Float64Array.of(0, 0, 2) })
  })
  test('a branch that is not taken sends no NaN back, in first and second derivatives', () => {
    const f: Scalar64 = (theta) => {
      const x = part(theta, 'x')
      return sum(where(greater(x, scalar(0)), square(x), mul(log(x), scalar(0)))) // ln −1 is NaN
    }
    const x = { shape: [2], values: Float64Array.of(3, -1) }
    expect(gradient64(f, { x })).toEqual({ value: Number.NaN, gradient: { x: Float64Array.of(6, 0) } })
    expect(hessianVector64(f, { x }, { x: Float64Array.of(1, 1) })).toEqual({ x: Float64Array.of(2, 0) })
  })
})

describe('a network of two tanh layers', () => {
  const theta = { W: parameter([3, 4]), b: parameter([4], 1), V: parameter([4, 5], 2), c: parameter([5], 3), u: parameter([5, 2], 4) }
  const f: Scalar64 = (t) => {
    const [x, y] = [tensor64(numbers(18, 5), [6, 3]), tensor64(numbers(12, 6), [6, 2])]
    const first = tanh(add(matMul(x as Tensor2D, part(t, 'W') as Tensor2D), part(t, 'b'))) // [6, 4]
    const second = tanh(add(matMul(first as Tensor2D, part(t, 'V') as Tensor2D), part(t, 'c'))) // [6, 5]
    return mean(sum(square(sub(matMul(second as Tensor2D, part(t, 'u') as Tensor2D), y)), 1))
  }

  test('has the gradient of central differences to 1e-9', () => {
    const { gradient } = gradient64(f, theta)
    const differences = Object.entries(theta).flatMap(([name, { values }]) =>
      [...values.keys()].flatMap((i) => {
        const unit = { [name]: Float64Array.from(values, (_, j) => Number(i === j)) }
        return slope((t) => [gradient64(f, moved(theta, unit, t)).value])
      }),
    )
    expect(together(gradient)).toBeAllclose(differences, { absolute: 1e-9, relative: 0 })
  })
  test('has the Hessian of differences to 1e-7, and a symmetric and linear one', () => {
    expectDerivatives(f, theta, { absolute: 1e-9, relative: 1e-7 })
    const [u, v] = [directions(theta, 1), directions(theta, 5)]
    const [Hu, Hv] = [hessianVector64(f, theta, u), hessianVector64(f, theta, v)]
    const inner = (a: Record<string, Float64Array>, b: Record<string, Float64Array>) =>
      dot(Float64Array.from(together(a)), Float64Array.from(together(b)))
    expect(inner(u, Hv)).toBeAllclose(inner(v, Hu))
    const sum = Object.fromEntries(Object.entries(u).map(([name, values]) => [name, values.map((x, i) => 2 * x + (v[name]?.[i] ?? 0))]))
    const expected = together(Hu).map((x, i) => 2 * x + (together(Hv)[i] ?? 0))
    expect(together(hessianVector64(f, theta, sum))).toBeAllclose(expected, { absolute: 1e-13 })
  })
  test('leaves no tensor behind', () => {
    const before = inFloat64(() => memory().numTensors)
    hessianVector64(f, theta, directions(theta, 1))
    expect(inFloat64(() => memory().numTensors)).toBe(before)
  })
})

describe('the O-blocks of theory.md 2.5', () => {
  // Origin: theory.md 2.5, fixture A and B: samples, parameters, losses, blocks and eigenvalues as printed there.
  const X = [1, 0, 0, 1, 1, 1, 1, -1, 2, 1, -1, 2]
  const Y = [1, -1, 0.5, 2, 1, -2]
  const loss: Scalar64 = (theta) => {
    const hidden = tanh(matMul(tensor(X, [6, 2]) as Tensor2D, part(theta, 'w') as Tensor2D, false, true)) // [6, width]
    const output = matMul(hidden as Tensor2D, reshape<Rank.R2>(part(theta, 'u'), [-1, 1])) // [6, 1]
    return mean(square(sub(reshape(output, [6]), tensor(Y))))
  }
  const network = (u: number[], w: number[]) => ({ u: { shape: [u.length], values: Float64Array.from(u) }, w: { shape: [u.length, 2], values: Float64Array.from(w) } }) // prettier-ignore

  /** OᵀHO; each column of O over the coordinates (u_i, w_i1, w_i2) of every neuron i. */
  function block(theta: ReturnType<typeof network>, columns: readonly (readonly number[])[]): number[][] {
    const width = theta.u.values.length
    const inOrder = (u: Float64Array, w: Float64Array) => [...u].flatMap((x, i) => [x, w[2 * i] ?? 0, w[2 * i + 1] ?? 0])
    return columns.map((column) => {
      const v = { u: new Float64Array(width), w: new Float64Array(2 * width) }
      for (const [place, x] of column.entries()) {
        const i = Math.floor(place / 3)
        if (place % 3 === 0) v.u[i] = x
        else v.w[2 * i + (place % 3) - 1] = x
      }
      const { u = numbers(0), w = numbers(0) } = hessianVector64(loss, theta, v)
      const product = inOrder(u, w)
      return columns.map((other) => other.reduce((sum, x, i) => sum + x * (product[i] ?? 0), 0))
    })
  }

  /** Of a symmetric 3×3 matrix, in rising order, by the cosine formula (Smith 1961). */
  function eigenvalues(rows: readonly (readonly number[])[]): number[] {
    const a = (i: number, j: number) => rows[i]?.[j] ?? Number.NaN
    const q = (a(0, 0) + a(1, 1) + a(2, 2)) / 3
    const b = (i: number, j: number) => a(i, j) - (i === j ? q : 0)
    const spread = [0, 1, 2].reduce((sum, i) => sum + [0, 1, 2].reduce((row, j) => row + b(i, j) ** 2, 0), 0)
    const p = Math.sqrt(spread / 6)
    const det =
      b(0, 0) * (b(1, 1) * b(2, 2) - b(1, 2) ** 2) -
      b(0, 1) * (b(0, 1) * b(2, 2) - b(1, 2) * b(0, 2)) +
      b(0, 2) * (b(0, 1) * b(1, 2) - b(1, 1) * b(0, 2))
    const angle = Math.acos(Math.min(1, Math.max(-1, det / (2 * p ** 3)))) / 3
    const root = (turn: number) => q + 2 * p * Math.cos(angle + (2 * Math.PI * turn) / 3)
    return [root(1), root(2), root(0)]
  }
  const neuron = (count: number, weights: Readonly<Record<number, number>>) =>
    [0, 1, 2].map((k) => Array.from({ length: 3 * count }, (_, place) => (place % 3 === k ? (weights[Math.floor(place / 3)] ?? 0) : 0)))

  const printed = { absolute: 5e-9, relative: 0 } // eight decimals
  const printed10 = { absolute: 5.1e-11, relative: 0 } // ten decimals

  test.each([1, 2, 4])('fixture A: the zero network of width %i', (width) => {
    const theta = network(new Array<number>(width).fill(0), new Array<number>(2 * width).fill(0))
    const values = eigenvalues(block(theta, neuron(width, { 0: 1 })))
    expect(values).toBeAllclose([-2 * 1.5500896031, 0, 2 * 1.5500896031], printed)
    expect(-(values[0] ?? 0) / 2).toBeAllclose(1.5500896031, printed10)
  })
  test('fixture B: two equal neurons', () => {
    const theta = network([0.5, 0.5, -1], [1, 0.5, 1, 0.5, 0.5, -1])
    expect(gradient64(loss, theta).value).toBeAllclose(3.5127031423, printed10)
    const found = block(theta, neuron(3, { 0: Math.SQRT1_2, 1: -Math.SQRT1_2 }))
    const upper = [-1.6820411818, 3.2665807488, 0.323828289, -0.343008741, -0.0205988654]
    const places = [[0, 1], [0, 2], [1, 1], [1, 2], [2, 2]] as const // prettier-ignore
    expect(places.map(([i, j]) => found[i]?.[j] ?? Number.NaN)).toBeAllclose(upper, { absolute: 5.1e-10, relative: 0 }) // nine decimals at least
    expect(found[0]?.[0]).toBeAllclose(0, { absolute: 1e-15 }) // residual terms only
    const values = eigenvalues(found)
    expect(values).toBeAllclose([-3.52828154, -0.02733676, 3.85884773], printed)
    expect(-(values[0] ?? 0) / 2).toBeAllclose(1.7641407708, printed10)
  })
  test('fixture C: a dead neuron beside two others', () => {
    const theta = network([0, 0.5, -1], [0, 0, 1, 0.5, 0.5, -1])
    expect(eigenvalues(block(theta, neuron(3, { 0: 1 })))).toBeAllclose([-4.2836356, 0, 4.2836356], { absolute: 5.1e-8 }) // seven decimals
  })
})

describe('what gradient64 and hessianVector64 take and refuse', () => {
  const squares: Scalar64 = (theta) => sum(square(part(theta, 'x')))
  const x = { shape: [2], values: Float64Array.of(1, 2) }

  test('a parameter that f does not use has derivative 0, and so has a constant f', () => {
    expect(gradient64(squares, { x, z: x }).gradient).toEqual({ x: Float64Array.of(2, 4), z: new Float64Array(2) })
    expect(hessianVector64(squares, { x, z: x }, { x: Float64Array.of(1, 0), z: Float64Array.of(1, 1) })).toEqual({ x: Float64Array.of(2, 0), z: new Float64Array(2) }) // prettier-ignore
    expect(gradient64(() => scalar(1 / 3), { x })).toEqual({ value: 1 / 3, gradient: { x: new Float64Array(2) } })
    expect(hessianVector64(() => scalar(1), { x }, { x: x.values })).toEqual({ x: new Float64Array(2) })
  })
  test('a linear f has no second derivative', () => {
    expect(hessianVector64((theta) => sum(part(theta, 'x')), { x }, { x: x.values })).toEqual({ x: new Float64Array(2) })
  })
  test('a parameter may be f itself, empty, or missing altogether', () => {
    const one = { shape: [], values: Float64Array.of(3) }
    expect(gradient64((theta) => part(theta, 'one'), { one })).toEqual({ value: 3, gradient: { one: Float64Array.of(1) } })
    expect(gradient64(squares, { x: { shape: [0], values: new Float64Array() } })).toEqual({
      value: 0,
      gradient: { x: new Float64Array() },
    })
    expect(gradient64(() => scalar(2), {})).toEqual({ value: 2, gradient: {} })
    expect(hessianVector64(() => scalar(2), {}, {})).toEqual({})
  })
  test('NaN and ∞ are computed with', () => {
    const { value, gradient } = gradient64(squares, { x: { shape: [2], values: Float64Array.of(Number.NaN, Infinity) } })
    expect(value).toBeNaN()
    expect(gradient['x']).toEqual(Float64Array.of(Number.NaN, Infinity))
  })
  test('sizes and names that disagree are refused with their place', () => {
    expect(() => gradient64(squares, { x: { shape: [3], values: x.values } })).toThrow('theta.x: expected 3 values for shape [3], got 2')
    expect(() => gradient64((theta) => part(theta, 'x'), { x })).toThrow('f: expected one number, got float32 of shape [2]')
    expect(() => hessianVector64(squares, { x }, {})).toThrow('v.x: expected 2 numbers, got none')
    expect(() => hessianVector64(squares, { x }, { x: numbers(3) })).toThrow('v.x: expected 2 numbers, got 3')
    expect(() => hessianVector64(squares, { x }, { x: x.values, y: x.values })).toThrow('v: expected the names of theta, got y')
  })
  test('an operation that tfjs cannot differentiate twice is refused, not answered wrongly', () => {
    const f: Scalar64 = (theta) => sum(mul(logSoftmax(part(theta, 'x')), part(theta, 'x')))
    expect(gradient64(f, { x }).value).toBeLessThan(0)
    expect(() => hessianVector64(f, { x }, { x: x.values })).toThrow('cannot be differentiated again')
  })
})
