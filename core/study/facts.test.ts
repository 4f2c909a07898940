import { describe, expect, test } from 'vitest'
import { factsOf } from './facts.ts'
import { studySchema } from './schema.ts'

const sparse = { kind: 'sparse-linear', samples: 8, features: 3, coefficients: [1] }
const csv = { kind: 'csv', path: 'a.csv', target: 'y' }
const facts = (model: object, data: object, more: object = {}) =>
  factsOf(
    studySchema.parse({
      kagami: 1,
      name: 'a',
      model,
      data,
      optimiser: { kind: 'sgd', learningRate: 0.1 },
      training: { steps: 1 },
      ...more,
    }),
  )

describe('factsOf', () => {
  test.each([
    [sparse, false, false],
    [{ ...sparse, testSamples: 1 }, true, false],
    [csv, false, false],
    [{ ...csv, split: { train: 0.8, test: 0.2 } }, true, false],
    [{ ...csv, split: { train: 0.8, validation: 0.2 } }, false, true],
  ])('%j: a test part %s, a validation part %s', (data, hasTest, hasValidation) => {
    expect(facts({ kind: 'linear' }, data)).toMatchObject({ hasTest, hasValidation })
  })
  test.each([
    [{ kind: 'linear' }, { hasOracle: true, hasMirrors: false, factors: null }],
    [
      { kind: 'product-linear', depth: 2 },
      { hasOracle: true, hasMirrors: true, factors: ['u', 'w'] },
    ],
    [
      { kind: 'product-linear', depth: 3 },
      { hasOracle: false, hasMirrors: true, factors: null },
    ],
  ])('%j: %j', (model, expected) => {
    expect(facts(model, sparse)).toMatchObject(expected)
    expect(facts(model, sparse)).toMatchObject({
      subject: { kind: 'coefficients', weight: 'v' },
      weights: ['v'],
      matrices: [],
      neurons: [],
    })
  })
  test('a network has weights and neurons, and of weights without one for the theory the first layer', () => {
    const network = facts({ kind: 'perceptron', widths: [4, 3] }, sparse)
    expect(network.weights).toEqual(['layer1.weight', 'layer2.weight', 'layer3.weight'])
    expect(network.matrices).toEqual(network.weights)
    expect(network.neurons.map(({ name }) => name)).toEqual(['layer1', 'layer2'])
    expect(network.families.map(({ name }) => name)).toEqual([
      'permutation-layer1',
      'permutation-layer2',
      'sign-flip-layer1',
      'sign-flip-layer2',
    ])
    expect(network).toMatchObject({ hasOracle: false, hasMirrors: true, subject: { kind: 'singular-values', weight: 'layer1.weight' } })
  })
  test('the coefficients of several targets are a matrix with a rank', () => {
    const data = { kind: 'inline', x: [[1, 2]], y: [[1, 2, 3]] }
    expect(facts({ kind: 'linear' }, data).matrices).toEqual(['v'])
    expect(facts({ kind: 'linear' }, { ...data, y: [[1]] }).matrices).toEqual([])
  })
  test('a reparametrised product has no mirrors in what is trained', () => {
    const changed = facts({ kind: 'product-linear' }, sparse, { reparametrise: [{ kind: 'syre', std: 0.1 }] })
    expect(changed).toMatchObject({ hasMirrors: false, hasOracle: false })
  })
})
