/** Independent normal initial values of one standard deviation, as most models begin with. */
import { z } from 'zod'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import type { Parameters, ParameterShape } from './model.ts'

export const normalInit = z
  .strictObject({ std: z.number().min(0).default(0.5).describe('standard deviation of the normal initial values') })
  .prefault({})

/** As networks begin: of a standard deviation that goes with the inputs of a neuron, He et al. 2015. */
export const scaledInit = z
  .strictObject({
    scale: z
      .number()
      .min(0)
      .optional()
      .describe('standard deviation of the normal initial weights times √inputs; √2 for relu and gelu, 1 for the others when left out'),
  })
  .prefault({})

/** Each parameter from a purpose of its own, `init/NAME`. */
export function normalValues(shapes: readonly ParameterShape[], std: number, key: Key): Parameters {
  return Object.fromEntries(
    shapes.map(({ name, shape }) => {
      const size = shape.reduce((product, n) => product * n, 1)
      return [name, drawNormal(split(key, `init/${name}`), size).map((value) => std * value)]
    }),
  )
}
