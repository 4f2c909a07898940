/**
 * RMSprop: the gradient over the root of its running mean square.
 *
 *   v ← αv + (1 − α)g²,   θ ← θ − η · g / (√v + ε);   momentum: m ← μm + g/(√v + ε), θ ← θ − ηm
 *
 * v and m start at zero, not centred.
 * Source: Hinton's lecture 6e, 2012, in the form of PyTorch's `RMSprop`.
 */
import { z } from 'zod'
import { assert } from '#core/contract/errors.ts'
import { add, div, mul, scalar, sqrt, square, sub, type Tensor } from '#core/engines/ops.ts'
import { commonSettings } from './common.ts'
import type { OptimiserKind } from './optimiser.ts'

const settings = z.strictObject({
  kind: z.literal('rmsprop'),
  ...commonSettings,
  decay: z.number().min(0).lt(1).default(0.99).describe('α, how slowly the mean square forgets'),
  epsilon: z.number().gt(0).default(1e-8).describe('ε'),
  momentum: z.number().min(0).lt(1).default(0).describe('μ'),
  decoupled: z.boolean().default(false).describe('weight decay beside the step instead of in the gradient'),
})

export const rmsprop: OptimiserKind<typeof settings> = {
  kind: 'rmsprop',
  title: { en: 'RMSprop', ja: 'RMSprop' },
  settings,
  shapeOf: ({ learningRate: _, clip, momentum, ...shape }) => ({ ...shape, clip: clip ?? null, momentum: momentum > 0 }),
  numbers: ({ learningRate, momentum }) => ({ learningRate, momentum }),
  scalars: () => ({}),
  isDecoupled: ({ decoupled }) => decoupled,
  keeps: 'signed permutations',
  state: ({ momentum }, parameters) =>
    (momentum > 0 ? ['square', 'velocity'] : ['square']).flatMap((part) =>
      parameters.map(({ name, shape }) => ({ name: `${part}/${name}`, shape })),
    ),
  update({ decay, epsilon, momentum }, { gradients, parameters, state, number }) {
    const next: Record<string, Tensor> = {}
    const nextState: Record<string, Tensor> = {}
    for (const [name, parameter] of Object.entries(parameters)) {
      const [gradient, before, velocity] = [gradients[name], state[`square/${name}`], state[`velocity/${name}`]]
      assert(gradient !== undefined && before !== undefined, `rmsprop: the gradient or the mean square of ${name} is missing`)
      const meanSquare = add(mul(before, scalar(decay)), mul(square(gradient), scalar(1 - decay)))
      nextState[`square/${name}`] = meanSquare
      let direction: Tensor = div(gradient, add(sqrt(meanSquare), scalar(epsilon)))
      if (momentum > 0 && velocity !== undefined) {
        direction = add(mul(number('momentum', velocity.rank), velocity), direction)
        nextState[`velocity/${name}`] = direction
      }
      next[name] = sub(parameter, mul(number('learningRate', parameter.rank), direction))
    }
    return { parameters: next, state: nextState }
  },
}
