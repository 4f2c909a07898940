/**
 * Symmetry removal by a fixed random bias (syre): θ = φ + θ₀, decay on φ alone. θ₀ ~ N(0, σ₀²) is drawn once for each run and stays.
 *
 * The reflections of the loss no longer cooperate with the decay, which is centred off them. Without decay it is a translation and removes nothing
 * (theory.md 11.4). For continuous groups the decay may have a diagonal metric, ‖φ‖²_D with entries 1 + Uniform(−b, b), b = .1σ₀.
 * φ starts with the values of the model.
 * Source: Ziyin, Xu & Chuang, ICLR 2025, arXiv 2408.15495; theory.md 7.2, 8.18.
 */
import { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import { add } from '#core/engines/ops.ts'
import { drawNormal, drawUniform } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { entryOf, sizeOf, type ReparametrisationKind } from './reparametrisation.ts'
import { patternField } from './patternField.ts'

const settings = z.strictObject({
  kind: z.literal('syre'),
  parameters: patternField,
  std: z.number().min(0).describe('σ₀, standard deviation of the bias'),
  bias: z.array(z.number()).min(1).optional().describe('θ₀ itself, all entries of the parameters in their order, in place of a draw'),
  diagonal: z.boolean().default(false).describe('decay in a random diagonal metric, for continuous groups'),
})

export const syre: ReparametrisationKind<typeof settings> = {
  kind: 'syre',
  title: { en: 'Fixed random bias (syre)', ja: '固定ランダムバイアス(syre)' },
  settings,
  shapeOf: ({ kind, parameters, diagonal }) => ({ kind, parameters, diagonal }),
  parameters: ({ bias }, targets) => {
    const size = targets.reduce((sum, target) => sum + sizeOf(target), 0)
    if (bias !== undefined && bias.length !== size)
      throw new Refusal(
        'invalid-input',
        `reparametrise.bias: expected ${size} numbers, one for each entry of the parameters, got ${bias.length}`,
      )
    return targets.map(({ name, shape }) => ({ name: `${name}/free`, shape }))
  },
  constants: ({ std, bias, diagonal }, targets, key) => {
    const spread = 0.1 * std
    let place = 0
    return Object.fromEntries(
      targets.flatMap((target) => {
        const size = sizeOf(target)
        const own = bias?.slice(place, place + size)
        place += size
        const value = own === undefined ? drawNormal(split(key, `bias/${target.name}`), size).map((z) => std * z) : Float64Array.from(own)
        const metric = drawUniform(split(key, `metric/${target.name}`), size).map((u) => 1 + spread * (2 * u - 1))
        return [[`${target.name}/bias`, value] as const, ...(diagonal ? [[`${target.name}/metric`, metric] as const] : [])]
      }),
    )
  },
  init: (_, { targets, model }) => Object.fromEntries(targets.map(({ name }) => [`${name}/free`, entryOf(model, name)])),
  expand: (_, targets, { trained, constants }) =>
    Object.fromEntries(targets.map(({ name }) => [name, add(entryOf(trained, `${name}/free`), entryOf(constants, `${name}/bias`))])),
  decayScale: ({ diagonal }, constants) =>
    !diagonal
      ? {}
      : Object.fromEntries(
          Object.entries(constants).flatMap(([name, value]) =>
            name.endsWith('/metric') ? [[name.replace(/metric$/, 'free'), value]] : [],
          ),
        ),
}
