import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { identity, matrixProduct, transposed } from '#core/numerics/linalg/matrix.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { lowRankMatrix } from './lowRankMatrix.ts'
import { noFiles } from './noFiles.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const make = (settings: object, from = key) =>
  lowRankMatrix.make(lowRankMatrix.settings.parse({ kind: 'low-rank-matrix', ...settings }), from, noFiles)
const E2 = { rows: 5, columns: 4, singularValues: [3.5, 2.2, 1.2, 0.4] }

describe('low-rank-matrix', () => {
  test('asks for a matrix of the wanted singular values at the rows of the identity', () => {
    const { train, features, targets, validation, test: held } = make(E2)
    expect(train.x).toEqual(identity(5))
    expect([train.y.rows, train.y.columns]).toEqual([5, 4])
    expect(singularValues(train.y)).toBeAllclose(E2.singularValues)
    expect([features, targets, validation, held]).toEqual([['x1', 'x2', 'x3', 'x4', 'x5'], ['y1', 'y2', 'y3', 'y4'], null, null])
  })
  test('has them in every shape, the others zero', () => {
    const side = fc.integer({ min: 1, max: 8 })
    const value = fc.double({ min: 0.01, max: 10, noNaN: true })
    fc.assert(
      fc.property(side, side, fc.array(value, { minLength: 1, maxLength: 8 }), (rows, columns, all) => {
        const wanted = all.slice(0, Math.min(rows, columns))
        const found = singularValues(make({ rows, columns, singularValues: wanted }).train.y)
        const expected = Array.from(found, (_, i) => wanted.toSorted((a, b) => b - a)[i] ?? 0)
        expect(found).toBeAllclose(expected, { relative: 0, absolute: 1e-12 * Math.max(...wanted) })
      }),
      { numRuns: 30 },
    )
  })
  test('standard axes make it diagonal, the same for every key', () => {
    const diagonal = make({ rows: 2, columns: 3, singularValues: [2, 1], axes: 'standard' })
    expect([...diagonal.train.y.values]).toEqual([2, 0, 0, 0, 1, 0])
    expect(make({ rows: 2, columns: 3, singularValues: [2, 1], axes: 'standard' }, split(key, 'other'))).toEqual(diagonal)
  })
  test('random axes are uniform: the mean square of every entry is ‖σ‖²/mn, and its mean 0', () => {
    const draws = Array.from(
      { length: 400 },
      (_, i) => make({ rows: 3, columns: 2, singularValues: [2, 1] }, split(key, `${i}`)).train.y.values,
    )
    for (let place = 0; place < 6; place += 1) {
      const entries = draws.map((values) => values[place] ?? Number.NaN)
      const mean = entries.reduce((sum, value) => sum + value, 0) / 400
      const square = entries.reduce((sum, value) => sum + value ** 2, 0) / 400
      // four standard errors; entries are below 2 and their squares have mean 5/6, so the variance of a square is below 4 · 5/6
      expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(5 / 6 / 400))
      expect(Math.abs(square - 5 / 6)).toBeLessThan(4 * Math.sqrt((4 * 5) / 6 / 400))
    }
  })
  test('a square matrix of ones is orthogonal, and every run has its own', () => {
    const { y } = make({ rows: 3, columns: 3, singularValues: [1, 1, 1] }).train
    expect(matrixProduct(transposed(y), y).values).toBeAllclose(identity(3).values, { absolute: 1e-14 })
    expect(make(E2)).toEqual(make(E2))
    expect(make(E2, split(key, 'other')).train.y).not.toEqual(make(E2).train.y)
  })
  test('of one entry is ± its singular value, and of none but zeros is zero', () => {
    expect(Math.abs(make({ rows: 1, columns: 1, singularValues: [3] }).train.y.values[0] ?? 0)).toBe(3)
    expect(make({ rows: 2, columns: 2, singularValues: [0] }).train.y.values.every((value) => value === 0)).toBe(true)
  })
  test('more singular values than the smaller side are refused, and negative ones', () => {
    const parse = (settings: object) => lowRankMatrix.settings.safeParse({ kind: 'low-rank-matrix', ...E2, ...settings })
    expect(parse({ rows: 3 }).error?.issues).toMatchObject([
      { path: ['singularValues'], message: 'expected at most as many singular values as the smaller of rows and columns' },
    ])
    for (const settings of [{ singularValues: [-1] }, { singularValues: [] }, { rows: 0 }, { axes: 'tilted' }])
      expect(parse(settings).success).toBe(false)
  })
  test('runs of other singular values are of one shape, and none share their data', () => {
    const settings = lowRankMatrix.settings.parse({ kind: 'low-rank-matrix', ...E2 })
    expect(lowRankMatrix.shapeOf(settings)).toEqual({ kind: 'low-rank-matrix', rows: 5, columns: 4 })
    expect([lowRankMatrix.isShared(settings), lowRankMatrix.files(settings), lowRankMatrix.describe(settings).en]).toEqual([
      false,
      [],
      '5 × 4',
    ])
    expect(lowRankMatrix.traits(settings).hasManyOutputs).toBe(true)
  })
})
