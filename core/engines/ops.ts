/**
 * Our one door to tfjs-core: the tensor operations that models, losses and optimisers may use.
 *
 * What is missing is missing on purpose: no random numbers (draw from a key in numerics/random), no linear algebra beyond
 * products (analyse in numerics/linalg), no global optimisers.
 *
 * Ownership: a function never disposes its arguments; what it makes inside dies in `tidy`; the caller owns the result.
 */
import { add, engine, fill, isFinite as isFiniteEach, reshape, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core'

export {
  add,
  all,
  avgPool,
  cast,
  clipByValue,
  concat,
  conv2d,
  depthwiseConv2d,
  div,
  exp,
  gather,
  isFinite,
  keep,
  log,
  logicalAnd,
  matMul,
  max,
  maximum,
  maxPool,
  memory,
  minimum,
  mul,
  neg,
  relu,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  tidy,
  transpose,
  valueAndGrads,
} from '@tensorflow/tfjs-core'
export { gradient64, hessianVector64, type Arrays64 } from './float64/derivatives.ts'
export { inFloat64 } from './float64/float64.ts'
export { read64, scalar, tensor, tensor64 } from './float64/make.ts'
export type { Scalar, Tensor, Tensor1D, Tensor4D, TypedArray } from '@tensorflow/tfjs-core'

/** Tensors by name: parameters, optimiser state. */
export type Tensors = Readonly<Record<string, Tensor>>

/**
 * Chooses between two tensors lane by lane: lane r of `yes` where condition[r], else lane r of `no`. A NaN in the lane that is not taken
 * never reaches the result, which a product with a mask cannot promise (0 · NaN = NaN).
 *
 * @param condition  [R], bool
 * @returns          (yes, no) → [R, …], for float32 or int32 of equal shapes
 * The kernel needs a condition of the full shape, and wasm spreads booleans 10 times slower than floats (79 against 8 µs for
 * [80, 12]). So the condition is spread as a float, 0 where it holds and NaN where not, and read back by isFinite; once for each shape.
 */
export function laneChoice(condition: Tensor): (yes: Tensor, no: Tensor) => Tensor {
  const lanes = condition.shape[0] ?? 0
  const mark = select(condition, zeros([lanes]), fill([lanes], Number.NaN)) // [R]
  const spread = new Map<string, Tensor>()
  return (yes, no) => {
    const shape = yes.shape.join()
    const full = spread.get(shape) ?? isFiniteEach(add(reshape(mark, [lanes, ...yes.shape.slice(1).map(() => 1)]), zeros(yes.shape))) // [R, …]
    spread.set(shape, full)
    return select(full, yes, no)
  }
}

function select(condition: Tensor, yes: Tensor, no: Tensor): Tensor {
  const selected = engine().runKernel('Select', { condition, t: yes, e: no })
  return selected as Tensor // runKernel is typed for kernels of several outputs; Select has one
}

/** Whether the active engine gives the values of a tensor within the call; one that queues gives them to who waits (`Program.settle`). */
export function readsAtOnce(): boolean {
  return engine().backendName !== 'webgpu'
}

/** `tidy` for a result that is not a tensor: what `make` leaves behind is disposed, its result passes through. */
export function inScope<T>(make: () => T): T {
  const made: T[] = []
  tidy(() => void made.push(make()))
  return made[0] as T // tidy runs its function once
}
