import { describe, expect, test } from 'vitest'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Part } from './data.ts'
import { noFiles } from './noFiles.ts'
import { teacher } from './teacher.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const amplitudes = [1, -1, 0.7]
const make = (settings: object, from = key) =>
  teacher.make(teacher.settings.parse({ kind: 'teacher', samples: 50, features: 5, amplitudes, ...settings }), from, noFiles)

/** y − Σ_k a_k tanh(t_kᵀx), by loops of its own. */
function noiseOf({ x, y }: Part, from = key): Float64Array {
  const directions = drawNormal(split(from, 'teacher'), amplitudes.length * x.columns)
  return y.values.map((value, i) => {
    let rest = value
    for (const [k, a] of amplitudes.entries()) {
      let z = 0
      for (let j = 0; j < x.columns; j += 1)
        z += (directions[k * x.columns + j] ?? Number.NaN) * (x.values[i * x.columns + j] ?? Number.NaN)
      rest -= a * Math.tanh(z)
    }
    return rest
  })
}
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('teacher', () => {
  test('says Σ a_k tanh(t_kᵀx), exactly where there is no noise', () => {
    const { train, features, targets, test: held } = make({})
    expect(noiseOf(train)).toBeAllclose(new Array<number>(50).fill(0), { absolute: 1e-14 }) // three terms below 1
    expect([features.length, targets, held]).toEqual([5, ['y'], null])
  })
  test('its noise has the asked deviation and mean 0, and its inputs are standard normal', () => {
    const { train } = make({ samples: 5_000, noise: 0.1 })
    const errors = noiseOf(train)
    expect(Math.abs(mean(errors))).toBeLessThan((4 * 0.1) / Math.sqrt(5_000)) // four standard errors
    expect(Math.abs(mean(errors.map((e) => e ** 2)) / 0.01 - 1)).toBeLessThan(4 * Math.sqrt(2 / 5_000))
    expect(Math.abs(mean(train.x.values))).toBeLessThan(4 / Math.sqrt(25_000))
    expect(Math.abs(mean(train.x.values.map((z) => z ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 25_000))
  })
  test('the level of the noise changes neither inputs nor teacher nor the draw of the noise', () => {
    const [small, large] = [make({ noise: 0.1 }).train, make({ noise: 0.2 }).train]
    expect(small.x).toEqual(large.x)
    expect(noiseOf(large).map((e) => e / 2)).toBeAllclose(noiseOf(small), { absolute: 1e-14 }) // rounding of terms below 2²
  })
  test('a test part is by the same teacher, of other inputs, and changes nothing in the training part', () => {
    const { train, test: held } = make({ testSamples: 7 })
    expect([held?.x.rows, held?.y.rows, held?.y.columns]).toEqual([7, 7, 1])
    expect(train).toEqual(make({}).train)
    expect(held?.x.values.slice(0, 5)).not.toEqual(train.x.values.slice(0, 5))
    if (held === null) throw new Error('expected a test part')
    expect(noiseOf(held)).toBeAllclose(new Array<number>(7).fill(0), { absolute: 1e-14 })
  })
  test('the same key gives the same bytes, another key another teacher', () => {
    expect(make({ noise: 0.1 })).toEqual(make({ noise: 0.1 }))
    const other = make({}, split(key, 'other')).train
    expect(Math.max(...noiseOf(other).map(Math.abs))).toBeGreaterThan(0.1)
    expect(noiseOf(other, split(key, 'other'))).toBeAllclose(new Array<number>(50).fill(0), { absolute: 1e-14 })
  })
  test('teachers of other amplitudes are of one shape', () => {
    const settings = teacher.settings.parse({ kind: 'teacher', samples: 50, features: 5, amplitudes })
    expect([teacher.shapeOf(settings), teacher.isShared(settings), teacher.traits({ ...settings, testSamples: 1 }).hasTest]).toEqual([{ kind: 'teacher', samples: 50, features: 5 }, false, true]) // prettier-ignore
    for (const wrong of [{ samples: 0 }, { amplitudes: [] }, { noise: -1 }, { features: 1.5 }, { testSamples: -1 }])
      expect(teacher.settings.safeParse({ ...settings, ...wrong }).success).toBe(false)
  })
})
