/**
 * What every kind in a registry has: a model, a data set, a loss, an optimiser. A kind is one file, its test and one row.
 *
 * `shapeOf` is the part of the settings that fixes the tensor program; runs that agree on it can train as one stack. Everything
 * else may differ from run to run and enters the program as numbers along the runs' axis.
 */
import type { z } from 'zod'
import type { Json, Words } from '#core/contract/values.ts'

export type Kind<Schema extends z.ZodType> = {
  readonly kind: string
  readonly title: Words
  readonly settings: Schema
  shapeOf(settings: z.output<Schema>): Json
}
