/**
 * Gradients of what works number by number.
 *
 * Where a function has a kink the convention is: |x|' = sign x, so 0 at 0; relu' = 0 at 0; of two equal numbers `maximum` and `minimum` follow the first.
 */
import {
  add,
  cast,
  clone,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  minimum,
  mul,
  neg,
  onesLike,
  pow,
  rsqrt,
  sigmoid,
  sign,
  sqrt,
  square,
  step,
  sub,
  tanh,
  zerosLike,
  type GradConfig,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { at, binary, constant, flat, listed, one, select, spreadTo, unary } from './rules.ts'

const where = (dy: Tensor, truth: Tensor) => mul(dy, cast(truth, 'float32'))

/** b·aᵇ⁻¹; where b = 0 the base is replaced by 1, for 0·0⁻¹ is NaN. */
function powerOfBase(dy: Tensor, a: Tensor, b: Tensor): Tensor {
  const [base, exponent] = [spreadTo(a, dy.shape), spreadTo(b, dy.shape)]
  const safe = select(equal(exponent, zerosLike(exponent)), onesLike(base), base)
  return mul(dy, mul(exponent, pow(safe, sub(exponent, constant(1)))))
}

/** aᵇ·ln a, and 0 where a ≤ 0, as a real power there has no derivative by its exponent. */
function powerOfExponent(dy: Tensor, a: Tensor, b: Tensor): Tensor {
  const base = spreadTo(a, dy.shape)
  const isPositive = greater(base, zerosLike(base))
  const logarithm = log(select(isPositive, base, onesLike(base)))
  return mul(dy, mul(pow(a, b), logarithm))
}

export const elementwiseGradients: readonly GradConfig[] = [
  binary('Add', { a: (dy) => dy, b: (dy) => dy }),
  listed('AddN', (dy, inputs) => inputs.map(() => dy)),
  binary('Sub', { a: (dy) => dy, b: (dy) => neg(dy) }),
  binary('Multiply', { a: (dy, _, b) => mul(dy, b), b: (dy, a) => mul(dy, a) }),
  binary('RealDiv', { a: (dy, _, b) => div(dy, b), b: (dy, a, b) => neg(mul(dy, div(div(a, b), b))) }),
  binary('Maximum', { a: (dy, a, b) => where(dy, greaterEqual(a, b)), b: (dy, a, b) => where(dy, less(a, b)) }),
  binary('Minimum', { a: (dy, a, b) => where(dy, lessEqual(a, b)), b: (dy, a, b) => where(dy, greater(a, b)) }),
  binary('Pow', { a: powerOfBase, b: powerOfExponent }),

  unary('Neg', (dy) => neg(dy)),
  unary('Abs', (dy, x) => mul(dy, sign(x))),
  unary('Square', (dy, x) => mul(dy, mul(x, constant(2)))),
  unary('Sqrt', (dy, x) => div(dy, mul(sqrt(x), constant(2)))),
  unary('Rsqrt', (dy, x) => mul(dy, mul(div(rsqrt(x), x), constant(-0.5)))),
  unary('Reciprocal', (dy, x) => neg(div(dy, square(x)))),
  unary('Exp', (dy, x) => mul(dy, exp(x))),
  unary('Log', (dy, x) => div(dy, x)),
  unary('Log1p', (dy, x) => div(dy, add(x, constant(1)))),
  unary('Tanh', (dy, x) => mul(dy, sub(constant(1), square(tanh(x))))),
  unary('Sigmoid', (dy, x) => mul(dy, mul(sigmoid(x), sigmoid(neg(x))))), // 1 − σ(x) would cancel
  unary('Relu', (dy, x) => mul(dy, step(x))),
  unary('Elu', (dy, x) => mul(dy, exp(minimum(x, zerosLike(x))))),
  unary('Erf', (dy, x) => mul(dy, mul(constant(2 / Math.sqrt(Math.PI)), exp(neg(square(x)))))),

  {
    kernelName: 'Select',
    inputsToSave: ['condition'],
    gradFunc: (given, saved) => {
      const [dy, condition] = [one(given), at(saved, 0)]
      return {
        condition: () => cast(zerosLike(condition), 'float32'),
        t: () => select(condition, dy, zerosLike(dy)),
        e: () => select(condition, zerosLike(dy), dy),
      }
    },
  },
  unary('Cast', (dy) => cast(clone(dy), 'float32')),

  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd'].map((name) => flat(name, 'a', 'b')),
  ...['LogicalNot', 'IsFinite', 'IsNan', 'Sign', 'Step', 'ZerosLike', 'OnesLike'].map((name) => flat(name, 'x')),
]
