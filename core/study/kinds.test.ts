import { describe, expect, test } from 'vitest'
import { studySchema } from '#core/study/schema.ts'
import { dataOf, lossOf, modelOf, optimiserOf, recordEvery } from './kinds.ts'

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
