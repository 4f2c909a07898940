import { describe, expect, test } from 'vitest'
import { gate } from './gates.ts'
import { brokenAt, stopRulesOf } from './stops.ts'

const gates = [
  { metric: 'loss', atMost: 1 },
  { metric: 'loss', atMost: 5, stopFrom: 100 },
  { metric: 'norm', atLeast: 0.1, atMost: 9, stopFrom: 0, where: { 'regularisation.weightDecay': 0.5 } },
].map((one) => gate.parse(one))
const level = (value: number) => [{ factor: 'regularisation.weightDecay', value, label: String(value) }]

describe('rules that stop a run', () => {
  test('are the gates with a step from which they do, for the levels of which they speak, at their place among all', () => {
    expect(stopRulesOf(gates, level(0))).toEqual([{ gate: 1, metric: 'loss', from: 100, atMost: 5 }])
    expect(stopRulesOf(gates, level(0.5)).map(({ gate: place }) => place)).toEqual([1, 2])
  })
  const rules = stopRulesOf(gates, level(0.5))
  const at = (step: number, loss: number, norm: number) => brokenAt(rules, { step, valueOf: (name) => (name === 'loss' ? loss : norm) })
  test.each([
    ['a value on the limit holds', 100, 5, 0.1, null],
    ['a value above it does not', 100, 5.000001, 1, 1],
    ['before its first step a rule says nothing', 99, 6, 1, null],
    ['another rule may', 99, 6, 0.05, 2],
    ['the first rule that is broken counts', 100, 6, 0.05, 1],
    ['a metric without a value breaks nothing', 100, Number.NaN, Number.NaN, null],
    ['one that is infinite does', 100, Infinity, 1, 1],
  ])('%s', (_, step, loss, norm, broken) => expect(at(step, loss, norm)).toBe(broken))
})

describe('a gate with stopFrom', () => {
  test.each([{ over: 'last-half' }, { of: 'mean' }, { relativeTo: { 'regularisation.weightDecay': 0 } }])(
    'is about the recorded values of one run by itself: %o is refused',
    (more) => {
      const parsed = gate.safeParse({ metric: 'loss', atMost: 1, stopFrom: 0, ...more })
      expect(parsed.success).toBe(false)
      expect(parsed.error?.issues.map(({ path }) => path)).toEqual([['stopFrom']])
    },
  )
})
