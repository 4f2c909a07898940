import { describe, expect, test } from 'vitest'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Part } from './data.ts'
import { noFiles } from './noFiles.ts'
import { sparseLinear } from './sparseLinear.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const make = (settings: object, from = key) =>
  sparseLinear.make(
    sparseLinear.settings.parse({ kind: 'sparse-linear', samples: 60, features: 12, coefficients: [1.5, -2], ...settings }),
    from,
    noFiles,
  )

/** y − Xβ, by a loop of its own. */
const noiseOf = ({ x, y }: Part, beta: readonly number[]) =>
  Array.from(y.values, (value, i) => beta.reduce((rest, b, j) => rest - b * (x.values[i * x.columns + j] ?? Number.NaN), value))
const mean = (values: Iterable<number>) => {
  const list = [...values]
  return list.reduce((sum, value) => sum + value, 0) / list.length
}

describe('sparse-linear', () => {
  test('has the asked shape, names and no other part', () => {
    const { train, features, targets, validation, test: held } = make({})
    expect([train.x.rows, train.x.columns, train.x.values.length, train.y.values.length]).toEqual([60, 12, 720, 60])
    expect([features[0], features[11], features.length, targets]).toEqual(['x1', 'x12', 12, ['y']])
    expect([validation, held]).toEqual([null, null])
  })
  test('y is Xβ where there is no noise, and coefficients beyond those written are zero', () => {
    expect(noiseOf(make({}).train, [1.5, -2])).toBeAllclose(new Array(60).fill(0), { absolute: 1e-14 }) // two products and two sums below 2³
  })
  test('X is standard normal and the noise has its standard deviation', () => {
    const { train } = make({ samples: 5_000, features: 8, noise: 0.3 })
    const n = 5_000 * 8
    const four = 4 / Math.sqrt(n) // four standard errors of a mean of unit variance
    expect(Math.abs(mean(train.x.values))).toBeLessThan(four)
    expect(Math.abs(mean(train.x.values.map((value) => value ** 2)) - 1)).toBeLessThan(four * Math.SQRT2) // the variance of z² is 2
    expect(Math.abs(mean(train.x.values.map((value) => value ** 4)) - 3)).toBeLessThan(four * Math.sqrt(96)) // the variance of z⁴ is 96
    const errors = noiseOf(train, [1.5, -2])
    expect(Math.abs(mean(errors))).toBeLessThan((4 * 0.3) / Math.sqrt(5_000))
    expect(Math.abs(mean(errors.map((e) => e ** 2)) / 0.09 - 1)).toBeLessThan(4 * Math.sqrt(2 / 5_000))
  })
  test('columns are uncorrelated, and the noise with each of them', () => {
    const { train } = make({ samples: 5_000, features: 4, noise: 1 })
    const errors = noiseOf(train, [1.5, -2])
    const column = (j: number) => Array.from({ length: 5_000 }, (_, i) => train.x.values[i * 4 + j] ?? Number.NaN)
    const vectors = [column(0), column(1), column(2), column(3), errors]
    for (const [i, a] of vectors.entries())
      for (const b of vectors.slice(i + 1))
        expect(Math.abs(mean(a.map((value, k) => value * (b[k] ?? 0))))).toBeLessThan(4 / Math.sqrt(5_000)) // a product of independent unit normals has variance 1
  })
  test('the same key gives the same bytes, another key others', () => {
    const settings = { noise: 0.3, testSamples: 5 }
    expect(make(settings)).toEqual(make(settings))
    expect(make(settings, split(key, 'other')).train).not.toEqual(make(settings).train)
  })
  test('the level of the noise changes neither X nor the draw of the noise', () => {
    const [small, large] = [make({ noise: 0.1 }).train, make({ noise: 0.2 }).train]
    expect(small.x).toEqual(large.x)
    // exact but for the rounding of y − Xβ, values below 2³
    expect(noiseOf(large, [1.5, -2]).map((e) => e / 2)).toBeAllclose(noiseOf(small, [1.5, -2]), { absolute: 1e-14 })
  })
  test('a test part is drawn beside the training part and changes nothing in it', () => {
    const { train, test: held } = make({ testSamples: 7 })
    expect([held?.x.rows, held?.y.rows]).toEqual([7, 7])
    expect(train).toEqual(make({}).train)
    expect(held?.x.values.slice(0, 12)).not.toEqual(train.x.values.slice(0, 12))
  })
  test('more coefficients than features are refused', () => {
    const parsed = sparseLinear.settings.safeParse({ kind: 'sparse-linear', samples: 4, features: 2, coefficients: [1, 2, 3] })
    expect(parsed.error?.issues).toMatchObject([{ path: ['coefficients'], message: 'expected at most as many coefficients as features' }])
  })
  test('every run draws its own data', () => {
    const settings = sparseLinear.settings.parse({ kind: 'sparse-linear', samples: 4, features: 2, coefficients: [1] })
    expect([sparseLinear.isShared(settings), sparseLinear.files(settings)]).toEqual([false, []])
  })
})
