import { describe, expect, test } from 'vitest'
import type { Factor, VerdictPart } from '#core/contract/studies.ts'
import type { Survival } from '#core/contract/survival.ts'
import { collapseQuestions, gateQuestions, timesOf, type TimesSource } from './reportTimes.ts'

const factor = (path: string, labels: readonly string[], ordered: boolean): Factor => ({
  path,
  title: { en: path, ja: path },
  ordered,
  levels: labels.map((label) => ({ value: label, label })),
})
const decay = factor('decay', ['0.1', '0'], true)
const tasks = factor('tasks', ['T200', 'T400', 'T800'], false)

const gate = (over: VerdictPart['over'], where: Readonly<Record<string, string>> = {}, metric = 'norm'): VerdictPart => ({
  metric,
  rule: 'at-most',
  limit: 50,
  upper: null,
  predicted: null,
  of: 'each',
  over,
  relativeTo: [],
  where: Object.entries(where).map(([path, label]) => ({ factor: path, label })),
  theory: null,
  reason: null,
  passed: 0,
  total: 0,
  runs: 0,
  value: null,
  interval: null,
  least: null,
  most: null,
  worst: null,
  worstRun: null,
})
const source = (over: Partial<TimesSource>): TimesSource => ({ factors: [decay, tasks], metrics: [{ name: 'norm' }], verdict: [], ...over })
const questionsOf = (verdict: readonly VerdictPart[], factors = [decay, tasks]) =>
  gateQuestions(source({ verdict, factors })).map(({ question }) => question)

describe('what a report asks about times', () => {
  test('joins gates that differ in one factor and in the step from which it counts', () => {
    const at = (after: number, label: string, firstAtLeast: number, own: string) =>
      gate({ firstAtLeast, after }, { decay: own, tasks: label })
    const verdict = [
      at(200, 'T200', 0.45, '0.1'),
      at(400, 'T400', 0.45, '0.1'),
      at(800, 'T800', 0.45, '0.1'),
      at(200, 'T200', 0.5, '0'),
      at(800, 'T800', 0.5, '0'),
    ]
    expect(questionsOf(verdict)).toEqual([
      { metric: 'norm', atLeast: 0.45, factor: 'tasks', after: { T200: 200, T400: 400, T800: 800 }, where: { decay: '0.1' } },
      { metric: 'norm', atLeast: 0.5, factor: 'tasks', after: { T200: 200, T800: 800 }, where: { decay: '0' } },
    ])
  })

  test('compares all levels of the factor with a scale for a gate about every run, the others at their first level', () => {
    expect(questionsOf([gate({ firstAtMost: 1, after: 5 })])).toEqual([
      { metric: 'norm', atMost: 1, factor: 'decay', after: 5, where: { tasks: 'T200' } },
    ])
    expect(questionsOf([gate({ firstAtMost: 1, after: 0 }, { decay: '0' })])).toEqual([
      { metric: 'norm', atMost: 1, factor: 'decay', after: 0, where: { tasks: 'T200' } },
    ])
  })

  test('is nothing without such a gate, without a factor, or with one of too many levels', () => {
    expect(questionsOf([gate('last'), gate('last-half')])).toEqual([])
    expect(questionsOf([gate({ firstAtMost: 1, after: 0 })], [])).toEqual([])
    const many = factor('rate', Array.from({ length: 13 }, (_, i) => String(i)), true) // prettier-ignore
    expect(questionsOf([gate({ firstAtMost: 1, after: 0 })], [many])).toEqual([])
  })

  test('is the collapse where runs record it: the factor with most levels at each level of the next', () => {
    const collapse = source({ metrics: [{ name: 'norm' }, { name: 'collapsed' }] })
    expect(collapseQuestions(collapse).map(({ question }) => question)).toEqual([
      { metric: 'collapsed', atLeast: 1, factor: 'tasks', where: { decay: '0.1' } },
      { metric: 'collapsed', atLeast: 1, factor: 'tasks', where: { decay: '0' } },
    ])
    expect(collapseQuestions(source({}))).toEqual([])
    expect(collapseQuestions({ ...collapse, verdict: [gate({ firstAtLeast: 1, after: 0 }, {}, 'collapsed')] })).toEqual([])
  })

  test('keeps answers with runs, of a collapse those with one, and six at most', async () => {
    const answer = (n: number, events: number) => ({ levels: [{ n, events }] }) as unknown as Survival // what is read of it
    const collapse = source({ metrics: [{ name: 'collapsed' }], verdict: [gate({ firstAtMost: 1, after: 0 })] })
    expect(await timesOf(collapse, () => Promise.resolve(answer(4, 0)))).toHaveLength(1)
    expect(await timesOf(collapse, () => Promise.resolve(answer(4, 1)))).toHaveLength(3)
    expect(await timesOf(collapse, () => Promise.resolve(answer(0, 0)))).toHaveLength(0)
    const verdict = Array.from({ length: 9 }, (_, i) => gate({ firstAtMost: i, after: 0 }))
    expect(await timesOf(source({ verdict }), () => Promise.resolve(answer(4, 1)))).toHaveLength(6)
  })
})
