import { describe, expect, test } from 'vitest'
import { lanesOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { Lane } from './lanes.ts'
import { stepFeeds } from './stepFeeds.ts'

expect.extend({ toBeAllclose })

const sgd = (more: Fields = {}) => ({ kind: 'sgd', learningRate: 0.1, ...more })
const table = { kind: 'csv', path: 'a,b,y/1,0,3/0,1,1/1,1,2/2,1,0/1,3,4', target: 'y' }
const own = { kind: 'sparse-linear', samples: 5, features: 3, coefficients: [1, -2] }

/** Copies of a step's values; the feeds write over their own. */
const at = (lanes: readonly Lane[], step: number, feeds = stepFeeds(lanes)) =>
  Object.fromEntries(Object.entries(feeds.values(step)).map(([name, values]) => [name, values.slice()]))
const rowsOf = (lane: Lane, step: number, batch: number) => {
  const rows = new Int32Array(batch)
  lane.batches(step, rows)
  return [...rows]
}

test('a full batch at a constant rate without noise is fed nothing', () => {
  const feeds = stepFeeds(lanesOf([{}, {}]))
  expect([feeds.shapes, feeds.values(0)]).toEqual([{}, {}])
})
test('a stack without runs is a bug', () => expect(() => stepFeeds([])).toThrow('bug: stepFeeds'))

describe('rows', () => {
  test('of shared data are those of each run, one after another', () => {
    const lanes = lanesOf([1, 2, 3].map(() => ({ data: table, optimiser: sgd({ batch: 2 }) })))
    expect(stepFeeds(lanes).shapes).toEqual({ rows: { shape: [6], dtype: 'int32' } })
    for (const step of [0, 1, 7]) expect([...(at(lanes, step)['rows'] ?? [])]).toEqual(lanes.flatMap((lane) => rowsOf(lane, step, 2)))
  })
  test('of data of its own each run has after those of the runs before it', () => {
    const lanes = lanesOf([1, 2, 3].map(() => ({ data: own, optimiser: sgd({ batch: 4 }) })))
    for (const step of [0, 2])
      expect([...(at(lanes, step)['rows'] ?? [])]).toEqual(lanes.flatMap((lane, r) => rowsOf(lane, step, 4).map((row) => row + 5 * r)))
  })
})

describe('label noise', () => {
  const noisy = (kind: string, more: Fields = {}) => ({ data: own, noise: { label: { kind, std: 0.3 } }, ...more })
  test('is one number for each run, row and output, of variance 1 whatever its size', () => {
    const lanes = lanesOf([noisy('binary'), noisy('binary', { noise: { label: { kind: 'binary', std: 7 } } })])
    expect(stepFeeds(lanes).shapes).toEqual({ labelNoise: { shape: [2, 5, 1], dtype: 'float32' } })
    expect([...(at(lanes, 3)['labelNoise'] ?? [])].every((value) => Math.abs(value) === 1)).toBe(true)
  })
  test('of minibatches is one for each of their rows, of several outputs for each of them', () => {
    const inline = { kind: 'inline', x: [[1], [2], [3]], y: [[1, 2], [3, 4], [5, 6]] } // prettier-ignore
    const lanes = lanesOf([noisy('gaussian', { data: inline, model: { kind: 'linear' }, optimiser: sgd({ batch: 2 }) })])
    expect(stepFeeds(lanes).shapes['labelNoise']).toEqual({ shape: [1, 2, 2], dtype: 'float32' })
  })
  test('is drawn anew at every step, for every run, and by the run alone', () => {
    const lanes = lanesOf([noisy('gaussian'), noisy('gaussian')])
    const [first, second] = [at(lanes, 0)['labelNoise'] ?? [], at(lanes, 1)['labelNoise'] ?? []]
    expect(first).not.toEqual(second)
    expect(first.slice(0, 5)).not.toEqual(first.slice(5))
    expect(at(lanes.slice(1), 1)['labelNoise']).toEqual(second.slice(5))
  })
  test('has mean 0 and variance 1', () => {
    for (const kind of ['gaussian', 'binary', 'uniform']) {
      const lanes = lanesOf([noisy(kind, { data: { ...own, samples: 1_000 } })])
      const feeds = stepFeeds(lanes)
      const values = Array.from({ length: 20 }, (_, step) => [...(feeds.values(step)['labelNoise'] ?? [])]).flat()
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length
      // of 20,000 draws: four standard errors, 4/√20000 of the mean and 4√2/√20000 of the variance
      expect(Math.abs(mean), kind).toBeLessThan(0.029)
      expect(Math.abs(variance - 1), kind).toBeLessThan(0.04)
    }
  })
})

describe('gradient noise', () => {
  test('is one number for each entry of what is trained', () => {
    const lanes = lanesOf([1, 2].map(() => ({ data: own, noise: { gradient: { kind: 'isotropic', std: 0.1 } } })))
    expect(stepFeeds(lanes).shapes).toEqual({
      'gradientNoise/u': { shape: [2, 3, 1], dtype: 'float32' },
      'gradientNoise/w': { shape: [2, 3, 1], dtype: 'float32' },
    })
    const values = at(lanes, 4)
    expect(values['gradientNoise/u']).not.toEqual(values['gradientNoise/w'])
    expect(at(lanes.slice(1), 4)['gradientNoise/u']).toEqual(values['gradientNoise/u']?.slice(3))
  })
  test('after a reparametrisation is of its variables', () => {
    const reparametrise = [{ kind: 'syre', std: 0.1, parameters: 'u' }]
    const lanes = lanesOf([{ data: own, reparametrise, noise: { gradient: { kind: 'multiplicative', std: 0.1 } } }])
    expect(Object.keys(stepFeeds(lanes).shapes).sort()).toEqual(['gradientNoise/u/free', 'gradientNoise/w'])
  })
})

describe('scalars', () => {
  const scalars = (optimiser: Fields, step: number) => {
    const lanes = lanesOf([{ optimiser: sgd(optimiser), training: { steps: 100 } }])
    const values = at(lanes, step)
    return Object.fromEntries(Object.entries(values).map(([name, [value = Number.NaN]]) => [name, value]))
  }
  test.each([
    [{ kind: 'step', every: 10, factor: 0.5 }, [0, 9, 10, 25], [1, 1, 0.5, 0.25]],
    [{ kind: 'cosine' }, [0, 50, 99], [1, 0.5, (1 + Math.cos(0.99 * Math.PI)) / 2]],
    [{ kind: 'cosine', floor: 0.2, warmUp: 20 }, [0, 19, 20, 60], [0.05, 1, 1, 0.6]],
    [{ kind: 'constant', warmUp: 4 }, [0, 1, 3, 4, 99], [0.25, 0.5, 1, 1, 1]],
  ])('the schedule %j', (schedule, steps, expected) => {
    const factors = steps.map((step) => scalars({ schedule }, step)['scalar/schedule'] ?? Number.NaN)
    expect(factors).toBeAllclose(expected, { relative: 2 ** -24, absolute: 2 ** -40 }) // rounded once to float32; the cosine near its end cancels
  })
  test('a constant schedule is fed nothing', () => expect(scalars({}, 5)).toEqual({}))
  test("are the optimiser's corrections of the step", () => {
    for (const step of [0, 1, 9]) {
      const of = scalars({ kind: 'adam', beta1: 0.5, beta2: 0.75 }, step)
      expect(of['scalar/firstCorrection']).toBe(Math.fround(1 / (1 - 0.5 ** (step + 1))))
      expect(of['scalar/secondCorrection']).toBe(Math.fround(1 / (1 - 0.75 ** (step + 1))))
    }
  })
  test('have no axes', () => {
    const { shapes } = stepFeeds(lanesOf([{ optimiser: sgd({ schedule: { kind: 'cosine' } }) }]))
    expect(shapes).toEqual({ 'scalar/schedule': { shape: [], dtype: 'float32' } })
  })
})

test('the values of a step are the same whatever was asked before', () => {
  const all = {
    data: own,
    optimiser: sgd({ kind: 'adam', batch: 2, schedule: { kind: 'cosine' } }),
    noise: { label: { kind: 'uniform', std: 1 }, gradient: { kind: 'heavy-tailed', std: 1 } },
    training: { steps: 1_000 },
  }
  const lanes = () => lanesOf([all, all])
  const steps = [0, 1, 63, 64, 65, 500, 999]
  const [forwards, backwards] = [stepFeeds(lanes()), stepFeeds(lanes())]
  const first = new Map(steps.map((step) => [step, at([], step, forwards)]))
  for (const step of steps.toReversed()) expect(at([], step, backwards)).toEqual(first.get(step))
  for (const step of [64, 0, 64]) expect(at(lanes(), step)).toEqual(first.get(step)) // a stack that begins there
})
