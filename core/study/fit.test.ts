import { describe, expect, test } from 'vitest'
import { requireFit } from './fit.ts'
import { studySchema } from './schema.ts'

const fit = (fields: object, rows = 4, outputs = 1) =>
  requireFit(
    studySchema.parse({
      kagami: 1,
      name: 'a',
      model: { kind: 'linear' },
      data: { kind: 'inline', x: [[1]] },
      optimiser: { kind: 'sgd', learningRate: 0.1 },
      training: { steps: 1 },
      ...fields,
    }),
    { rows, outputs },
  )
const energy = { loss: { kind: 'energy' } }
const vae = { model: { kind: 'linear-vae' } }
const landscape = { model: { kind: 'self-supervised', width: 2 } }

describe('requireFit', () => {
  test.each<[string, object, number]>([
    ['a model of outputs', {}, 4],
    ['a β-VAE of one row', { ...vae, ...energy }, 1],
    ['a landscape of two rows', { ...landscape, ...energy }, 2],
    ['a batch of all rows', { optimiser: { kind: 'sgd', learningRate: 0.1, batch: 4 } }, 4],
    [
      'more draws of label noise than rows',
      { optimiser: { kind: 'sgd', learningRate: 0.1, batch: 4 }, noise: { label: { kind: 'gaussian', std: 1 } } },
      1,
    ],
  ])('takes %s', (_, fields, rows) => expect(() => fit(fields, rows)).not.toThrow())

  test.each<[string, object, number, string]>([
    ['another loss', vae, 1, 'loss.kind: expected energy, since its output is its own loss, for the model linear-vae, got "mse"'],
    [
      'cross-entropy',
      { ...landscape, loss: { kind: 'cross-entropy' } },
      2,
      'loss.kind: expected energy, since its output is its own loss, for the model self-supervised, got "cross-entropy"',
    ],
    ['energy without such a model', energy, 4, 'loss.kind: expected a loss of outputs and targets for the model linear, got "energy"'],
    ['samples', { ...vae, ...energy }, 60, 'data: expected 1 row for the model linear-vae, the variances λ, got 60 rows'],
    ['one row of two', { ...landscape, ...energy }, 1, 'data: expected 2 rows for the model self-supervised, a, then s, got 1 rows'],
    [
      'minibatches',
      { ...landscape, ...energy, optimiser: { kind: 'sgd', learningRate: 0.1, batch: 1 } },
      2,
      'optimiser.batch: expected full for the model self-supervised, whose rows are no samples, got 1',
    ],
    [
      'classes of one target',
      { loss: { kind: 'cross-entropy' } },
      4,
      'loss.kind: expected a loss of numbers for data of one target, got "cross-entropy", which is of classes',
    ],
    [
      'a batch larger than the data',
      { optimiser: { kind: 'sgd', learningRate: 0.1, batch: 5 } },
      4,
      'optimiser.batch: expected full or at most the 4 rows of the training part, got 5',
    ],
  ])('refuses %s in one sentence', (_, fields, rows, sentence) => expect(() => fit(fields, rows)).toThrow(sentence))
})
