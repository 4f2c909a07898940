/** How a gradient is written here: from the inputs of an operation alone, with operations that have gradients themselves. */
import {
  broadcast_util,
  clone,
  engine,
  mul,
  ones,
  reshape,
  sum,
  zeros,
  type GradConfig,
  type NamedAttrMap,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { tensor64 } from '../make.ts'

/** A number as a tensor, not rounded. */
export const constant = (value: number): Tensor => tensor64([value], [])

/** The gradient of an operation with one input. */
export const unary = (kernelName: string, of: (dy: Tensor, x: Tensor, attributes: NamedAttrMap) => Tensor, name = 'x'): GradConfig => ({
  kernelName,
  inputsToSave: [name],
  gradFunc: (dy, saved, attributes) => ({ [name]: () => of(one(dy), at(saved, 0), attributes) }),
})

type Part = (dy: Tensor, a: Tensor, b: Tensor) => Tensor

/** The gradient of an operation with two inputs that broadcast: what was repeated is summed. */
export const binary = (kernelName: string, { a: toA, b: toB }: { readonly a: Part; readonly b: Part }): GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved) => {
    const [a, b] = [at(saved, 0), at(saved, 1)]
    return { a: () => sumTo(toA(one(dy), a, b), a.shape), b: () => sumTo(toB(one(dy), a, b), b.shape) }
  },
})

/** The gradient of an operation over a list. */
export const listed = (
  kernelName: string,
  of: (dy: Tensor, inputs: readonly Tensor[], attributes: NamedAttrMap) => Tensor[],
): GradConfig => ({
  kernelName,
  saveAllInputs: true,
  gradFunc: (dy, saved, attributes) => {
    const parts = of(one(dy), saved, attributes)
    return Object.fromEntries(parts.map((part, i) => [i, () => clone(part)]))
  },
})

/** The gradient of an operation whose result is locally constant. */
export const flat = (kernelName: string, ...names: readonly string[]): GradConfig => ({
  kernelName,
  inputsToSave: [...names],
  gradFunc: (_, saved) => Object.fromEntries(names.map((name, i) => [name, () => zeros(at(saved, i).shape)])),
})

/** The sum of x over the axes along which `shape` was repeated to x's shape. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  const axes = broadcast_util.getReductionAxes([...shape], x.shape)
  return reshape(axes.length > 0 ? sum(x, axes) : x, [...shape])
}

/** x repeated to a shape, by a product with ones: 1·x is x, and shapes with a 0 pass. */
export function spreadTo(x: Tensor, shape: readonly number[]): Tensor {
  return mul(x, ones([...shape]))
}

/** yes where the condition holds, no elsewhere, for equal shapes; a NaN that is not taken does not reach the result. */
export function select(condition: Tensor, yes: Tensor, no: Tensor): Tensor {
  const selected = engine().runKernel('Select', { condition, t: yes, e: no })
  return selected as Tensor // Select has one result
}

export function at(saved: readonly Tensor[], place: number): Tensor {
  const tensor = saved[place]
  assert(tensor !== undefined, 'float64: a gradient lacks an input')
  return tensor
}

/** dy of an operation with one result. */
export function one(dy: Tensor | Tensor[]): Tensor {
  return Array.isArray(dy) ? at(dy, 0) : dy
}
