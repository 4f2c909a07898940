import { expect, test } from 'vitest'
import { readStudy } from './study.ts'
import { studyJsonSchema } from './jsonSchema.ts'

test('resources/study.schema.json is the schema of the program', async () => {
  const text = `${JSON.stringify(studyJsonSchema(), null, 2)}\n`
  const hint =
    'the schema has changed: regenerate the file by `vitest run --project pure core/study/jsonSchema.test.ts -u`, and look at the difference'
  await expect(text, hint).toMatchFileSnapshot('../../resources/study.schema.json')
})

test('asks for nothing that has a default, and refuses unknown fields', () => {
  const schema = studyJsonSchema()
  expect(schema['required']).toEqual(['kagami', 'name', 'model', 'data', 'optimiser', 'training'])
  expect(schema['additionalProperties']).toBe(false)
  const text =
    'kagami: 1\nname: a\nmodel: {kind: linear}\ndata: {kind: sparse-linear, samples: 1, features: 1, coefficients: [1]}\noptimiser: {kind: sgd, learningRate: 0.1}\ntraining: {steps: 1}\n'
  expect(() => readStudy({ text, name: 'study', overrides: [] })).not.toThrow() // what it asks for is enough
})
