/**
 * Derivatives of scalar functions in float64, exact but for rounding: reverse mode for gradients, reverse over reverse for products with the Hessian.
 */
import { add, engine, mul, sum, type Tensor } from '@tensorflow/tfjs-core'
import { assert, Refusal } from '#core/contract/errors.ts'
import { sizeOf } from './block.ts'
import { inFloat64 } from './float64.ts'
import { gradients } from './gradients/table.ts'
import { read64, tensor64 } from './make.ts'

/** Parameters as numbers, by name. */
export type Arrays64 = Readonly<Record<string, Array64>>
export type Array64 = { readonly shape: readonly number[]; readonly values: Float64Array }
/** One number for each parameter, in the layout of its values. */
export type Directions64 = Readonly<Record<string, Float64Array>>

/** A scalar function of parameters, in operations of engines/ops. It is called inside inFloat64: its constants are made in it, with `tensor` and `scalar`. */
export type Scalar64 = (parameters: Readonly<Record<string, Tensor>>) => Tensor

/**
 * The value of f and its gradient.
 *
 *   ∇f = (∂f/∂θ_name), by one sweep backward
 *
 * @param theta  float64 by name, any shapes; NaN and ±∞ are computed with
 * @returns      value, and gradient by name in the layout of θ; 0 for a parameter that f does not use
 * Accuracy: that of f itself: a few roundings of 2⁻⁵³ for each operation.
 * Cost: 3–5 times that of f.
 * Fails: 'invalid-input' if values and shape of a parameter disagree or f's result is not one number.
 * Source: reverse accumulation, Linnainmaa 1970; tfjs's tape.
 */
export function gradient64(f: Scalar64, theta: Arrays64): { readonly value: number; readonly gradient: Record<string, Float64Array> } {
  return inFloat64(() => {
    const parameters = tensorsOf(theta)
    const { value, grads } = slopes(() => scalarOf(f, parameters), Object.values(parameters))
    return { value: read64(value)[0] ?? Number.NaN, gradient: byName(theta, grads) }
  })
}

/**
 * The Hessian of f times a direction.
 *
 *   ∇²f(θ)·v = ∇⟨∇f(θ), v⟩, the gradient of a gradient
 *
 * @param theta  float64 by name, any shapes
 * @param v      a number for each of θ, by the same names
 * @returns      by name in the layout of θ; linear in v, and symmetric: ⟨u, Hv⟩ = ⟨v, Hu⟩
 * Accuracy: that of f's second derivatives themselves: no step size, no difference.
 * Cost: 6–12 times that of f; its memory too.
 * Fails: 'invalid-input' if a parameter's values and shape disagree, a direction is missing, left over or of another size, or f's result is not one number; a bug if f uses an
 *   operation with a `customGrad` of its own (tfjs's logSoftmax), whose second derivative tfjs gets wrong.
 * Source: Pearlmutter 1994, Fast exact multiplication by the Hessian, by reverse over reverse.
 */
export function hessianVector64(f: Scalar64, theta: Arrays64, v: Directions64): Record<string, Float64Array> {
  requireDirections(theta, v)
  return inFloat64(() => {
    const parameters = tensorsOf(theta)
    const xs = Object.values(parameters)
    const directions = Object.entries(theta).map(([name, { shape }]) => tensor64(v[name] ?? [], shape))
    const along = () => {
      const { grads } = slopes(() => scalarOf(f, parameters), xs)
      refuseCustomGradients()
      return grads.reduce<Tensor>(
        (total, grad, i) => {
          const direction = directions[i]
          return grad == null || direction === undefined ? total : add(total, sum(mul(grad, direction)))
        },
        tensor64([0], []),
      )
    }
    return byName(theta, slopes(along, xs).grads)
  })
}

/** tfjs's gradients, with nothing in the place of a parameter that y does not depend on. */
function slopes(y: () => Tensor, xs: Tensor[]): { readonly value: Tensor; readonly grads: readonly (Tensor | null | undefined)[] } {
  if (xs.length === 0) return { value: y(), grads: [] } // tfjs asks for one at least
  return engine().gradients(y, xs, undefined, true)
}

function tensorsOf(theta: Arrays64): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(theta).map(([name, { shape, values }]) => {
      if (values.length !== sizeOf(shape)) {
        const sentence = `theta.${name}: expected ${sizeOf(shape)} values for shape [${shape.join()}], got ${values.length}`
        throw new Refusal('invalid-input', sentence)
      }
      return [name, tensor64(values, shape)]
    }),
  )
}

function scalarOf(f: Scalar64, parameters: Readonly<Record<string, Tensor>>): Tensor {
  const y = f(parameters)
  if (y.size === 1 && y.dtype === 'float32') return sum(y) // a parameter itself is a legal result, and gets a node of its own
  throw new Refusal('invalid-input', `f: expected one number, got ${y.dtype} of shape [${y.shape.join()}]`)
}

function byName(theta: Arrays64, grads: readonly (Tensor | null | undefined)[]): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(theta).map(([name, { values }], i) => {
      const grad = grads[i]
      return [name, grad == null ? new Float64Array(values.length) : read64(grad)]
    }),
  )
}

function requireDirections(theta: Arrays64, v: Directions64): void {
  for (const name of Object.keys(v)) {
    if (theta[name] === undefined) throw new Refusal('invalid-input', `v: expected the names of theta, got ${name}`)
  }
  for (const [name, { values }] of Object.entries(theta)) {
    const got = v[name]?.length ?? 'none'
    if (got !== values.length) throw new Refusal('invalid-input', `v.${name}: expected ${values.length} numbers, got ${got}`)
  }
}

/** An operation made by tfjs's `customGrad` is on the tape under no kernel's name, with numbered inputs. */
function refuseCustomGradients(): void {
  const known = new Set(gradients.map(({ kernelName }) => kernelName))
  for (const { kernelName, inputs } of engine().state.activeTape) {
    assert(
      !('0' in inputs) || known.has(kernelName),
      `hessianVector64: the gradient of ${kernelName} cannot be differentiated again; compose it of other operations`,
    )
  }
}
