import { describe, expect, test } from 'vitest'
import { factsOf } from './facts.ts'
import { studySchema } from './schema.ts'

const sparse = { kind: 'sparse-linear', samples: 8, features: 3, coefficients: [1] }
const csv = { kind: 'csv', path: 'a.csv', target: 'y' }
const facts = (model: object, data: object) =>
  factsOf(studySchema.parse({ kagami: 1, name: 'a', model, data, optimiser: { kind: 'sgd', learningRate: 0.1 }, training: { steps: 1 } }))

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
    [{ kind: 'linear' }, { hasOracle: true, hasMirrors: false, hasZeros: false }],
    [
      { kind: 'product-linear', depth: 2 },
      { hasOracle: true, hasMirrors: true, hasZeros: true },
    ],
    [
      { kind: 'product-linear', depth: 3 },
      { hasOracle: false, hasMirrors: true, hasZeros: true },
    ],
  ])('%j: %j', (model, expected) => expect(facts(model, sparse)).toMatchObject(expected))
})
