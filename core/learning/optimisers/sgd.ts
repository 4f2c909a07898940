/**
 * Gradient descent, full batch or minibatch, with heavy-ball or Nesterov momentum.
 *
 *   m ← μm + g,   θ ← θ − ηm;   Nesterov: θ ← θ − η(g + μm);   μ = 0: θ ← θ − ηg
 *
 * m starts at zero; no dampening. Decay is in the gradient, g = ∇ℓ + 2γθ, unless it is decoupled: then θ loses 2ηγθ beside the step, which with
 * momentum is the decay (1 − μ)γ of the other (theory.md 0.2).
 * Source: Polyak 1964; Sutskever et al. 2013; in the form of PyTorch's `SGD`.
 */
import { z } from 'zod'
import { assert } from '#core/contract/errors.ts'
import { add, mul, sub, type Tensor } from '#core/engines/ops.ts'
import { commonSettings } from './common.ts'
import type { OptimiserKind } from './optimiser.ts'

const settings = z.strictObject({
  kind: z.literal('sgd'),
  ...commonSettings,
  momentum: z.number().min(0).lt(1).default(0).describe('μ'),
  nesterov: z.boolean().default(false).describe("Nesterov's momentum"),
  decoupled: z.boolean().default(false).describe('weight decay beside the step instead of in the gradient'),
})

export const sgd: OptimiserKind<typeof settings> = {
  kind: 'sgd',
  title: { en: 'SGD', ja: '確率的勾配降下法(SGD)' },
  settings,
  shapeOf: ({ momentum, learningRate: _, clip, ...shape }) => ({ ...shape, clip: clip ?? null, momentum: momentum > 0 }),
  numbers: ({ learningRate, momentum }) => ({ learningRate, momentum }),
  scalars: () => ({}),
  isDecoupled: ({ decoupled }) => decoupled,
  keeps: 'all mirrors',
  state: ({ momentum }, parameters) => (momentum > 0 ? parameters : []),
  update({ momentum, nesterov }, { gradients, parameters, state, number }) {
    const next: Record<string, Tensor> = {}
    const nextState: Record<string, Tensor> = {}
    for (const [name, parameter] of Object.entries(parameters)) {
      const gradient = gradients[name]
      assert(gradient !== undefined, `sgd: the gradient of ${name} is missing`)
      const before = state[name]
      let direction = gradient
      if (momentum > 0 && before !== undefined) {
        const velocity = add(mul(number('momentum', before.rank), before), gradient)
        nextState[name] = velocity
        direction = nesterov ? add(gradient, mul(number('momentum', before.rank), velocity)) : velocity
      }
      next[name] = sub(parameter, mul(number('learningRate', direction.rank), direction))
    }
    return { parameters: next, state: nextState }
  },
}
