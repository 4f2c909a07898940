import { describe, expect, test } from 'vitest'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { inline } from './inline.ts'
import { noFiles } from './noFiles.ts'
import { scalarTarget } from './scalar.ts'

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const parse = (settings: object) => inline.settings.safeParse({ kind: 'inline', ...settings })
const make = (settings: object, from = key) => inline.make(inline.settings.parse({ kind: 'inline', ...settings }), from, noFiles)
const x = [
  [1, 0],
  [0, 1],
  [2, -1],
]

describe('inline', () => {
  test('is the rows as they are written, the same for every key', () => {
    const made = make({ x, y: [[1], [2], [0.5]] })
    expect(made.train.x).toEqual({ rows: 3, columns: 2, values: Float64Array.of(1, 0, 0, 1, 2, -1) })
    expect(made.train.y).toEqual({ rows: 3, columns: 1, values: Float64Array.of(1, 2, 0.5) })
    expect([made.features, made.targets, made.validation, made.test]).toEqual([['x1', 'x2'], ['y'], null, null])
    expect(make({ x, y: [[1], [2], [0.5]] }, split(key, 'other'))).toEqual(made)
  })
  test('without targets is to be reconstructed', () => {
    const { train, targets } = make({ x })
    expect(train.y).toEqual(train.x)
    expect(targets).toEqual(['y1', 'y2'])
  })
  test('knows how many outputs it has and that runs share it', () => {
    const settings = (more: object) => inline.settings.parse({ kind: 'inline', x, ...more })
    expect([{}, { y: [[1], [2], [3]] }].map((more) => inline.traits(settings(more)).hasManyOutputs)).toEqual([true, false])
    expect([inline.isShared(settings({})), inline.files(settings({})), inline.describe(settings({})).ja]).toEqual([true, [], '3 × 2'])
    expect(inline.shapeOf(settings({}))).toEqual({ kind: 'inline', x, y: null })
  })
  test.each<[object, (string | number)[], string]>([
    [{ x: [[1, 2], [3]] }, ['x', 1], 'expected 2 numbers as in the first row'],
    [{ x, y: [[1], [2], [3, 4]] }, ['y', 2], 'expected 1 numbers as in the first row'],
    [{ x, y: [[1], [2]] }, ['y'], 'expected 3 rows, as many as x has'],
  ])('%j is refused at %j: %s', (settings, path, message) => expect(parse(settings).error?.issues).toMatchObject([{ path, message }])) // prettier-ignore
  test.each([{}, { x: [] }, { x: [[]] }, { x: [[Number.NaN]] }, { x: [[Number.POSITIVE_INFINITY]] }, { x: [['1']] }, { x, z: 1 }])('%j is refused', (settings) =>
    expect(parse(settings).success).toBe(false),
  ) // prettier-ignore
})

describe('scalar', () => {
  test('is one sample x = 1 with its target', () => {
    const made = scalarTarget.make({ kind: 'scalar', target: -0.7 }, key, noFiles)
    expect([made.train.x, made.train.y]).toEqual([1, -0.7].map((value) => ({ rows: 1, columns: 1, values: Float64Array.of(value) })))
    expect([made.features, made.targets, made.validation, made.test]).toEqual([['x1'], ['y'], null, null])
  })
  test('runs of other targets are of one shape and do not share their data', () => {
    const settings = scalarTarget.settings.parse({ kind: 'scalar', target: 2 })
    expect([scalarTarget.shapeOf(settings), scalarTarget.isShared(settings)]).toEqual([{ kind: 'scalar' }, false])
    expect(scalarTarget.describe(settings).en).toBe('y = 2')
    for (const target of [undefined, Number.NaN, Number.NEGATIVE_INFINITY, '1']) expect(scalarTarget.settings.safeParse({ kind: 'scalar', target }).success).toBe(false) // prettier-ignore
  })
})
