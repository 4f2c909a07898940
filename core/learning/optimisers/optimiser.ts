/** What an optimiser is: from gradients to the next parameters, with a state of its own. All runs of a stack at once. */
import type { z } from 'zod'
import type { Tensor, Tensors } from '#core/engines/ops.ts'
import type { Kind } from '../kind.ts'
import type { ParameterShape } from '../models/model.ts'

export type Update = {
  readonly gradients: Tensors // [R, …]; with 2γθ unless the decay is decoupled
  readonly parameters: Tensors // [R, …]
  readonly state: Tensors // [R, …]
  /** What `numbers` named, one for each run: [R, 1, …, 1] of the given rank. The learning rate is that of the step, its schedule included. */
  number(name: string, rank: number): Tensor
  /** What `scalars` named, for this step: []. */
  scalar(name: string): Tensor
}

export type OptimiserKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** The numbers that may differ from run to run. */
  numbers(settings: z.output<Schema>): Readonly<Record<string, number>>
  /** Numbers of a step, counted from 0, that all runs share. */
  scalars(settings: z.output<Schema>, step: number): Readonly<Record<string, number>>
  /** Whether weight decay is θ ← θ − 2ηγθ beside the update, not 2γθ in the gradient. */
  isDecoupled(settings: z.output<Schema>): boolean
  /** Whether the update of a parameter depends on nothing but that entry's own gradients, or is linear in them: which mirrors it keeps (theory.md 1.7). */
  readonly keeps: 'all mirrors' | 'signed permutations'
  /** Names and shapes of one run's state before the first step, all zero. */
  state(settings: z.output<Schema>, parameters: readonly ParameterShape[]): readonly ParameterShape[]
  update(settings: z.output<Schema>, update: Update): { readonly parameters: Tensors; readonly state: Tensors }
}
