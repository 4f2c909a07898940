/**
 * Activation functions, each with what the theory needs to know of it.
 *
 * gelu is the tanh form of Hendrycks & Gimpel 2016, ½z(1 + tanh(√(2/π)(z + .044715z³))): PyTorch's `approximate='tanh'`, within 5e-4 of zΦ(z).
 */
import { z } from 'zod'
import { add, mul, relu, scalar, square, tanh, type Tensor } from '#core/engines/ops.ts'
import type { Neurons } from './model.ts'

type Activation = {
  readonly of: (z: Tensor) => Tensor
  readonly symmetry: Neurons['activation']
  readonly gain: number // standard deviation of the weights, times √inputs, that keeps signals of unit size
  readonly tex: string
}

export const activations = {
  tanh: { of: (z) => tanh(z), symmetry: 'odd', gain: 1, tex: '\\tanh' },
  relu: { of: (z) => relu(z), symmetry: 'homogeneous', gain: Math.SQRT2, tex: '\\operatorname{relu}' },
  gelu: { of: gelu, symmetry: 'other', gain: Math.SQRT2, tex: '\\operatorname{gelu}' },
  identity: { of: (z) => z, symmetry: 'linear', gain: 1, tex: '' },
} as const satisfies Record<string, Activation>

export type ActivationName = keyof typeof activations

export const activationName = z.enum(Object.keys(activations) as [ActivationName, ...ActivationName[]]) // the keys of the table

function gelu(z: Tensor): Tensor {
  const cubic = mul(z, add(mul(square(z), scalar(0.044715)), scalar(1))) // z + .044715z³
  return mul(mul(z, scalar(0.5)), add(tanh(mul(cubic, scalar(Math.sqrt(2 / Math.PI)))), scalar(1)))
}
