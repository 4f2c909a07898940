/**
 * A table from a CSV file: one column is the target, the others (or those named) are features.
 *
 * Standardised, each column is (value − mean) / standard deviation, with the population's standard deviation (division by n) of
 * the training part, as scikit-learn's StandardScaler; the target too. Linear models have no intercept, so data that is not
 * standardised goes through the origin. Classes are one-hot, in the order of their names, and never standardised; a feature that is
 * constant over the training rows is 0 there.
 */
import { z } from 'zod'
import { Refusal, assert } from '#core/contract/errors.ts'
import type { Table } from '#core/formats/csv.ts'
import { permutation } from '#core/numerics/random/draw.ts'
import { split as splitKey, type Key } from '#core/numerics/random/key.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { fileHashes, type DataKind, type DataReader, type Dataset, type Part } from './data.ts'
import { oneHot } from './idx.ts'

const split = z
  .strictObject({
    train: z.number().gt(0).max(1).default(1),
    validation: z.number().min(0).lt(1).default(0),
    test: z.number().min(0).lt(1).default(0),
  })
  .refine(({ train, validation, test }) => Math.abs(train + validation + test - 1) < 1e-9, {
    error: 'expected three fractions that add up to 1',
  })

const settings = z.strictObject({
  kind: z.literal('csv'),
  path: z.string().min(1).describe('the file, relative to the study; `resource:data/…` for a table that ships with the program'),
  target: z.string().min(1).describe('the column to predict'),
  task: z.enum(['regression', 'classification']).default('regression').describe('whether the target is a number or a class'),
  features: z.array(z.string().min(1)).min(1).optional().describe('the columns to predict from; all others when left out'),
  delimiter: z.string().length(1).default(','),
  standardise: z.boolean().default(true),
  split: split.prefault({}),
  sha256: fileHashes,
})
export type Csv = z.infer<typeof settings>

export const csv: DataKind<typeof settings> = {
  kind: 'csv',
  title: { en: 'Table (CSV)', ja: '表(CSV)' },
  settings,
  shapeOf: (s) => ({ ...s, features: s.features ?? null, sha256: s.sha256 ?? null }),
  files: ({ path }) => [path],
  isShared: ({ split: { train } }) => train === 1,
  describe: ({ path, standardise }) => ({
    en: `${path}${standardise ? ', standardised' : ''}`,
    ja: `${path}${standardise ? '(標準化)' : ''}`,
  }),
  traits: ({ split, task }) => ({
    hasValidation: split.validation > 0,
    hasTest: split.test > 0,
    isClassification: task === 'classification',
    hasImages: false,
    hasManyOutputs: task === 'classification',
  }),
  make(s, key, read) {
    if (s.task === 'classification') return makeClasses(s, key, read)
    const table = read.table(s.path, s.delimiter)
    const features = featureNames(s, table)
    const rows = order(s, table, key)
    const sizes = partSizes(s, table)
    const cut = (from: number, count: number): Part | null =>
      count === 0 ? null : gatherRows(table, { features, target: s.target, rows: rows.subarray(from, from + count) })
    const parts = [cut(0, sizes.train), cut(sizes.train, sizes.validation), cut(sizes.train + sizes.validation, sizes.test)] as const
    const [train] = parts
    assert(train !== null, 'csv: a training part has at least one row')
    const names = [...features, s.target]
    const scale = s.standardise ? scaleOf(train, names, table.name) : null
    const [fit, validation, test] = parts.map((part) => (part === null || scale === null ? part : rescale(part, scale)))
    assert(fit != null, 'csv: a training part has at least one row')
    return { features, targets: [s.target], train: fit, validation: validation ?? null, test: test ?? null }
  },
}

function makeClasses(s: Csv, key: Key, read: DataReader): Dataset {
  const table = read.classTable(s.path, s.delimiter, s.target)
  const { names: classes, labels } = table.classes
  const features = requireFeatures(s, table, s.features ?? table.columns)
  const rows = order(s, table, key)
  const sizes = partSizes(s, table)
  const cut = (from: number, count: number): Part | null => {
    const own = rows.subarray(from, from + count)
    const y = oneHot(
      Int32Array.from(own, (row) => labels[row] ?? 0),
      classes.length,
    )
    return count === 0 ? null : { x: gather(table, features, own), y }
  }
  const train = cut(0, sizes.train)
  assert(train !== null, 'csv: a training part has at least one row')
  const scale = s.standardise ? columnScale(train.x) : null
  const scaled = (part: Part | null) => (part === null || scale === null ? part : { ...part, x: rescaled(part.x, scale) })
  return {
    features,
    targets: classes,
    train: scaled(train) ?? train,
    validation: scaled(cut(sizes.train, sizes.validation)),
    test: scaled(cut(sizes.train + sizes.validation, sizes.test)),
  }
}

