/** What columns say of the theory's vectors, of every kind of model that an oracle speaks about. */
import { describe, expect, test } from 'vitest'
import { lanesOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { measureOf } from '../measure.ts'

expect.extend({ toBeAllclose })

/** The theory's value of each column that it speaks about. */
const columnsOf = (fields: Fields) =>
  new Map(measureOf(lanesOf([fields])).predictions().map(({ metric, values }) => [metric, values[0] ?? Number.NaN])) // prettier-ignore
const decay = { regularisation: { weightDecay: 0.2 } }
const energy = { loss: { kind: 'energy' } }
const inline = (x: readonly (readonly number[])[], y?: readonly (readonly number[])[]) => ({ data: { kind: 'inline', x, ...(y && { y }) } })

describe('predicted columns', () => {
  test.each<[string, Fields]>([
    ['the ridge', { model: { kind: 'linear' }, ...inline([[1]], [[1]]), ...decay }],
    ['the lasso', { ...inline([[1]], [[1]]), ...decay }],
    ['a deep product, of which nothing is said', { model: { kind: 'product-linear', depth: 3 }, ...inline([[1]], [[1]]), ...decay }],
    ['one gate', { model: { kind: 'matrix-factorisation', width: 1 }, ...inline([[1]], [[1]]), ...decay }],
    ['a matrix', { model: { kind: 'matrix-factorisation', width: 2 }, ...inline([[1, 0], [0, 1]], [[1, 2], [3, 4]]), ...decay }], // prettier-ignore
    ['UUᵀ', { model: { kind: 'matrix-factorisation', width: 1, form: 'positive-semidefinite' }, ...inline([[1]], [[1]]), ...decay }],
    ['a tied autoencoder', { model: { kind: 'tied-autoencoder', width: 1 }, ...inline([[1, 2]]), ...decay }],
    ['a constraint', { model: { kind: 'linear' }, reparametrise: [{ kind: 'dcs', constraint: { kind: 'tie' } }], ...inline([[1, 0], [0, 1]], [[1], [2]]), ...decay }], // prettier-ignore
    ['a bias', { model: { kind: 'linear' }, reparametrise: [{ kind: 'syre', std: 0.1 }], ...inline([[1]], [[1]]), ...decay }],
    ['a landscape', { model: { kind: 'self-supervised', width: 2 }, ...inline([[1, 1], [1, 2]]), ...energy, ...decay }], // prettier-ignore
    ['a β-VAE', { model: { kind: 'linear-vae' }, ...inline([[2, 0.5]]), ...energy }],
  ])('of %s exist', (_, fields) => expect(columnsOf(fields).size).toBeGreaterThan(0))

  test('the loss is that of the coefficients as a linear map, and unknown where they are none', () => {
    const ridge = columnsOf({ model: { kind: 'linear' }, ...inline([[1]], [[1]]), ...decay })
    expect(ridge.get('loss')).toBeAllclose((0.2 / 1.2) ** 2)
    const vae = columnsOf({ model: { kind: 'linear-vae' }, ...inline([[2]]), ...energy })
    expect(vae.get('coefficient-norm')).toBeAllclose(1) // u² = λ − βs²
    expect(vae.get('loss')).toBeNaN()
  })
})
