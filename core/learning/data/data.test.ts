/** What every kind of data does, asked of each row of the registry alike. */
import { describe, expect, test } from 'vitest'
import { readNumericTable } from '#core/formats/csv.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { settingsOf } from '../kind.ts'
import { columnNames, fileHashes, type DataKind, type DataReader } from './data.ts'
import { noFiles } from './noFiles.ts'
import { dataKinds } from './registry.ts'

const key = rootKey({ base: 6, cell: '0'.repeat(64), replicate: 1 })
const parse = settingsOf(dataKinds)

/** Settings on which each kind is tried; a row of the registry without one does not compile. */
const cases = {
  'sparse-linear': [{ kind: 'sparse-linear', samples: 6, features: 3, coefficients: [1] }, { kind: 'sparse-linear', samples: 6, features: 3, coefficients: [1], testSamples: 2 }], // prettier-ignore
  'compressive-sensing': [{ kind: 'compressive-sensing', measurements: 4, size: 20, share: 0.2 }],
  scalar: [{ kind: 'scalar', target: 1 }],
  'low-rank-matrix': [{ kind: 'low-rank-matrix', rows: 4, columns: 3, singularValues: [2, 1] }, { kind: 'low-rank-matrix', rows: 4, columns: 1, singularValues: [2] }], // prettier-ignore
  teacher: [{ kind: 'teacher', samples: 6, features: 3, amplitudes: [1, -1], testSamples: 3 }],
  inline: [{ kind: 'inline', x: [[1, 2], [3, 4]] }, { kind: 'inline', x: [[1, 2], [3, 4]], y: [[1], [2]] }], // prettier-ignore
  csv: [{ kind: 'csv', path: 'data.csv', target: 'y' }, { kind: 'csv', path: 'data.csv', target: 'y', split: { train: 0.5, validation: 0.25, test: 0.25 } }], // prettier-ignore
  idx: [
    { kind: 'idx', path: 'images', test: null },
    { kind: 'idx', path: 'images', samples: 3, standardise: false },
  ],
} as const satisfies Record<keyof typeof dataKinds, readonly object[]>

const rows = Array.from({ length: 8 }, (_, i) => `${i},${(i * i) % 5},${Math.sin(i)}`)
/** An IDX file of unsigned bytes. */
const idxFile = (shape: readonly number[], values: readonly number[]) =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, 0, n]), ...values)
const labels = [0, 2, 1, 0, 2]
const items = idxFile(
  [5, 2, 3],
  Array.from({ length: 30 }, (_, i) => (7 * i) % 256),
)
const reader: DataReader = {
  ...noFiles,
  table: (path) => readNumericTable(`a,b,y\n${rows.join('\n')}\n`, { name: path }),
  bytes: (path) => (path.includes('labels') ? idxFile([5], labels) : items),
}

test('every row of the registry has cases', () => expect(Object.keys(cases).toSorted()).toEqual(Object.keys(dataKinds).toSorted()))

describe.each(Object.values(cases).flat())('%j', (given) => {
  const settings = parse.parse(given)
  const kind: DataKind = dataKinds[settings.kind] // its functions take the settings of its own kind, which these are
  const make = (from = key) => kind.make(settings, from, reader)

  test('has a target for every sample and a name for every column', () => {
    const { train, validation, test: held, features, targets } = make()
    for (const part of [train, validation, held]) {
      if (part === null) continue
      expect(part.y.rows).toBe(part.x.rows)
      expect([part.x.columns, part.y.columns]).toEqual([features.length, targets.length])
      expect([part.x.values.length, part.y.values.length]).toEqual([part.x.rows * part.x.columns, part.y.rows * part.y.columns])
      expect([...part.x.values, ...part.y.values].every(Number.isFinite)).toBe(true)
    }
    expect([new Set(features).size, new Set(targets).size]).toEqual([features.length, targets.length])
    expect(train.x.rows).toBeGreaterThan(0)
  })
  test('is what its traits say before it is made', () => {
    const { validation, test: held, targets } = make()
    const { hasValidation, hasTest, hasManyOutputs } = kind.traits(settings)
    expect([validation !== null, held !== null, targets.length > 1]).toEqual([hasValidation, hasTest, hasManyOutputs])
  })
  test('follows from the key alone, and is the same for every key exactly where it is shared', () => {
    expect(make()).toEqual(make())
    if (kind.isShared(settings)) expect(make(split(key, 'other')).train).toEqual(make().train)
  })
  test('has the size of its shape for every key, a description in two languages, and a shape that is JSON', () => {
    const size = ({ train }: ReturnType<typeof make>) => [train.x.rows, train.x.columns, train.y.columns]
    expect(size(make(split(key, 'other')))).toEqual(size(make()))
    const { en, ja } = kind.describe(settings)
    expect(en.length * ja.length).toBeGreaterThan(0)
    expect(JSON.parse(JSON.stringify(kind.shapeOf(settings)))).toEqual(kind.shapeOf(settings))
  })
})

describe('names of columns', () => {
  test('count from 1, but for a single target', () => {
    expect([columnNames('x', 3), columnNames('x', 1), columnNames('y', 2), columnNames('y', 1), columnNames('x', 0)]).toEqual([['x1', 'x2', 'x3'], ['x1'], ['y1', 'y2'], ['y'], []]) // prettier-ignore
  })
})
describe('hashes of files', () => {
  test('are by path, 64 hexadecimal digits each, or left out', () => {
    const isTaken = (value: unknown) => fileHashes.safeParse(value).success
    expect([undefined, {}, { 'a.csv': '0'.repeat(64) }].map(isTaken)).toEqual([true, true, true])
    expect([{ 'a.csv': '0'.repeat(63) }, { 'a.csv': 'G'.repeat(64) }, [], 'a'].map(isTaken)).toEqual([false, false, false, false])
  })
})
