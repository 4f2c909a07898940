/**
 * Adam's update, shared by adam and adamw.
 *
 *   m ← β₁m + (1 − β₁)g,   v ← β₂v + (1 − β₂)g²,   θ ← θ − η · m̂ / (√v̂ + ε),   m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
 *
 * t counts from 1; m and v start at zero. ε stands outside the root, on the corrected v̂.
 * Source: Kingma & Ba 2015, algorithm 1.
 */
import { z } from 'zod'
import { assert } from '#core/contract/errors.ts'
import { add, div, mul, scalar, sqrt, square, sub, type Tensor, type Tensors } from '#core/engines/ops.ts'
import type { ParameterShape } from '../models/model.ts'
import type { Update } from './optimiser.ts'

export const adamSettings = {
  beta1: z.number().min(0).lt(1).default(0.9).describe('β₁'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('β₂'),
  epsilon: z.number().gt(0).default(1e-8).describe('ε'),
} as const
export type AdamSettings = { readonly beta1: number; readonly beta2: number; readonly epsilon: number }

export function adamState(parameters: readonly ParameterShape[]): readonly ParameterShape[] {
  return ['first', 'second'].flatMap((moment) => parameters.map(({ name, shape }) => ({ name: `${moment}/${name}`, shape })))
}

/** 1/(1 − βᵗ) of both moments, for a step counted from 0. */
export function adamScalars({ beta1, beta2 }: AdamSettings, step: number): Readonly<Record<string, number>> {
  return { firstCorrection: 1 / (1 - beta1 ** (step + 1)), secondCorrection: 1 / (1 - beta2 ** (step + 1)) }
}

export function adamUpdate(
  { beta1, beta2, epsilon }: AdamSettings,
  { gradients, parameters, state, number, scalar: ofStep }: Update,
): { readonly parameters: Tensors; readonly state: Tensors } {
  const next: Record<string, Tensor> = {}
  const nextState: Record<string, Tensor> = {}
  for (const [name, parameter] of Object.entries(parameters)) {
    const [gradient, first, second] = [gradients[name], state[`first/${name}`], state[`second/${name}`]]
    assert(gradient !== undefined && first !== undefined && second !== undefined, `adam: the gradient or a moment of ${name} is missing`)
    const m = add(mul(first, scalar(beta1)), mul(gradient, scalar(1 - beta1)))
    const v = add(mul(second, scalar(beta2)), mul(square(gradient), scalar(1 - beta2)))
    nextState[`first/${name}`] = m
    nextState[`second/${name}`] = v
    const size = add(sqrt(mul(v, ofStep('secondCorrection'))), scalar(epsilon))
    const direction = div(mul(m, ofStep('firstCorrection')), size)
    next[name] = sub(parameter, mul(number('learningRate', parameter.rank), direction))
  }
  return { parameters: next, state: nextState }
}
