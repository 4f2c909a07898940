/**
 * Gradient descent, full batch or minibatch, with heavy-ball momentum.
 *
 *   m ← μm + g,   θ ← θ − ηm;   μ = 0: θ ← θ − ηg
 *
 * The decay is in the gradient: g = ∇ℓ + 2γθ. m starts at zero; no dampening, no Nesterov.
 * Source: Polyak 1964, in the form of PyTorch's `SGD` (momentum without dampening).
 */
import { z } from 'zod'
import { assert } from '#core/contract/errors.ts'
import { add, mul, sub, type Tensor } from '#core/engines/ops.ts'
import type { OptimiserKind } from './optimiser.ts'

const settings = z.strictObject({
  kind: z.literal('sgd'),
  learningRate: z.number().gt(0).describe('η'),
  momentum: z.number().min(0).lt(1).default(0).describe('μ'),
  batch: z
    .union([z.literal('full'), z.int().min(1)])
    .default('full')
    .describe('rows of one step: `full`, or a number; drawn without replacement, a fresh order in every epoch'),
})

export const sgd: OptimiserKind<typeof settings> = {
  kind: 'sgd',
  title: { en: 'SGD', ja: '確率的勾配降下法(SGD)' },
  settings,
  shapeOf: ({ kind, batch, momentum }) => ({ kind, batch, momentum: momentum > 0 }),
  numbers: ({ learningRate, momentum }) => ({ learningRate, momentum }),
  state: ({ momentum }, parameters) => (momentum > 0 ? parameters : []),
  update({ momentum }, { gradients, parameters, state, number }) {
    const next: Record<string, Tensor> = {}
    const nextState: Record<string, Tensor> = {}
    for (const [name, parameter] of Object.entries(parameters)) {
      const gradient = gradients[name]
      assert(gradient !== undefined, `sgd: the gradient of ${name} is missing`)
      const before = state[name]
      const direction = momentum > 0 && before !== undefined ? add(mul(number('momentum', before.rank), before), gradient) : gradient
      if (momentum > 0) nextState[name] = direction
      next[name] = sub(parameter, mul(number('learningRate', direction.rank), direction))
    }
    return { parameters: next, state: nextState }
  },
}
