import { describe, expect, test } from 'vitest'
import type { Run } from '#core/contract/runs.ts'
import type { Words } from '#core/contract/values.ts'
import type { Gate } from './schema.ts'
import { verdictOf } from './verdict.ts'

const linear = { factor: 'model', value: { kind: 'linear' }, label: 'linear' }
const product = { factor: 'model', value: { kind: 'product-linear', depth: 2 }, label: 'product-linear' }
const run = (id: string, value: number | null, more: Partial<Run> = {}): Run => ({
  id,
  study: 's',
  cell: 'c',
  stack: 'k',
  lane: 0,
  replicate: 1,
  levels: [product],
  state: 'finished',
  outcome: { kind: 'reached-last-step' },
  reason: null,
  step: 10,
  steps: 10,
  values: value === null ? {} : { zeros: value },
  parametersSha256: null,
  startedMs: null,
  endedMs: null,
  ...more,
})
const atMost: Gate = { metric: 'zeros', atMost: 2, where: {} }
const atLeast: Gate = { metric: 'zeros', atLeast: 2, where: {} }
const untold = (): Words | null => null
const verdict = (gate: Gate, runs: readonly Run[]) => verdictOf([gate], runs, untold)[0]

describe('verdictOf', () => {
  test('counts the runs at or below a limit, and names the worst', () => {
    expect(verdict(atMost, [run('a', 1), run('b', 2), run('c', 3)])).toMatchObject({
      metric: 'zeros',
      rule: 'at-most',
      limit: 2,
      passed: 2,
      total: 3,
      worst: 3,
      worstRun: 'c',
    })
  })
  test('counts the runs at or above a limit, and names the worst', () => {
    expect(verdict(atLeast, [run('a', 1), run('b', 2), run('c', 3)])).toMatchObject({
      rule: 'at-least',
      passed: 2,
      total: 3,
      worst: 1,
      worstRun: 'a',
    })
  })
  test('of equally bad runs the first is the worst', () => {
    expect(verdict(atMost, [run('a', 1), run('b', 5), run('c', 5)])).toMatchObject({ worst: 5, worstRun: 'b' })
  })
  test.each([
    ['at most', atMost],
    ['at least', atLeast],
  ])('%s: a run without a finite value does not pass, and is the worst wherever it stands', (_, gate) => {
    for (const runs of [
      [run('bad', Number.NaN), run('a', 2)],
      [run('a', 2), run('bad', Number.NaN)],
      [run('a', 2), run('bad', null)],
    ])
      expect(verdict(gate, runs)).toMatchObject({ passed: 1, total: 2, worst: Number.NaN, worstRun: 'bad' })
  })
  test('infinite values are held to the limit like any other', () => {
    expect(verdict(atMost, [run('a', Number.POSITIVE_INFINITY), run('b', Number.NEGATIVE_INFINITY)])).toMatchObject({
      passed: 1,
      worst: Number.POSITIVE_INFINITY,
    })
  })
  test('only finished runs count', () => {
    const others = (['queued', 'running', 'stopped', 'failed', 'interrupted'] as const).map((state) => run(state, 9, { state }))
    expect(verdict(atMost, [...others, run('a', 1)])).toMatchObject({ passed: 1, total: 1, worst: 1 })
  })
  test('without a finished run there is nothing to pass and no worst', () => {
    expect(verdict(atMost, [])).toMatchObject({ passed: 0, total: 0, worst: null, worstRun: null })
  })
  test('a rule speaks about the runs with its levels, named in part or whole', () => {
    const runs = [run('a', 1, { levels: [linear] }), run('b', 9, { levels: [product] })]
    const gate = (value: { kind: string }) => ({ ...atMost, where: { model: value } })
    expect(verdict(gate({ kind: 'linear' }), runs)).toMatchObject({ passed: 1, total: 1, where: [{ factor: 'model', label: 'linear' }] })
    expect(verdict(gate({ kind: 'product-linear' }), runs)).toMatchObject({ passed: 0, total: 1 })
    expect(verdict(atMost, runs)).toMatchObject({ passed: 1, total: 2, where: [] })
  })
  test('gives a part for each rule, in their order', () => {
    expect(verdictOf([atMost, atLeast], [run('a', 2)], untold).map(({ rule }) => rule)).toEqual(['at-most', 'at-least'])
  })
})
