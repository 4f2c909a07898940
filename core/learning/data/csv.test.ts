import { describe, expect, test } from 'vitest'
import { readClassTable, readNumericTable, type Table } from '#core/formats/csv.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { csv } from './csv.ts'
import type { Part } from './data.ts'
import { noFiles } from './noFiles.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const table = readNumericTable('a,b,y\n1,10,2\n2,10,4\n3,40,9\n6,20,1\n', { name: 'data.csv' })
/** Rows that name themselves: a = row, b = row², y = 10·row. */
const counted = (rows: number): Table => ({
  name: 'counted.csv',
  columns: ['a', 'b', 'y'],
  rows,
  values: [1, 2, 3].map((power) => Float64Array.from({ length: rows }, (_, i) => (power === 3 ? 10 * i : i ** power))),
})

const settingsOf = (settings: object) => csv.settings.parse({ kind: 'csv', path: 'data.csv', target: 'y', ...settings })
const make = (settings: object, { from = table, with: k = key } = {}) =>
  csv.make(settingsOf(settings), k, { ...noFiles, table: () => from })
const plain = { standardise: false }
const column = ({ x }: Part, j: number) => Array.from({ length: x.rows }, (_, i) => x.values[i * x.columns + j] ?? Number.NaN)

describe('csv', () => {
  test('takes all other columns as features, in the order of the file', () => {
    const made = make(plain)
    expect([made.features, made.targets]).toEqual([['a', 'b'], ['y']])
    expect([...made.train.x.values]).toEqual([1, 10, 2, 10, 3, 40, 6, 20])
    expect(made.train.y).toEqual({ rows: 4, columns: 1, values: Float64Array.of(2, 4, 9, 1) })
  })
  test('asks for its file with its delimiter', () => {
    const asked: string[][] = []
    const asking = (...names: string[]) => {
      asked.push(names)
      return table
    }
    csv.make(settingsOf({ delimiter: ';', ...plain }), key, { ...noFiles, table: asking })
    expect(asked).toEqual([['data.csv', ';']])
  })
  test('takes named features in the order in which they are named', () => {
    expect([...make({ ...plain, features: ['b', 'a'] }).train.x.values]).toEqual([10, 1, 10, 2, 40, 3, 20, 6])
    expect([...make({ ...plain, features: ['b'] }).train.x.values]).toEqual([10, 10, 40, 20])
  })
  test('standardises each column, the target too, with the deviation of the population', () => {
    const { train } = make({})
    // by hand: a has mean 3, squares 4 + 1 + 0 + 9 = 14; b mean 20, squares 100 + 100 + 400 + 0 = 600; y mean 4, squares 4 + 0 + 25 + 9 = 38; n = 4
    const [a, b, y] = [Math.sqrt(14 / 4), Math.sqrt(600 / 4), Math.sqrt(38 / 4)]
    expect(column(train, 0)).toBeAllclose([-2 / a, -1 / a, 0, 3 / a])
    expect(column(train, 1)).toBeAllclose([-10 / b, -10 / b, 20 / b, 0])
    expect(train.y.values).toBeAllclose([-2 / y, 0, 5 / y, -3 / y])
  })
  test('standardises the held parts with the mean and deviation of the training part alone', () => {
    const fractions = { train: 0.5, validation: 0.25, test: 0.25 }
    const raw = make({ ...plain, split: fractions }, { from: counted(40) })
    const scaled = make({ split: fractions }, { from: counted(40) })
    const values = column(raw.train, 0)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    for (const part of ['train', 'validation', 'test'] as const) {
      const [from, to] = [raw[part], scaled[part]]
      if (from === null || to === null) throw new Error('expected three parts')
      expect(column(to, 0)).toBeAllclose(
        column(from, 0).map((value) => (value - mean) / deviation),
        { absolute: 1e-13 },
      ) // a value may be near 0
    }
  })
  test('splits into parts of the asked sizes that hold every row once', () => {
    const { train, validation, test: held } = make({ ...plain, split: { train: 0.7, validation: 0.2, test: 0.1 } }, { from: counted(30) })
    expect([train.y.rows, validation?.y.rows, held?.y.rows]).toEqual([21, 6, 3])
    const all = [train, validation, held].flatMap((part) => (part === null ? [] : column(part, 0)))
    expect(all.toSorted((p, q) => p - q)).toEqual(Array.from({ length: 30 }, (_, i) => i))
    expect([...train.y.values]).toEqual(column(train, 0).map((row) => 10 * row)) // a row stays together
  })
  test('sizes that are no whole numbers are rounded, and the training part takes the rest', () => {
    const { train, validation, test: held } = make({ ...plain, split: { train: 0.8, test: 0.2 } }, { from: counted(7) })
    expect([train.y.rows, validation, held?.y.rows]).toEqual([6, null, 1]) // 1.4 is rounded
  })
  test('a split is shuffled by the key: the same key the same order, another another', () => {
    const settings = { ...plain, split: { train: 0.5, test: 0.5 } }
    const orderOf = (k: typeof key) => column(make(settings, { from: counted(30), with: k }).train, 0)
    expect(orderOf(key)).toEqual(orderOf(key))
    expect(orderOf(split(key, 'other'))).not.toEqual(orderOf(key))
    expect(orderOf(key)).not.toEqual(Array.from({ length: 15 }, (_, i) => i))
  })
  test('without a split the order is that of the file, whatever the key, and runs share it', () => {
    expect(make(plain, { with: split(key, 'other') })).toEqual(make(plain))
    expect(csv.isShared(settingsOf({}))).toBe(true)
    expect(csv.isShared(settingsOf({ split: { train: 0.5, test: 0.5 } }))).toBe(false)
  })
  test('a constant column is refused by its name, and is no problem where nothing is standardised', () => {
    const constant = readNumericTable('a,b,y\n1,5,1\n2,5,2\n', { name: 'data.csv' })
    expect(() => make({}, { from: constant })).toThrow(
      'data.csv, column "b": expected values that differ, to standardise them, got 5 in every training row',
    )
    expect(column(make(plain, { from: constant }).train, 1)).toEqual([5, 5])
  })
  test('a column whose values differ only by the rounding of its mean is constant', () => {
    const tenths = readNumericTable('a,y\n0.1,1\n0.1,2\n0.1,3\n', { name: 'data.csv' })
    expect(() => make({}, { from: tenths })).toThrow('column "a": expected values that differ')
  })
  test.each([
    [{ target: 'z' }, 'data.csv: expected a column "z", got "a", "b", "y"'],
    [{ features: ['a', 'c'] }, 'data.csv: expected a column "c", got "a", "b", "y"'],
    [{ features: ['a', 'y'] }, 'data.features: expected columns other than the target, got "y"'],
    [{ split: { train: 0.2, test: 0.8 } }, 'data.split: expected at least one row for training, got 0 of 2'],
  ])('%j is refused: %s', (settings, sentence) => {
    const rows = 'split' in settings ? readNumericTable('a,y\n1,1\n2,2\n', { name: 'data.csv' }) : table
    expect(() => make(settings, { from: rows })).toThrow(sentence)
  })
  test('a feature named twice is refused', () => {
    expect(() => make({ features: ['a', 'a'] })).toThrow('data.features: expected columns that differ, got "a" twice')
  })
  test('a feature named twice or the target among them is refused for classes too', () => {
    const classes = readClassTable(new TextEncoder().encode('a,b,y\n1,2,p\n3,4,q\n'), { name: 'data.csv', classes: 'y' })
    const made = (features: readonly string[]) => () =>
      csv.make(settingsOf({ task: 'classification', features }), key, { ...noFiles, classTable: () => classes })
    expect(made(['a', 'a'])).toThrow('data.features: expected columns that differ, got "a" twice')
    expect(made(['a', 'y'])).toThrow('data.features: expected columns other than the target, got "y"')
    expect(made(['b', 'c'])).toThrow('data.csv: expected a column "c", got "a", "b"')
    expect(made(['b', 'a'])().features).toEqual(['b', 'a'])
  })
  test('a table of the target alone is refused', () => {
    expect(() => make({}, { from: readNumericTable('y\n1\n2\n', { name: 'data.csv' }) })).toThrow(
      'data.csv: expected at least one column beside the target, got none',
    )
  })
  test('fractions that do not add up to 1 are refused', () => {
    const parsed = csv.settings.safeParse({ kind: 'csv', path: 'a', target: 'y', split: { train: 0.5, test: 0.4 } })
    expect(parsed.error?.issues[0]?.message).toBe('expected three fractions that add up to 1')
  })
  test('names its file, and its shape holds the hash of the bytes', () => {
    const settings = settingsOf({ sha256: { 'data.csv': 'ab'.repeat(32) } })
    expect(csv.files(settings)).toEqual(['data.csv'])
    expect(csv.shapeOf(settings)).toMatchObject({ path: 'data.csv', sha256: { 'data.csv': 'ab'.repeat(32) } })
    for (const sha256 of [{ 'data.csv': 'AB' }, { 'data.csv': 'AB'.repeat(32) }, 'ab'.repeat(32)])
      expect(csv.settings.safeParse({ ...settings, sha256 }).success).toBe(false)
  })
})
