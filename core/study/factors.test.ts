import { describe, expect, test } from 'vitest'
import { factorsOf } from './factors.ts'
import { freezeStudy, readStudy, type Study } from './study.ts'

const studyOf = (factors: string, more = ''): Study => {
  const file = readStudy({
    text: `kagami: 1
name: small
model: { kind: product-linear }
data: { kind: sparse-linear, samples: 8, features: 3, coefficients: [1] }
optimiser: { kind: sgd, learningRate: 0.1 }
training: { steps: 100 }
factors: ${factors}
${more}`,
    name: 'study.yaml',
    overrides: [],
  })
  return freezeStudy(file, () => '0'.repeat(64))
}

describe('factorsOf', () => {
  test('names a known field in both languages and another by its path', () => {
    const [known, other] = factorsOf(studyOf('{ regularisation.weightDecay: [0, 1], data.features: [3, 4] }'))
    expect(known).toMatchObject({ path: 'regularisation.weightDecay', title: { en: 'Weight decay γ', ja: '重み減衰係数 γ' } })
    expect(other?.title).toEqual({ en: 'data.features', ja: 'data.features' })
  })
  test('levels that are all numbers have an order', () => {
    expect(
      factorsOf(studyOf('{ model.depth: [3, 2], optimiser.batch: [full, 4], model: [{ kind: linear }] }')).map(({ ordered }) => ordered),
    ).toEqual([true, false, false])
  })
  test('keeps the order and the labels of the levels', () => {
    const [{ levels } = { levels: [] }] = factorsOf(studyOf('{ model: [{ kind: product-linear }, { kind: linear }] }'))
    expect(levels).toEqual([
      { value: { kind: 'product-linear', depth: 2, init: { std: 0.5 } }, label: 'product-linear' },
      { value: { kind: 'linear', init: { std: 0.5 } }, label: 'linear' },
    ])
  })
  test('a study without factors has none', () => expect(factorsOf(studyOf('{}'))).toEqual([]))
})
