import { describe, expect, test } from 'vitest'
import type { Phase } from '#core/contract/index.ts'
import { aStudy, weightDecay } from '../../testing/fixtures.ts'
import { phaseData, phaseFactors, phaseMetric } from './phaseData.ts'

const rate = {
  path: 'optimiser.learningRate',
  title: { en: 'rate', ja: '率' },
  ordered: true,
  levels: [0.1, 1].map((value) => ({ value, label: String(value) })),
}
const study = aStudy()

describe('phaseFactors', () => {
  test('are those with an order and more than one level', () => {
    const single = { ...rate, path: 'single', levels: rate.levels.slice(0, 1) }
    expect(phaseFactors(study).map(({ path }) => path)).toEqual([weightDecay]) // a model has no order
    expect(phaseFactors({ factors: [...study.factors, rate, single] }).map(({ path }) => path)).toEqual([weightDecay, rate.path])
  })
})

describe('phaseMetric', () => {
  const zeros = { name: 'zeros', title: { en: 'Zeros', ja: 'ゼロ' }, unit: '1', scale: 'linear', isPredictable: true } as const
  const part = (metric: string) => ({ metric }) as (typeof study.verdict)[number] // what is read of it
  test('is what the first gate judges, else the first', () => {
    expect(phaseMetric({ verdict: [part('zeros')], metrics: [...study.metrics, zeros] })).toBe('zeros')
    expect(phaseMetric({ verdict: [part('other')], metrics: [...study.metrics, zeros] })).toBe('loss')
    expect(phaseMetric({ verdict: [], metrics: [] })).toBe('')
  })
})

test('phaseData names metric and factors as the study does, and unknown ones by their paths', () => {
  const axis = (factor: string) => ({ factor, scale: 'linear' as const, levels: [{ label: '1', value: 1 }] })
  const phase: Phase = { metric: 'loss', x: axis(weightDecay), y: axis('gone'), where: {}, pooled: [], cells: [], boundary: null }
  const data = phaseData(study, phase)
  expect([data.metric.title.en, data.metric.unit, data.x.title.en, data.y.title.en]).toEqual(['Loss', '', 'weight decay', 'gone'])
  expect(data.phase).toBe(phase)
})
