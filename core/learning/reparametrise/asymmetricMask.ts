/**
 * Asymmetric networks (W-fix): a distinct random part of each neuron's weights is frozen, W = φ ⊙ M + (1 − M) ⊙ κZ, so that no two neurons may change places.
 *
 * M and Z are drawn once for each run; a share `fixed` of the entries is frozen at κ times a standard normal number. φ starts with the values of the model.
 * Source: Lim et al. 2024; theory.md 7.2 (W-fix).
 */
import { z } from 'zod'
import { add, mul } from '#core/engines/ops.ts'
import { drawNormal, drawUniform } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { entryOf, sizeOf, type ReparametrisationKind } from './reparametrisation.ts'
import { patternField } from './patternField.ts'

const settings = z.strictObject({
  kind: z.literal('asymmetric-mask'),
  parameters: patternField,
  fixed: z.number().gt(0).lt(1).default(0.25).describe('share of the entries that is frozen'),
  scale: z.number().min(0).default(1).describe('κ'),
})

export const asymmetricMask: ReparametrisationKind<typeof settings> = {
  kind: 'asymmetric-mask',
  title: { en: 'Asymmetric mask', ja: '非対称マスク' },
  settings,
  shapeOf: ({ kind, parameters }) => ({ kind, parameters }),
  parameters: (_, targets) => targets.map(({ name, shape }) => ({ name: `${name}/masked`, shape })),
  constants: ({ fixed, scale }, targets, key) =>
    Object.fromEntries(
      targets.flatMap((target) => {
        const mask = drawUniform(split(key, `mask/${target.name}`), sizeOf(target)).map((u) => (u < fixed ? 0 : 1))
        const frozen = drawNormal(split(key, `frozen/${target.name}`), sizeOf(target)).map((z, i) => (mask[i] === 0 ? scale * z : 0))
        return [[`${target.name}/mask`, mask] as const, [`${target.name}/frozen`, frozen] as const]
      }),
    ),
  init: (_, { targets, model }) => Object.fromEntries(targets.map(({ name }) => [`${name}/masked`, entryOf(model, name)])),
  expand: (_, targets, { trained, constants }) =>
    Object.fromEntries(
      targets.map(({ name }) => [
        name,
        add(mul(entryOf(trained, `${name}/masked`), entryOf(constants, `${name}/mask`)), entryOf(constants, `${name}/frozen`)),
      ]),
    ),
}
