import { describe, expect, test } from 'vitest'
import { gate, reduceSeries, type Over } from './gates.ts'

const parse = (fields: object) => gate.safeParse({ metric: 'loss', ...fields })

describe('gate', () => {
  test('is of every run, at its last value, if nothing else is said', () => {
    expect(parse({ atMost: 1 }).data).toEqual({ metric: 'loss', atMost: 1, over: 'last', of: 'each', where: {} })
  })
  test.each([
    [{}, false],
    [{ atLeast: 2, atMost: 1 }, false],
    [{ atLeast: 1, atMost: 1 }, true],
    [{ atMost: 1, over: { firstAtMost: 1 } }, true],
    [{ atMost: 1, over: { after: 3 } }, false],
    [{ atMost: 1, over: { firstAtMost: 1, firstAtLeast: 0 } }, false],
    [{ atMost: 1, of: 'max' }, false],
  ])('%j: %s', (fields, isGate) => expect(parse(fields).success).toBe(isGate))
})

describe('reduceSeries', () => {
  const steps = Float64Array.of(0, 10, 20, 30, 40)
  const values = Float64Array.of(9, 4, 2, 5, 1)
  const of = (over: Over) => reduceSeries(over, { steps, values, last: 40 })
  test('the last value', () => expect(of('last')).toBe(1))
  test('the mean over the second half: steps beyond half of the last', () => expect(of('last-half')).toBe(3))
  test('the first step at which a value is reached, from above or below', () => {
    expect([of({ firstAtMost: 4, after: 0 }), of({ firstAtLeast: 9, after: 0 }), of({ firstAtMost: 2, after: 0 })]).toEqual([10, 0, 20])
  })
  test('counts from a step, and looks at nothing before it', () => {
    expect([of({ firstAtMost: 4, after: 20 }), of({ firstAtMost: 4, after: 21 }), of({ firstAtLeast: 5, after: 5 })]).toEqual([0, 19, 25])
  })
  test('a value that is never reached, and an empty series, is NaN', () => {
    expect(of({ firstAtMost: 0, after: 0 })).toBeNaN()
    const empty = { steps: new Float64Array(), values: new Float64Array(), last: 40 }
    for (const over of ['last', 'last-half', { firstAtMost: 1, after: 0 }] as const) expect(reduceSeries(over, empty)).toBeNaN()
  })
  test('NaN reaches no value, and makes a mean NaN', () => {
    const holed = { steps, values: Float64Array.of(9, Number.NaN, 2, 5, Number.NaN), last: 40 }
    expect(reduceSeries({ firstAtMost: 4, after: 0 }, holed)).toBe(20)
    expect([reduceSeries('last', holed), reduceSeries('last-half', holed)]).toEqual([Number.NaN, Number.NaN])
  })
})
