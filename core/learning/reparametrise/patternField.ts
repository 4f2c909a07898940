/** The field by which a reparametrisation names its parameters. */
import { z } from 'zod'

export const patternField = z
  .string()
  .min(1)
  .default('*')
  .describe('names of parameters; `*` stands for any letters, commas for alternatives')
