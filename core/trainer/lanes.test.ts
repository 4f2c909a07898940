import { describe, expect, test } from 'vitest'
import { inlineTables, specOf } from '#core/testing/oneCell.ts'
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
  test('a study that is not resolved is refused', () => {
    expect(() => lanes([{ ...specOf({}), study: { kagami: 1 } }])).toThrow('start: run small.000000000000.1: expected a resolved study')
  })
})
