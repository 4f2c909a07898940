/** Problems of which rows are drawn anew for each run: a training part, and a test part of the same law beside it. */
import { z } from 'zod'
import { split, type Key } from '#core/numerics/random/key.ts'
import { columnNames, plainTraits, type Dataset, type DataTraits, type Part } from './data.ts'

export const sampledFields = {
  samples: z.int().min(1).max(1_000_000).describe('rows of the training part'),
  features: z.int().min(1).max(10_000).describe('columns of x'),
  noise: z.number().min(0).default(0).describe('standard deviation σ of the noise on y'),
  testSamples: z.int().min(0).max(1_000_000).default(0).describe('rows of a test part drawn beside it'),
} as const

type Sampled = { readonly samples: number; readonly features: number; readonly testSamples: number }

export function sampledTraits({ testSamples }: Sampled): DataTraits {
  return { ...plainTraits, hasTest: testSamples > 0 }
}

/** Both parts, the test part from the purposes `test/…`. */
export function drawParts({ samples, features, testSamples }: Sampled, key: Key, draw: (rows: number, key: Key) => Part): Dataset {
  return {
    features: columnNames('x', features),
    targets: columnNames('y', 1),
    train: draw(samples, key),
    validation: null,
    test: testSamples === 0 ? null : draw(testSamples, split(key, 'test')),
  }
}
