import { describe, expect, test } from 'vitest'
import { inlineTables, specOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { makeLanes, type Lane } from './lanes.ts'

expect.extend({ toBeAllclose })

const cell = 'ab'.repeat(32)
const lanes = (specs: Parameters<typeof makeLanes>[0]) => makeLanes(specs, inlineTables)
const one = (...of: Parameters<typeof specOf>): Lane => {
  const [lane] = lanes([specOf(...of)])
  if (lane === undefined) throw new Error('expected a lane')
  return lane
}
const numbersOf = ({ data, start, batches }: Lane) => {
  const rows = new Int32Array(5)
  batches(3, rows)
  return { x: data.train.x.values, y: data.train.y.values, ...start, rows }
}

describe('makeLanes', () => {
  test('makes a lane of each run, in their order', () => {
    const specs = [specOf({}, { replicate: 3 }), specOf({}, { replicate: 1 })]
    expect(lanes(specs).map(({ run }) => run)).toEqual(specs.map(({ run }) => run))
  })
  test('every number follows from base, cell and replicate, never from the place in the stack', () => {
    const [a, b, c] = [specOf({}, { cell, replicate: 1 }), specOf({}, { cell, replicate: 2 }), specOf({}, { replicate: 1 })]
    const alone = lanes([b]).map(numbersOf)
    expect(lanes([a, b, c]).slice(1, 2).map(numbersOf)).toEqual(alone)
    expect(lanes([b, a]).slice(0, 1).map(numbersOf)).toEqual(alone)
  })
  test.each([
    ['replicate', specOf({}, { cell, replicate: 2 })],
    ['cell', specOf({}, { cell: 'cd'.repeat(32) })],
    ['base', specOf({}, { cell, base: 2 })],
  ])('another %s draws other data, another start, other batches', (_, spec) => {
    const [before, after] = [numbersOf(one({}, { cell })), lanes([spec]).map(numbersOf)[0]]
    for (const [name, values] of Object.entries(before)) expect(after?.[name as keyof typeof before], name).not.toEqual(values) // both have the same names
  })
  test('settings that no draw depends on change no number', () => {
    const other = {
      regularisation: { weightDecay: 0.5 },
      optimiser: { kind: 'sgd', learningRate: 0.2, momentum: 0.5 },
      training: { steps: 7 },
    }
    expect(numbersOf(one(other))).toEqual(numbersOf(one({})))
  })
  test('predicts what the theory says of its own data, or nothing', () => {
    // X = I, n = 2: soft(y/2, γ)/(1/2) = y − 2γ
    const data = { kind: 'csv', path: 'a,b,y/1,0,3/0,1,0.1', target: 'y', standardise: false }
    const regularisation = { weightDecay: 0.25 }
    expect(one({ data, regularisation }).prediction?.vector).toBeAllclose([2.5, 0])
    // ridge: (1/2 + γ)v = y/2
    expect(one({ data, regularisation, model: { kind: 'linear' } }).prediction?.vector).toBeAllclose([2, 0.05 / 0.75])
    expect(one({ data, regularisation, model: { kind: 'product-linear', depth: 3 } }).prediction).toBeNull()
  })
  describe('initial values', () => {
    const starts = (initialValues: unknown, more: Fields = {}) => one({ initialValues, ...more }).start
    test('a number is every entry of what its pattern names, the rest is drawn as before', () => {
      expect(starts({ u: 0.5 })).toEqual({ u: Float64Array.of(0.5, 0.5, 0.5), w: one({}).start['w'] })
      expect(starts({ '*': 0 })).toEqual({ u: new Float64Array(3), w: new Float64Array(3) })
    })
    test('a list is an entry each', () => expect(starts({ w: [1, -2, 3] })['w']).toEqual(Float64Array.of(1, -2, 3)))
    test('of two patterns for one parameter the last counts', () => {
      expect(starts({ '*': 1, u: 2 })).toEqual({ u: new Float64Array(3).fill(2), w: new Float64Array(3).fill(1) })
      expect(starts({ u: 2, '*': 1 })).toEqual({ u: new Float64Array(3).fill(1), w: new Float64Array(3).fill(1) })
    })
    test('are of what is trained: after a reparametrisation of its variables', () => {
      const reparametrise = [{ kind: 'syre', std: 0.1, parameters: 'u' }]
      expect(starts({ 'u/free': 1 }, { reparametrise })['u/free']).toEqual(new Float64Array(3).fill(1))
      expect(() => starts({ u: 1 }, { reparametrise })).toThrow('initialValues: expected a pattern of the parameters w, u/free, got "u"')
    })
    test('a list of another length, or a pattern that names nothing, is one sentence', () => {
      expect(() => starts({ u: [1, 2] })).toThrow('initialValues.u: expected 3 numbers for u, got 2')
      expect(() => starts({ v: 1 })).toThrow('initialValues: expected a pattern of the parameters u, w, got "v"')
    })
    test('change no other number', () => {
      const { data, batches } = one({ initialValues: { u: 1 } })
      expect(numbersOf({ ...one({}), data, batches })).toEqual(numbersOf(one({})))
    })
  })
  test('draws what a reparametrisation keeps from the run, and says no closed form of it', () => {
    const reparametrise = [{ kind: 'syre', std: 0.1 }]
    const [a, b] = [one({ reparametrise }), one({ reparametrise }, { replicate: 2 })]
    expect(Object.keys(a.constants)).toEqual(['u/bias', 'w/bias'])
    expect(a.constants['u/bias']).not.toEqual(b.constants['u/bias'])
    expect(a.constants).toEqual(one({ reparametrise }).constants)
    expect(a.prediction).toBeNull()
  })
  test('runs that share their data share it, and each task has data of its own', () => {
    const data = { kind: 'csv', path: 'a,b,y/1,0,3/0,1,0.1', target: 'y', standardise: false }
    const [a, b] = lanes([specOf({ data }), specOf({ data }, { replicate: 2 })])
    expect(a?.data).toBe(b?.data)
    const tasks = [{ step: 10, set: { 'data.target': 7 } }]
    const switching = one({ data: { kind: 'scalar', target: 2 }, tasks })
    expect(switching.tasks.map(({ step, data: { train } }) => [step, train.y.values[0]])).toEqual([
      [0, 2],
      [10, 7],
    ])
    expect(switching.data).toBe(switching.tasks[0]?.data)
    expect(switching.prediction).toBeNull()
  })
  test('a task that draws its data anew draws it from the same numbers', () => {
    const { tasks } = one({ tasks: [{ step: 10, set: { 'data.coefficients': [1] } }] })
    expect(tasks[1]?.data.train.x).toEqual(tasks[0]?.data.train.x)
    expect(tasks[1]?.data.train.y).not.toEqual(tasks[0]?.data.train.y)
  })
  test('a study that is not resolved is refused', () => {
    expect(() => lanes([{ ...specOf({}), study: { kagami: 1 } }])).toThrow('start: run small.000000000000.1: expected a resolved study')
  })
})
