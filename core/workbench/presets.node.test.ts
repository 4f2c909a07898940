import { expect, test } from 'vitest'
import { resources } from '#core/hosts/node.ts'
import { filesToGive, listPresets } from './presets.ts'

test('a preset names the files that are to be given; those that come with the program are none of them', () => {
  const files = new Map(listPresets(resources).map((preset) => [preset.name, preset.files]))
  expect(files.get('mnist-structure')).toEqual([
    'mnist/train-images-idx3-ubyte.gz',
    'mnist/train-labels-idx1-ubyte.gz',
    'mnist/t10k-images-idx3-ubyte.gz',
    'mnist/t10k-labels-idx1-ubyte.gz',
  ])
  for (const own of ['diabetes-lasso', 'digits-structure', 'rescaling-sparsity']) expect(files.get(own), own).toEqual([])
  const text =
    'kagami: 1\nname: a\nmodel: { kind: linear }\ndata: { kind: csv, path: mine.csv, target: y }\noptimiser: { kind: sgd, learningRate: 0.1 }\ntraining: { steps: 1 }\n'
  expect(filesToGive({ name: 'a', text })).toEqual(['mine.csv'])
})
