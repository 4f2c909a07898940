/** What a loss is: a number for each run from its outputs and targets. */
import type { z } from 'zod'
import type { Tensor } from '#core/engines/ops.ts'
import type { Kind } from '../kind.ts'

export type LossKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** [R] from outputs [R, n, q] and targets [n, q] or [R, n, q]. For n = 0 a mean is NaN and a sum 0. */
  of(settings: z.output<Schema>, output: Tensor, target: Tensor): Tensor
  /** The loss of the output f in TeX. */
  formula(settings: z.output<Schema>, f: string): string
}
