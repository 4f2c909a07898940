/**
 * Images or other arrays with a class each, in MNIST's own IDX files, gzip or not: a folder with training and test files.
 *
 * Values are divided by `divideBy`, then, standardised, less the mean and over the standard deviation of all training values together, one of each for the
 * whole set. Items are flattened row after row. Every run has the same parts, in the files' order.
 * Source: the format is LeCun, Cortes & Burges'; mean and deviation as is usual for MNIST (.1307 and .3081 after the division by 255).
 */
import { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import { pairLabels, readIdx } from '#core/formats/idx.ts'
import { fileHashes, type DataKind, type DataReader, type Part } from './data.ts'

const pair = z.strictObject({
  items: z.string().min(1).describe('file of the items'),
  labels: z.string().min(1).describe('file of their classes'),
})

const settings = z.strictObject({
  kind: z.literal('idx'),
  path: z.string().min(1).describe('the folder that holds the files, relative to the study'),
  train: pair.prefault({ items: 'train-images-idx3-ubyte.gz', labels: 'train-labels-idx1-ubyte.gz' }),
  test: pair.nullable().prefault({ items: 't10k-images-idx3-ubyte.gz', labels: 't10k-labels-idx1-ubyte.gz' }).describe('null for none'),
  samples: z.int().min(1).optional().describe('only the first so many items of the training files'),
  divideBy: z.number().gt(0).default(255),
  standardise: z.boolean().default(true),
  sha256: fileHashes,
})
type IdxSettings = z.infer<typeof settings>

export const idx: DataKind<typeof settings> = {
  kind: 'idx',
  title: { en: 'Images in IDX files (MNIST)', ja: 'IDX形式の画像(MNIST)' },
  settings,
  shapeOf: (s) => ({ ...s, samples: s.samples ?? null, sha256: s.sha256 ?? null }),
  files: ({ path, train, test }) =>
    [train, ...(test === null ? [] : [test])].flatMap(({ items, labels }) => [`${path}/${items}`, `${path}/${labels}`]),
  describe: ({ path, samples }) => ({
    en: `${path}${samples === undefined ? '' : `, first ${samples}`}`,
    ja: `${path}${samples === undefined ? '' : `(先頭${samples}件)`}`,
  }),
  isShared: () => true,
  traits: ({ test }) => ({ hasValidation: false, hasTest: test !== null, isClassification: true, hasImages: true, hasManyOutputs: true }),
  make(s, _, read) {
    const train = readPair(s, s.train, read)
    const test = s.test === null ? null : readPair(s, s.test, read)
    if (test !== null && test.size !== train.size)
      throw new Refusal('invalid-input', `data.test: expected items of ${train.size} values as in training, got ${test.size}`)
    const classes = 1 + Math.max(largest(train.labels), test === null ? 0 : largest(test.labels))
    if (classes < 2) throw new Refusal('invalid-input', `data.train.labels: expected two classes or more, got only class 0`)
    const count = Math.min(train.count, s.samples ?? train.count)
    const moments = s.standardise ? momentsOf(train.values.subarray(0, count * train.size)) : { mean: 0, deviation: 1 }
    const partOf = (items: Items, rows: number): Part => ({
      x: { rows, columns: items.size, values: standardised(items.values.subarray(0, rows * items.size), moments) },
      y: oneHot(items.labels.subarray(0, rows), classes),
    })
    return {
      features: Array.from({ length: train.size }, (_value, j) => `x${j + 1}`),
      targets: Array.from({ length: classes }, (_value, k) => String(k)),
      item: train.shape,
      train: partOf(train, count),
      validation: null,
      test: test === null ? null : partOf(test, test.count),
    }
  },
}

type Items = {
  readonly count: number
  readonly shape: readonly number[]
  readonly size: number
  readonly values: Float64Array
  readonly labels: Int32Array
}

function readPair({ path, divideBy }: IdxSettings, { items, labels }: IdxSettings['train'], { bytes }: DataReader): Items {
  const read = (file: string) => readIdx(bytes(`${path}/${file}`), { name: file })
  const { count, shape, values, labels: classes } = pairLabels(read(items), read(labels))
  const size = shape.reduce((product, n) => product * n, 1)
  return { count, shape, size, values: divided(values, divideBy), labels: classes }
}

/** Plain loops: 47 million values of MNIST take ten times as long through `from` and `map`. */
function divided(values: ArrayLike<number | bigint>, by: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let i = 0; i < out.length; i += 1) out[i] = Number(values[i]) / by // integers beyond 32 bits come as bigint
  return out
}

function standardised(values: Float64Array, { mean, deviation }: Moments): Float64Array {
  const out = new Float64Array(values.length)
  for (let i = 0; i < out.length; i += 1) out[i] = ((values[i] ?? Number.NaN) - mean) / deviation
  return out
}

/** Rows of zeros with a 1 at each label, [labels, classes]. */
export function oneHot(labels: Int32Array, classes: number): Part['y'] {
  const values = new Float64Array(labels.length * classes)
  for (const [i, label] of labels.entries()) values[i * classes + label] = 1
  return { rows: labels.length, columns: classes, values }
}

function largest(labels: Int32Array): number {
  return labels.reduce((so, label) => Math.max(so, label), 0)
}

type Moments = { readonly mean: number; readonly deviation: number }

function momentsOf(values: Float64Array): Moments {
  let total = 0
  for (let i = 0; i < values.length; i += 1) total += values[i] ?? Number.NaN
  const mean = total / values.length
  let squares = 0
  for (let i = 0; i < values.length; i += 1) squares += ((values[i] ?? Number.NaN) - mean) ** 2
  const deviation = Math.sqrt(squares / values.length)
  if (!(deviation > 0))
    throw new Refusal('invalid-input', `data.train.items: expected values that differ, to standardise them, got ${mean} everywhere`)
  return { mean, deviation }
}
