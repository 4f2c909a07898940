/**
 * Low-rank factorisation of every matrix: θ = UV through an inner width r. Weight decay γ on the factors is 2γ‖θ‖_*.
 *
 * U and V start as independent normal entries whose product has entries of the size of the model's own: standard deviation (s²/r)^{1/4}, s that of the model.
 * Source: Srebro 2004; theory.md 8.5, section 4.
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import { matMul } from '#core/engines/ops.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import type { ParameterShape } from '../models/model.ts'
import { entryOf, sizeOf, type ReparametrisationKind } from './reparametrisation.ts'
import { patternField } from './patternField.ts'

const settings = z.strictObject({
  kind: z.literal('low-rank'),
  parameters: patternField,
  width: z.int().min(1).max(10_000).optional().describe('inner width r; the smaller side of each matrix when left out'),
})
type LowRank = z.infer<typeof settings>

export const lowRank: ReparametrisationKind<typeof settings> = {
  kind: 'low-rank',
  title: { en: 'Low-rank factorisation', ja: '低ランク分解' },
  settings,
  shapeOf: ({ kind, parameters, width }) => ({ kind, parameters, width: width ?? null }),
  parameters: factors,
  constants: () => ({}),
  init: (s, { targets, model, key }) =>
    Object.fromEntries(
      targets.flatMap((target) => {
        const start = entryOf(model, target.name)
        const variance = start.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, start.length)
        return factors(s, [target]).map((factor) => {
          const width = innerWidth(s, target)
          return [factor.name, drawNormal(split(key, factor.name), sizeOf(factor)).map((value) => value * (variance / width) ** 0.25)]
        })
      }),
    ),
  expand: (_, targets, { trained }) =>
    Object.fromEntries(targets.map(({ name }) => [name, matMul(entryOf(trained, `${name}/u`), entryOf(trained, `${name}/v`))])),
}

function innerWidth({ width }: LowRank, { shape: [rows = 0, columns = 0] }: ParameterShape): number {
  return width ?? Math.min(rows, columns)
}

function factors(s: LowRank, targets: readonly ParameterShape[]): readonly ParameterShape[] {
  return targets.flatMap((target) => {
    const [rows = 0, columns] = target.shape
    if (columns === undefined || target.shape.length !== 2)
      throw new Refusal(
        'invalid-input',
        `reparametrise.parameters: expected matrices for a low-rank factorisation, got ${quote(target.name)}`,
      )
    const width = innerWidth(s, target)
    return [
      { name: `${target.name}/u`, shape: [rows, width] },
      { name: `${target.name}/v`, shape: [width, columns] },
    ]
  })
}
