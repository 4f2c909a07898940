/**
 * What a model is: parameters, a function of them, and the plain linear coefficients that it amounts to.
 *
 * Stacked parameters carry the runs along their first axis; a single run's parameters are plain arrays without it.
 */
import type { z } from 'zod'
import type { Tensor, Tensors } from '#core/engines/ops.ts'
import type { Key } from '#core/numerics/random/key.ts'
import type { Kind } from '../kind.ts'

export type ParameterShape = { readonly name: string; readonly shape: readonly number[] }
export type Parameters = Readonly<Record<string, Float64Array>>

export type ModelKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** Names and shapes of one run's parameters, in the order in which they are stored and hashed. */
  parameters(settings: z.output<Schema>, features: number): readonly ParameterShape[]
  /** One run's parameters before the first step, float64; rounded to float32 when they are stacked. */
  init(settings: z.output<Schema>, features: number, key: Key): Parameters
  /** The model's output [R, n] for x [n, d], or [R, n, d] when every run has its own. */
  apply(settings: z.output<Schema>, parameters: Tensors, x: Tensor): Tensor
  /** The coefficients v with f(x) = vᵀx, [d], float64. */
  coefficients(settings: z.output<Schema>, parameters: Parameters): Float64Array
  /** f(x) in TeX. */
  formula(settings: z.output<Schema>): string
}
