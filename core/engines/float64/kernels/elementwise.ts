/** Kernels that work number by number. A NaN goes through all of them but comparisons, which it fails. */
import { broadcast_util } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { allocate, input, sizeOf, spread, type Block, type Dtype, type Inputs, type Kernel, type Values } from '../block.ts'
import { erf } from '../erf.ts'

type Result = Dtype | 'same' // 'same': the dtype of the first input

/** out[i] from a[i] and b[i], for all i. */
type Loop = (out: Values, a: Values, b: Values) => void

const binaryLoop = (result: Result, loop: Loop) => {
  return (inputs: Inputs): Block => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')]
    const shape = broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape])
    const dtype = result === 'same' ? a.dtype : result
    const values = allocate(dtype, sizeOf(shape))
    loop(values, spread(a, shape).values, spread(b, shape).values)
    return { shape, dtype, values }
  }
}

const binary = (result: Result, of: (a: number, b: number) => number): Kernel =>
  binaryLoop(result, (out, a, b) => {
    for (let i = 0; i < out.length; i += 1) out[i] = of(a[i] ?? Number.NaN, b[i] ?? Number.NaN) // as long as the result
  })

const unary = (result: Result, of: (x: number) => number): Kernel => {
  return (inputs) => {
    const { shape, dtype: given, values: x } = input(inputs, 'x')
    const dtype = result === 'same' ? given : result
    const values = allocate(dtype, x.length)
    for (let i = 0; i < values.length; i += 1) values[i] = of(x[i] ?? Number.NaN) // as long as the result
    return { shape, dtype, values }
  }
}

// The four that are called most have a loop each: through a function that all share, a number costs 7 to 10 times as much.
const add: Loop = (out, a, b) => {
  for (let i = 0; i < out.length; i += 1) out[i] = (a[i] ?? Number.NaN) + (b[i] ?? Number.NaN)
}
const subtract: Loop = (out, a, b) => {
  for (let i = 0; i < out.length; i += 1) out[i] = (a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)
}
const multiply: Loop = (out, a, b) => {
  for (let i = 0; i < out.length; i += 1) out[i] = (a[i] ?? Number.NaN) * (b[i] ?? Number.NaN)
}
const divide: Loop = (out, a, b) => {
  for (let i = 0; i < out.length; i += 1) out[i] = (a[i] ?? Number.NaN) / (b[i] ?? Number.NaN)
}

const truth = (of: (a: number, b: number) => boolean) => binary('bool', (a, b) => (of(a, b) ? 1 : 0))

/** Does not overflow, and keeps relative accuracy where it is near 0. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x))
  const e = Math.exp(x)
  return e / (1 + e)
}

const step: Kernel = (inputs, attributes) => {
  const { alpha = 0 } = (attributes ?? {}) as { alpha?: number } // the attribute of Step
  return unary('same', (x) => (Number.isNaN(x) ? x : x > 0 ? 1 : alpha))(inputs, attributes)
}

const plus = binaryLoop('same', add)

/** Σ of a list, from left to right. */
const addN: Kernel = (inputs) => {
  const [first, ...others] = Object.values(inputs)
  assert(first !== undefined, 'addN: expected one tensor at least')
  return others.reduce((a, b) => plus({ a, b }), first)
}

export const elementwise = {
  Add: plus,
  AddN: addN,
  Sub: binaryLoop('same', subtract),
  Multiply: binaryLoop('same', multiply),
  RealDiv: binaryLoop('float32', divide),
  Maximum: binary('same', Math.max),
  Minimum: binary('same', Math.min),
  Pow: binary('same', Math.pow),

  Equal: truth((a, b) => a === b),
  NotEqual: truth((a, b) => a !== b),
  Greater: truth((a, b) => a > b),
  GreaterEqual: truth((a, b) => a >= b),
  Less: truth((a, b) => a < b),
  LessEqual: truth((a, b) => a <= b),
  LogicalAnd: truth((a, b) => a !== 0 && b !== 0),
  LogicalNot: unary('bool', (x) => (x === 0 ? 1 : 0)),
  IsFinite: unary('bool', (x) => (Number.isFinite(x) ? 1 : 0)),
  IsNan: unary('bool', (x) => (Number.isNaN(x) ? 1 : 0)),

  Neg: unary('same', (x) => -x),
  Abs: unary('same', Math.abs),
  Sign: unary('same', Math.sign),
  Square: unary('same', (x) => x * x),
  Step: step,
  Relu: unary('same', (x) => Math.max(x, 0)),
  Elu: unary('float32', (x) => (x > 0 ? x : Math.expm1(x))),
  Erf: unary('float32', erf),
  Exp: unary('float32', Math.exp),
  Log: unary('float32', Math.log),
  Log1p: unary('float32', Math.log1p),
  Reciprocal: unary('float32', (x) => 1 / x),
  Rsqrt: unary('float32', (x) => 1 / Math.sqrt(x)),
  Sigmoid: unary('float32', sigmoid),
  Sqrt: unary('float32', Math.sqrt),
  Tanh: unary('float32', Math.tanh),
} as const satisfies Record<string, Kernel>
