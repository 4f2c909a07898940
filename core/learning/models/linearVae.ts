/**
 * The linear β-VAE, one latent for each direction of the data: a model whose output is its own loss, for the loss `energy`.
 *
 *   ℓ_i = [(u_i w_i − 1)²λ_i + u_i²τ_i]/(2s²) + (β/2)[w_i²λ_i + τ_i − ln τ_i − 1],   τ_i = exp(t_i)
 *
 * u decoder, w encoder, τ posterior variance; t starts at 0. The data is one row, the variances λ. Direction i is active iff λ_i > βs²: posterior collapse otherwise. Its
 * symmetry is the sign of (u_i, w_i).
 * Source: theory.md 8.15; Lucas et al. 2019.
 */
import { z } from 'zod'
import { add, exp, mul, reshape, scalar, square, sub, type Tensor } from '#core/engines/ops.ts'
import type { ModelKind } from './model.ts'
import { normalInit, normalValues } from './normalInit.ts'
import { parameter } from './parameter.ts'

const settings = z.strictObject({
  kind: z.literal('linear-vae'),
  beta: z.number().gt(0).default(1).describe('β'),
  noise: z.number().gt(0).default(1).describe("s, the decoder's standard deviation"),
  init: normalInit,
})

export const linearVae: ModelKind<typeof settings> = {
  kind: 'linear-vae',
  title: { en: 'Linear β-VAE', ja: '線形β-VAE' },
  settings,
  shapeOf: ({ kind, beta, noise }) => ({ kind, beta, noise }),
  parameters: (_, { inputs }) => ['u', 'w', 'logVariance'].map((name) => ({ name, shape: [inputs] })),
  init: (s, size, key) => ({
    ...normalValues(linearVae.parameters(s, size).slice(0, 2), s.init.std, key), // u and w
    logVariance: new Float64Array(size.inputs),
  }),
  apply: ({ beta, noise }, parameters, x) => {
    const [u, w, logVariance] = ['u', 'w', 'logVariance'].map((name) => row(parameter(parameters, name))) as [Tensor, Tensor, Tensor] // three names
    const variance = exp(logVariance)
    const missed = mul(square(sub(mul(u, w), scalar(1))), x) // (uw − 1)²λ
    const reconstruction = add(missed, mul(square(u), variance))
    const divergence = sub(sub(add(mul(square(w), x), variance), logVariance), scalar(1))
    return add(mul(reconstruction, scalar(1 / (2 * noise ** 2))), mul(divergence, scalar(beta / 2))) // [R, 1, d]
  },
  weightNames: () => ['signal'],
  weights: (_, parameters) => ({ signal: row(square(parameter(parameters, 'u'))) }),
  neurons: () => [],
  hidden: () => ({}),
  subject: () => ({ kind: 'coefficients', weight: 'signal', title: { en: 'Squared decoder weights u²', ja: 'デコーダの重みの二乗 u²' } }),
  factors: () => null,
  energyRows: ['the variances λ'],
  formula: () =>
    '\\tfrac{1}{2s^2}\\left[(uw-1)^2\\lambda + u^2\\tau\\right] + \\tfrac{\\beta}{2}\\left[w^2\\lambda + \\tau - \\ln\\tau - 1\\right]',
}

/** [R, d] → [R, 1, d] */
function row(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] ?? 0, 1, x.shape[1] ?? 0])
}
