import { describe, expect, test } from 'vitest'
import type { Survival, VerdictPart } from '#core/contract/index.ts'
import { aStudy, weightDecay } from '../../testing/fixtures.ts'
import { eventOf, numberIn, stepIn, survivalData } from './timesData.ts'

const gate = (over: VerdictPart['over'], metric = 'loss'): VerdictPart => ({
  metric,
  rule: 'at-most',
  limit: 50,
  upper: null,
  of: 'each',
  over,
  relativeTo: [],
  where: [],
  theory: null,
  reason: null,
  passed: 0,
  total: 0,
  runs: 0,
  value: null,
  interval: null,
  worst: null,
  worstRun: null,
  predicted: null,
  least: null,
  most: null,
})
const [loss] = aStudy().metrics
const collapse = { name: 'collapsed', title: { en: 'Collapsed', ja: '崩壊' }, unit: '1', scale: 'linear', isPredictable: false } as const

describe('the event that is meant until the reader chooses', () => {
  test('is that of the first gate about a first step', () => {
    const study = aStudy({
      verdict: [gate('last'), gate('last-half'), gate({ firstAtLeast: 0.45, after: 200 }), gate({ firstAtMost: 1, after: 0 })],
    })
    expect(eventOf(study, null)).toEqual({ metric: 'loss', rule: 'at-least', limit: '0.45', after: '200' })
    expect(eventOf(aStudy({ verdict: [gate({ firstAtMost: 1, after: 0 })] }), 'loss')).toEqual({
      metric: 'loss',
      rule: 'at-most',
      limit: '1',
      after: '0',
    })
  })

  test('is the collapse, where runs record it', () => {
    const study = aStudy({ metrics: [...(loss === undefined ? [] : [loss]), collapse] })
    expect(eventOf(study, null)).toEqual({ metric: 'collapsed', rule: 'at-least', limit: '1', after: '0' })
    expect(eventOf(study, 'loss')).toEqual({ metric: 'loss', rule: 'at-most', limit: '', after: '0' })
  })

  test('has no limit elsewhere, and no metric where none is recorded', () => {
    expect(eventOf(aStudy(), null)).toMatchObject({ metric: 'loss', limit: '' })
    expect(eventOf(aStudy({ metrics: [] }), null)).toMatchObject({ metric: '', limit: '' })
  })
})

test('a number is finite, a step whole and not negative', () => {
  expect(['0.1', ' 1e-3 ', '−2', '', 'x', 'Infinity', '1,5'].map(numberIn)).toEqual([0.1, 1e-3, -2, null, null, null, null])
  expect(['0', '200', '1e3', '-1', '0.5', '', '1e99'].map(stepIn)).toEqual([0, 200, 1000, null, null, null, null])
})

test('the chart has the titles of the study', () => {
  const survival: Survival = {
    factor: weightDecay,
    metric: 'loss',
    rule: 'at-most',
    limit: 1,
    baseline: '0.1',
    confidence: 0.95,
    interval: 'log-log',
    resolution: null,
    horizon: null,
    where: {},
    pooled: [],
    test: null,
    levels: [],
  }
  expect(survivalData(aStudy(), survival, true)).toMatchObject({
    metric: { title: { ja: '損失' }, unit: '' },
    factor: { ordered: true },
    logTime: true,
    survival,
  })
  expect(survivalData(aStudy(), { ...survival, factor: 'gone' }, false).factor).toEqual({
    title: { en: 'gone', ja: 'gone' },
    ordered: false,
  })
})
