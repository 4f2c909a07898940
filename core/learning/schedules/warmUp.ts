/** Warm-up: the learning rate grows linearly over the first steps, as every schedule may ask. Step t of w has the factor (t + 1)/w. */
import { z } from 'zod'

export const warmUp = z.int().min(0).default(0).describe('steps over which the learning rate grows from 0 to its value')
export type WarmUp = { readonly warmUp: number }
