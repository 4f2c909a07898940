/**
 * Residual connection: θ = I + φ, the identity beside the trained matrix. It moves the symmetric state away from the origin, so that decay no longer leads there:
 * the control of low rank. Without decay it is the same model translated (theory.md 11.4). φ starts with the values of the model.
 *
 * I is 1 on the diagonal of a matrix, also of one that is not square.
 * Source: theory.md 8.19, E4.
 */
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import { add, reshape, tensor } from '#core/engines/ops.ts'
import { entryOf, type ReparametrisationKind } from './reparametrisation.ts'
import { patternField } from './patternField.ts'

const settings = z.strictObject({ kind: z.literal('residual'), parameters: patternField })

export const residual: ReparametrisationKind<typeof settings> = {
  kind: 'residual',
  title: { en: 'Residual connection', ja: '残差接続' },
  settings,
  shapeOf: ({ kind, parameters }) => ({ kind, parameters }),
  parameters: (_, targets) => {
    const flat = targets.find(({ shape }) => shape.length !== 2)
    if (flat !== undefined)
      throw new Refusal('invalid-input', `reparametrise.parameters: expected matrices for a residual connection, got ${quote(flat.name)}`)
    return targets.map(({ name, shape }) => ({ name: `${name}/residual`, shape }))
  },
  constants: () => ({}),
  init: (_, { targets, model }) => Object.fromEntries(targets.map(({ name }) => [`${name}/residual`, entryOf(model, name)])),
  expand: (_, targets, { trained }) =>
    Object.fromEntries(
      targets.map(({ name, shape: [rows = 0, columns = 0] }) => {
        const eye = new Float64Array(rows * columns)
        for (let i = 0; i < Math.min(rows, columns); i += 1) eye[i * columns + i] = 1
        return [name, add(entryOf(trained, `${name}/residual`), reshape(tensor(eye, [rows, columns]), [1, rows, columns]))]
      }),
    ),
}
