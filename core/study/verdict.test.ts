import { describe, expect, test } from 'vitest'
import type { Run } from '#core/contract/runs.ts'
import { gate as gateSchema, type Gate } from './gates.ts'
import { verdictOf, type GateTheory } from './verdict.ts'

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
const gateOf = (fields: object): Gate => gateSchema.parse({ metric: 'zeros', ...fields })
const atMost = gateOf({ atMost: 2 })
const atLeast = gateOf({ atLeast: 2 })
const sources = {
  valueOf: ({ metric }: Gate, { values }: Run) => values[metric] ?? Number.NaN,
  theoryOf: () => null,
}
const verdict = (gate: Gate, runs: readonly Run[]) => verdictOf([gate], runs, sources)[0]

describe('verdictOf', () => {
  test('counts the runs at or below a limit, and names the worst', () => {
    expect(verdict(atMost, [run('a', 1), run('b', 2), run('c', 3)])).toMatchObject({
      metric: 'zeros',
      rule: 'at-most',
      limit: 2,
      passed: 2,
      total: 3,
      least: 1,
      most: 3,
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
      expect(verdict(gate, runs)).toMatchObject({ passed: 1, total: 2, least: 2, most: 2, worst: Number.NaN, worstRun: 'bad' })
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
    expect(verdict(atMost, [])).toMatchObject({ passed: 0, total: 0, least: null, most: null, worst: null, worstRun: null })
  })
  test('a rule speaks about the runs with its levels, named in part or whole', () => {
    const runs = [run('a', 1, { levels: [linear] }), run('b', 9, { levels: [product] })]
    const gate = (value: { kind: string }) => ({ ...atMost, where: { model: value } })
    expect(verdict(gate({ kind: 'linear' }), runs)).toMatchObject({ passed: 1, total: 1, where: [{ factor: 'model', label: 'linear' }] })
    expect(verdict(gate({ kind: 'product-linear' }), runs)).toMatchObject({ passed: 0, total: 1 })
    expect(verdict(atMost, runs)).toMatchObject({ passed: 1, total: 2, where: [] })
  })
  test('says what theory gives for a mean over the last half and over all runs, and for nothing else', () => {
    const title = { en: 'Noise', ja: 'ノイズ' }
    const runs = [run('a', 1), run('b', 3)]
    const theoryOf: GateTheory = (_, { id }) => ({ title, value: id === 'a' ? 2 : 2.5 })
    const said = (fields: object, of: GateTheory = theoryOf) => {
      const [part] = verdictOf([gateOf({ atMost: 2, ...fields })], runs, { ...sources, theoryOf: of })
      return [part?.theory?.en, part?.predicted]
    }
    const meanOfHalves = { of: 'mean', over: 'last-half' }
    expect(said(meanOfHalves)).toEqual(['Noise', 2.25])
    for (const fields of [
      {},
      { of: 'mean' },
      { over: 'last-half' },
      { ...meanOfHalves, of: 'median' },
      { ...meanOfHalves, relativeTo: { model: { kind: 'linear' } } },
    ])
      expect(said(fields)).toEqual(['Noise', null])
    expect(said(meanOfHalves, (gate, one) => (one.id === 'a' ? null : theoryOf(gate, one)))).toEqual([undefined, null])
    expect(said(meanOfHalves, () => ({ title, value: Number.NaN }))).toEqual(['Noise', null])
  })
  test('gives a part for each rule, in their order', () => {
    expect(verdictOf([atMost, atLeast], [run('a', 2)], sources).map(({ rule }) => rule)).toEqual(['at-most', 'at-least'])
  })
  test('between two limits counts the runs within both, and the worst is the furthest outside', () => {
    const within = gateOf({ atLeast: 1, atMost: 2 })
    expect(verdict(within, [run('a', 1), run('b', 2), run('c', 2.5), run('d', 0)])).toMatchObject({
      rule: 'within',
      limit: 1,
      upper: 2,
      passed: 2,
      total: 4,
      worst: 0,
      worstRun: 'd',
    })
  })

  describe('of all runs together', () => {
    const runs = [run('a', 1), run('b', 2), run('c', 6)]
    test('a mean passes or does not, with its interval', () => {
      const part = verdict(gateOf({ of: 'mean', atMost: 3 }), runs)
      expect(part).toMatchObject({ of: 'mean', passed: 1, total: 1, runs: 3, value: 3 })
      // s² = (4 + 1 + 9)/2 = 7, t of 2 degrees at .975 is 4.302652730
      const half = (4.30265273 * Math.sqrt(7)) / Math.sqrt(3)
      expect(part?.interval?.low ?? Number.NaN).toBeCloseTo(3 - half, 6) // ten printed digits of t
      expect(part?.interval?.high ?? Number.NaN).toBeCloseTo(3 + half, 6)
      expect(verdict(gateOf({ of: 'mean', atMost: 2.9 }), runs)).toMatchObject({ passed: 0, total: 1 })
    })
    test('a median has no interval', () => {
      expect(verdict(gateOf({ of: 'median', atMost: 2 }), runs)).toMatchObject({ passed: 1, total: 1, value: 2, interval: null })
    })
    test('a mean of zeros and ones is a share', () => {
      const part = verdict(gateOf({ of: 'mean', atLeast: 0.5 }), [run('a', 1), run('b', 1), run('c', 0), run('d', 1)])
      // Wilson, 3 of 4: (.75 + z²/8 ± z√(.75·.25/4 + z²/64))/(1 + z²/4), z = 1.959963985
      expect(part).toMatchObject({ value: 0.75, passed: 1 })
      expect(part?.interval?.low ?? Number.NaN).toBeCloseTo(0.3006418, 6)
      expect(part?.interval?.high ?? Number.NaN).toBeCloseTo(0.9544127, 6)
    })
    test('without all of its runs, or with one that has no value, it has none', () => {
      const mean = gateOf({ of: 'mean', atMost: 10 })
      expect(verdict(mean, [...runs, run('d', 1, { state: 'failed' })])).toMatchObject({ passed: 0, total: 0 })
      expect(verdict(mean, [...runs, run('d', Number.NaN)])).toMatchObject({ passed: 0, total: 1, value: null, interval: null })
      expect(verdict(mean, [])).toMatchObject({ passed: 0, total: 0, value: null })
    })
  })

  describe('relative to a baseline', () => {
    const decay = (value: number) => ({ factor: 'decay', value, label: String(value) })
    const at = (id: string, value: number, more: { levels: Run['levels']; replicate?: number; state?: Run['state'] }) =>
      run(id, value, more)
    const gate = gateOf({ atMost: 0, where: { decay: 1 }, relativeTo: { decay: 0 } })
    test('the value is the difference to the run of the same replicate and the same other levels', () => {
      const runs = [
        at('base', 5, { levels: [linear, decay(0)] }),
        at('other model', 0, { levels: [product, decay(0)] }),
        at('other seed', 0, { levels: [linear, decay(0)], replicate: 2 }),
        at('a', 4, { levels: [linear, decay(1)] }),
      ]
      expect(verdict(gate, runs)).toMatchObject({
        passed: 1,
        total: 1,
        worst: -1,
        worstRun: 'a',
        relativeTo: [{ factor: 'decay', label: '0' }],
      })
    })
    test('without a finished baseline there is no value', () => {
      const runs = [at('base', 5, { levels: [linear, decay(0)], state: 'failed' }), at('a', 4, { levels: [linear, decay(1)] })]
      expect(verdict(gate, runs)).toMatchObject({ passed: 0, total: 1, worst: Number.NaN })
    })
  })
})
