/** What an optimiser is: from gradients to the next parameters, with a state of its own. All runs of a stack at once. */
import type { z } from 'zod'
import type { Tensor, Tensors } from '#core/engines/ops.ts'
import type { Kind } from '../kind.ts'
import type { ParameterShape } from '../models/model.ts'

export type Update = {
  readonly gradients: Tensors // of the loss with decay; [R, …]
  readonly parameters: Tensors // [R, …]
  readonly state: Tensors // [R, …]
  /** What `numbers` named, one for each run: [R, 1, …, 1] of the given rank. */
  number(name: string, rank: number): Tensor
}

export type OptimiserKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** The numbers that may differ from run to run. */
  numbers(settings: z.output<Schema>): Readonly<Record<string, number>>
  /** Names and shapes of one run's state before the first step, all zero. */
  state(settings: z.output<Schema>, parameters: readonly ParameterShape[]): readonly ParameterShape[]
  update(settings: z.output<Schema>, update: Update): { readonly parameters: Tensors; readonly state: Tensors }
}
