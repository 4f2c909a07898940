/**
 * What a reparametrisation is: a change of variables put on some parameters of a model. What is trained are the new variables; the model sees the values
 * that they amount to.
 *
 * The functions of tensors are run by an engine to train and by the float64 engine to fold back, so both are one.
 */
import type { z } from 'zod'
import type { Tensor, Tensors } from '#core/engines/ops.ts'
import type { Key } from '#core/numerics/random/key.ts'
import type { Kind } from '../kind.ts'
import type { Parameters, ParameterShape } from '../models/model.ts'

export type ReparametrisationKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** What is trained in place of the targets. Names begin with the target's name and a slash, or with the kind's where targets are joined. Fails: 'invalid-input'. */
  parameters(settings: z.output<Schema>, targets: readonly ParameterShape[]): readonly ParameterShape[]
  /** What is drawn once for each run and stays: a random bias, a mask. */
  constants(settings: z.output<Schema>, targets: readonly ParameterShape[], key: Key): Parameters
  /** The trained values before the first step, from those that the model would start with. */
  init(settings: z.output<Schema>, values: Start): Parameters
  /** The values of the targets, [R, …] each, from the trained values and the constants, [R, …] each. */
  expand(settings: z.output<Schema>, targets: readonly ParameterShape[], given: { trained: Tensors; constants: Tensors }): Tensors
  /** What decay is multiplied by, entry by entry, for trained parameters that are named; from the constants. */
  decayScale?(settings: z.output<Schema>, constants: Parameters): Parameters
}

export type Start = {
  readonly targets: readonly ParameterShape[]
  readonly model: Parameters // the model's own initial values of the targets
  readonly constants: Parameters
  readonly key: Key
}

/** Entries of one parameter. */
export function sizeOf({ shape }: ParameterShape): number {
  return shape.reduce((product, n) => product * n, 1)
}

/** A tensor of a record; a bug if it is not there. */
export function entryOf<T extends Tensor | Float64Array>(record: Readonly<Record<string, T>>, name: string): T {
  const found = record[name]
  if (found === undefined) throw new Error(`bug: reparametrisation: ${name} is missing`)
  return found
}