/** Mean and standard deviation of every column; a constant one has deviation 1, and becomes 0. */
function columnScale({ rows, columns, values }: Matrix): Scale {
  const means = new Float64Array(columns)
  const deviations = new Float64Array(columns)
  for (const [i, value] of values.entries()) means[i % columns] = (means[i % columns] ?? 0) + value / rows
  for (const [i, value] of values.entries())
    deviations[i % columns] = (deviations[i % columns] ?? 0) + (value - (means[i % columns] ?? 0)) ** 2 / rows
  return { means, deviations: deviations.map((variance, j) => (variance > 1e-24 * (means[j] ?? 0) ** 2 ? Math.sqrt(variance) : 1)) }
}

function rescaled(x: Matrix, { means, deviations }: Scale): Matrix {
  return { ...x, values: x.values.map((value, i) => (value - (means[i % x.columns] ?? 0)) / (deviations[i % x.columns] ?? 1)) }
}

function columnOf(table: Table, name: string): Float64Array {
  const values = table.values[table.columns.indexOf(name)]
  if (values === undefined) {
    throw new Refusal(
      'invalid-input',
      `${table.name}: expected a column ${JSON.stringify(name)}, got ${table.columns
        .map((column) => JSON.stringify(column))
        .join(', ')
        .slice(0, 200)}`,
    )
  }
  return values
}

function featureNames({ target, features }: Csv, table: Table): readonly string[] {
  columnOf(table, target)
  return requireFeatures({ target }, table, features ?? table.columns.filter((column) => column !== target))
}

/** The features, each a column of the table, none the target and none twice; at least one. */
function requireFeatures({ target }: Pick<Csv, 'target'>, table: Table, names: readonly string[]): readonly string[] {
  if (names.includes(target))
    throw new Refusal('invalid-input', `data.features: expected columns other than the target, got ${JSON.stringify(target)}`)
  for (const name of names) columnOf(table, name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new Refusal('invalid-input', `data.features: expected columns that differ, got ${JSON.stringify(twice)} twice`)
  if (names.length === 0) throw new Refusal('invalid-input', `${table.name}: expected at least one column beside the target, got none`)
  return names
}

/** Row numbers in the order of the parts: as in the file when there is one part, shuffled by the run's key otherwise. */
function order({ split: { train } }: Csv, table: Table, key: Key): Int32Array {
  return train === 1 ? Int32Array.from({ length: table.rows }, (_, i) => i) : permutation(splitKey(key, 'split'), table.rows)
}

function partSizes({ split: fractions }: Csv, table: Table): { train: number; validation: number; test: number } {
  const validation = Math.round(fractions.validation * table.rows)
  const test = Math.round(fractions.test * table.rows)
  const train = table.rows - validation - test
  if (train < 1) throw new Refusal('invalid-input', `data.split: expected at least one row for training, got ${train} of ${table.rows}`)
  return { train, validation, test }
}

function gatherRows(table: Table, { features, target, rows }: { features: readonly string[]; target: string; rows: Int32Array }): Part {
  const x = gather(table, features, rows)
  const y = columnOf(table, target)
  return {
    x,
    y: { rows: rows.length, columns: 1, values: Float64Array.from(rows, (row) => y[row] ?? Number.NaN) },
  }
}

function gather(table: Table, features: readonly string[], rows: Int32Array): Matrix {
  const columns = features.map((name) => columnOf(table, name))
  const values = new Float64Array(rows.length * features.length) // [rows, features]
  for (const [i, row] of rows.entries())
    for (const [j, column] of columns.entries()) values[i * features.length + j] = column[row] ?? Number.NaN
  return { rows: rows.length, columns: features.length, values }
}

type Scale = { readonly means: Float64Array; readonly deviations: Float64Array } // features, then the target

function scaleOf({ x, y }: Part, names: readonly string[], file: string): Scale {
  const means = new Float64Array(x.columns + 1)
  const deviations = new Float64Array(x.columns + 1)
  for (const j of means.keys()) {
    const value = (i: number) => (j < x.columns ? x.values[i * x.columns + j] : y.values[i]) ?? Number.NaN
    let total = 0
    for (let i = 0; i < x.rows; i += 1) total += value(i)
    const mean = total / x.rows
    let squares = 0
    for (let i = 0; i < x.rows; i += 1) squares += (value(i) - mean) ** 2
    means[j] = mean
    deviations[j] = Math.sqrt(squares / x.rows)
    if (!((deviations[j] ?? 0) > 1e-12 * Math.abs(mean))) {
      throw new Refusal(
        'invalid-input',
        `${file}, column ${JSON.stringify(names[j])}: expected values that differ, to standardise them, got ${mean} in every training row`,
      )
    }
  }
  return { means, deviations }
}

function rescale({ x, y }: Part, { means, deviations }: Scale): Part {
  const d = x.columns
  const at = (value: number, j: number) => (value - (means[j] ?? 0)) / (deviations[j] ?? 1)
  return { x: { ...x, values: x.values.map((value, i) => at(value, i % d)) }, y: { ...y, values: y.values.map((value) => at(value, d)) } }
}
