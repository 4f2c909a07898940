/**
 * What every kind in a registry has: a model, a data set, a loss, an optimiser. A kind is one file, its test and one row.
 *
 * `shapeOf` is the part of the settings that fixes the tensor program; runs that agree on it can train as one stack. Everything
 * else may differ from run to run and enters the program as numbers along the runs' axis.
 */
import { z } from 'zod'
import type { Json, Words } from '#core/contract/values.ts'

export type Kind<Schema extends z.ZodType> = {
  readonly kind: string
  readonly title: Words
  readonly settings: Schema
  shapeOf(settings: z.output<Schema>): Json
}

/** The settings of any kind of a registry, told apart by `kind`. */
export function settingsOf<Registry extends Readonly<Record<string, { readonly settings: z.ZodObject }>>>(
  registry: Registry,
): z.ZodType<z.output<Registry[keyof Registry]['settings']>, z.input<Registry[keyof Registry]['settings']>> {
  const options = Object.values(registry).map(({ settings }) => settings)
  const [first, ...rest] = options
  if (first === undefined) throw new Error('bug: settingsOf: a registry has a row')
  return z.discriminatedUnion('kind', [first, ...rest]) as unknown as ReturnType<typeof settingsOf<Registry>> // the options are the settings of the rows
}
