/** What a loss is: a number for each run from its outputs and targets; once with tensors, to train, once in float64, to measure. */
import type { z } from 'zod'
import type { Tensor } from '#core/engines/ops.ts'
import type { Kind } from '../kind.ts'

export type LossKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** [R] from outputs [R, n] and targets [n] or [R, n]. */
  of(settings: z.output<Schema>, output: Tensor, target: Tensor): Tensor
  /** The same in float64 for one run: outputs [n], targets [n]. NaN for n = 0. */
  measure(settings: z.output<Schema>, output: Float64Array, target: Float64Array): number
  /** The loss of the output f in TeX. */
  formula(f: string): string
}
