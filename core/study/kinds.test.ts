import { describe, expect, test } from 'vitest'
import { studySchema } from '#core/study/schema.ts'
import { dataOf, formOf, lossOf, modelOf, optimiserOf, recordEvery } from './kinds.ts'

const study = (training: object) =>
  studySchema.parse({
    kagami: 1,
    name: 'a',
    model: { kind: 'product-linear', depth: 3 },
    data: { kind: 'sparse-linear', samples: 8, features: 3, coefficients: [1] },
    optimiser: { kind: 'sgd', learningRate: 0.1 },
    training,
  })

describe('recordEvery', () => {
  test.each([
    [{ steps: 40_000 }, 200],
    [{ steps: 50_000 }, 250],
    [{ steps: 100 }, 1],
    [{ steps: 1 }, 1],
    [{ steps: 500 }, 3], // 2.5, rounded
    [{ steps: 40_000, record: { every: 7 } }, 7],
  ])('of %j is %d', (training, every) => expect(recordEvery(study(training))).toBe(every))
})

test('each part of a run is a kind of its registry with settings of that kind', () => {
  const one = study({ steps: 1 })
  for (const { kind, settings } of [modelOf(one), dataOf(one), lossOf(one), optimiserOf(one)]) expect(settings.kind).toBe(kind.kind)
})

describe('formOf', () => {
  const size = { inputs: 3, outputs: 2 }
  test('without reparametrisation trains what the model has', () => {
    expect(formOf(study({ steps: 1 }), size).trained).toEqual(['u1', 'u2', 'u3'].map((name) => ({ name, shape: [3, 2] })))
  })
  test('with one, its variables in place of what it names', () => {
    const changed = studySchema.parse({ ...study({ steps: 1 }), reparametrise: [{ kind: 'syre', std: 1, parameters: 'u2' }] })
    expect(formOf(changed, size).trained.map(({ name }) => name)).toEqual(['u1', 'u3', 'u2/free'])
  })
  test('refuses a pattern that names nothing', () => {
    const changed = studySchema.parse({ ...study({ steps: 1 }), reparametrise: [{ kind: 'syre', std: 1, parameters: 'w' }] })
    expect(() => formOf(changed, size)).toThrow('expected a pattern of the parameters u1, u2, u3, got "w"')
  })
})
