/**
 * One sample x = 1 with one target: the scalar problems ℓ = (f − y)² of the theory. With label noise the target is drawn anew at every step.
 *
 * Not shared, so that the target may differ from run to run in one stack.
 * Source: theory.md 8.1, 8.9, E6, E7.
 */
import { z } from 'zod'
import { plainTraits, sameWords, type DataKind } from './data.ts'

const settings = z.strictObject({ kind: z.literal('scalar'), target: z.number().describe('y') })

export const scalarTarget: DataKind<typeof settings> = {
  kind: 'scalar',
  title: { en: 'One number', ja: 'スカラーの目標値' },
  settings,
  shapeOf: ({ kind }) => ({ kind }),
  files: () => [],
  describe: ({ target }) => sameWords(`y = ${target}`),
  isShared: () => false,
  traits: () => plainTraits,
  make: ({ target }) => ({
    features: ['x1'],
    targets: ['y'],
    train: { x: { rows: 1, columns: 1, values: Float64Array.of(1) }, y: { rows: 1, columns: 1, values: Float64Array.of(target) } },
    validation: null,
    test: null,
  }),
}
