import { describe, expect, test } from 'vitest'
import { factorsOf } from './factors.ts'
import { readStudy } from './study.ts'

const fileOf = (factors: string) =>
  readStudy({
    text: `kagami: 1
name: small
model: { kind: product-linear }
data: { kind: sparse-linear, samples: 8, features: 3, coefficients: [1] }
optimiser: { kind: sgd, learningRate: 0.1 }
training: { steps: 100 }
factors: ${factors}
`,
    name: 'study.yaml',
    overrides: [],
  })

describe('factorsOf', () => {
  test('names a known field in both languages and another by its path', () => {
    const [known, other] = factorsOf(fileOf('{ regularisation.weightDecay: [0, 1], data.features: [3, 4] }'))
    expect(known).toMatchObject({ path: 'regularisation.weightDecay', title: { en: 'Weight decay γ', ja: '重み減衰係数 γ' } })
    expect(other?.title).toEqual({ en: 'data.features', ja: 'data.features' })
  })
  test('levels that are all numbers have an order', () => {
    expect(
      factorsOf(fileOf('{ model.depth: [3, 2], optimiser.batch: [full, 4], model: [{ kind: linear }] }')).map(({ ordered }) => ordered),
    ).toEqual([true, false, false])
  })
  test('keeps the order and the labels of the levels', () => {
    const [{ levels } = { levels: [] }] = factorsOf(fileOf('{ model: [{ kind: product-linear }, { kind: linear }] }'))
    expect(levels).toEqual([
      { value: { kind: 'product-linear' }, label: 'product-linear' },
      { value: { kind: 'linear' }, label: 'linear' },
    ])
  })
  test('a study without factors has none', () => expect(factorsOf(fileOf('{}'))).toEqual([]))
})
