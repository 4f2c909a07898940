import { describe, expect, test } from 'vitest'
import type { ComparedLevel, Comparison } from '#core/contract/comparison.ts'
import type { VerdictPart } from '#core/contract/studies.ts'
import enCommon from '../../resources/messages/en/common.json' with { type: 'json' }
import jaCommon from '../../resources/messages/ja/common.json' with { type: 'json' }
import { createWords } from './catalogue.ts'
import { comparisonSentences, overallState, verdictSentences, within, type Naming } from './sentences.ts'

const en = createWords('en', [enCommon])
const ja = createWords('ja', [jaCommon])
const naming: Naming = {
  metrics: [{ name: 'loss', title: { en: 'Loss', ja: '損失' }, unit: '1', scale: 'log', isPredictable: true }],
  factors: [{ path: 'model', title: { en: 'Model', ja: 'モデル' }, ordered: false, levels: [] }],
}
const part = (over: Partial<VerdictPart>): VerdictPart => ({
  metric: 'loss',
  rule: 'at-most',
  limit: 0.001,
  upper: null,
  of: 'each',
  over: 'last',
  relativeTo: [],
  where: [],
  reason: null,
  runs: 40,
  value: null,
  interval: null,
  theory: { en: 'Lasso', ja: 'Lasso' },
  predicted: null,
  passed: 40,
  total: 40,
  worst: 3.4e-5,
  worstRun: 'a',
  ...over,
})
const texts = (parts: VerdictPart[], words = en) => verdictSentences(parts, naming, words).map(({ text }) => text)

describe('a verdict', () => {
  test('says how many runs agree with the theory, how far the worst is, and the limit', () => {
    expect(texts([part({ metric: 'oracle-distance-relative' })])).toEqual([
      '40 of 40 runs agree with Lasso: largest difference 3.4·10⁻⁵ of the largest coefficient (limit 0.001).',
    ])
    expect(texts([part({ metric: 'oracle-distance-relative', passed: 38 })], ja)).toEqual([
      '全体の40ランのうち38ランがLassoと一致しました。差は最大でも、最大係数の3.4·10⁻⁵倍です(許容差 0.001)。',
    ])
  })

  test('names the levels that a part speaks about', () => {
    const control = part({ metric: 'zeros', limit: 0, worst: 0, where: [{ factor: 'model', label: 'linear' }] })
    expect(texts([control])).toEqual(['None of the 40 runs with model linear has a zero coefficient.'])
    expect(texts([{ ...control, passed: 39, worst: 2 }])).toEqual([
      'Zero coefficients where none was expected: 1 of 40 runs with model linear; the most in one run is 2.',
    ])
  })

  test('has a plain sentence for any metric', () => {
    expect(texts([part({})])).toEqual(['40 of 40 runs: loss at most 0.001; the largest is 3.4·10⁻⁵.'])
    expect(texts([part({ metric: 'constructor', rule: 'at-least', worst: null })])).toEqual([
      '40 of 40 runs: constructor at least 0.001; the smallest is no value.',
    ])
  })

  test('of a range says both ends, of equal ends the one value', () => {
    expect(texts([part({ rule: 'within', limit: 3, upper: 6, worst: 6, passed: 39 })])).toEqual([
      '39 of 40 runs: loss between 3 and 6; the furthest is 6.',
    ])
    expect(texts([part({ rule: 'within', limit: 3, upper: 3, worst: 3 })])).toEqual(['40 of 40 runs: loss is 3; the furthest is 3.'])
  })

  test('of a mean says its value with its interval, its n and what was expected, in both languages', () => {
    const mean = part({ of: 'mean', rule: 'within', limit: 0.12, upper: 0.32, value: 0.2, interval: { low: 0.17, high: 0.25 }, runs: 400, passed: 1, total: 1 }) // prettier-ignore
    expect(texts([mean])).toEqual(['The mean of loss over 400 runs is 0.20 [0.17, 0.25]; between 0.12 and 0.32 was expected.'])
    expect(texts([mean], ja)).toEqual(['全体の400ランの損失の平均は0.20 [0.17, 0.25]です(0.12以上0.32以下と予想)。'])
    expect(texts([{ ...mean, of: 'median', rule: 'at-least', interval: null }])).toEqual([
      'The median of loss over 400 runs is 0.2; at least 0.12 was expected.',
    ])
  })

  test('of a mean over the second half of training says what theory gives for it', () => {
    const mean = part({ of: 'mean', over: 'last-half', rule: 'within', limit: 0.82, upper: 0.86, value: 0.838, interval: { low: 0.836, high: 0.84 }, theory: { en: 'Noise and decay add up', ja: 'ノイズと重み減衰の和' }, predicted: 0.84 }) // prettier-ignore
    expect(texts([mean])[0]).toMatch(/was expected\. Theory \(Noise and decay add up\) gives 0\.84\.$/)
    expect(texts([mean], ja)[0]).toMatch(/。理論値\(ノイズと重み減衰の和\)は0\.84です。$/)
  })

  test('says what of a series counts, and the baseline that a value is less', () => {
    expect(texts([part({ over: 'last-half' })])).toEqual([
      '40 of 40 runs: loss, mean of the second half of training at most 0.001; the largest is 3.4·10⁻⁵.',
    ])
    expect(texts([part({ over: { firstAtLeast: 0.45, after: 200 }, limit: 53, worst: 52 })])).toEqual([
      '40 of 40 runs: steps after step 200 until loss is at least 0.45 at most 53; the largest is 52.',
    ])
    expect(texts([part({ relativeTo: [{ factor: 'model', label: 'linear' }] })])).toEqual([
      '40 of 40 runs: loss, less that of linear at most 0.001; the largest is 3.4·10⁻⁵.',
    ])
  })

  test('is open without a finished run, and fails with one that does not pass', () => {
    expect(texts([part({ total: 0, passed: 0 })])).toEqual([en('verdict.openSentence')])
    expect(texts([])).toEqual([en('verdict.noGates')])
    expect(
      [[], [part({})], [part({}), part({ total: 0, passed: 0 })], [part({ total: 0, passed: 0 }), part({ passed: 39 })]].map(overallState),
    ).toEqual(['open', 'holds', 'open', 'fails'])
  })
})

const level = (over: Partial<ComparedLevel>): ComparedLevel => ({
  label: 'a',
  value: 1,
  n: 10,
  diverged: 0,
  stopped: 0,
  values: [],
  mean: 0.5,
  standardDeviation: 0.01,
  interval: { low: 0.496, high: 0.504 },
  difference: null,
  need: null,
  ...over,
})
const comparison = (levels: ComparedLevel[]): Comparison => ({
  factor: 'model',
  metric: 'loss',
  baseline: 'a',
  test: 'welch',
  confidence: 0.95,
  where: {},
  pooled: [],
  levels,
})
const difference = { value: 0.2, low: 0.1, high: 0.3, p: 0.001, pAdjusted: 0.002, effect: null }

describe('a comparison', () => {
  test('begins with the baseline, whose mean has its digits from its interval', () => {
    expect(comparisonSentences(comparison([level({ label: 'b', difference }), level({})]), en)).toEqual([
      'The baseline is level a: mean 0.500 ± 0.004, n = 10.',
      'Level b: the mean differs from the baseline’s by 0.20, 95 % interval [0.10, 0.30]; p\u00a0=\u00a00.002 after Holm’s correction. The difference is statistically significant at 0.05.',
    ])
  })

  test('does not take a large p for the absence of a difference', () => {
    const [, text] = comparisonSentences(comparison([level({}), level({ label: 'b', difference: { ...difference, pAdjusted: 0.4 } })]), en)
    expect(text).toContain('not evidence that there is none')
  })

  test('of one seed says how many are needed', () => {
    const one = level({ label: 'b', n: 1, interval: null, standardDeviation: null, need: { seeds: 2 } })
    expect(comparisonSentences(comparison([level({}), one]), en)[1]).toBe(
      'Level b: one run gives no interval and no test. At least 2 seeds are needed; add 1.',
    )
  })

  test('says which levels have no value, no test, and how many runs diverged', () => {
    const none = level({ label: 'b', n: 0, mean: null, interval: null, diverged: 3 })
    const equal = level({ label: 'c', difference: { ...difference, low: null, high: null, p: null, pAdjusted: null } })
    expect(comparisonSentences(comparison([level({}), none, equal]), en).slice(1)).toEqual([
      'Level b: no run has a value, so there is no mean.',
      'Level c: the mean differs from the baseline’s by 0.2. No test: the runs do not vary as replicates of one another do.',
      '3 diverged runs are left out of the numbers.',
    ])
  })
})

test('a title inside an English sentence loses its capital, an acronym keeps it', () => {
  expect([within('Weight decay', 'en'), within('MNIST', 'en'), within('Lasso', 'ja')]).toEqual(['weight decay', 'MNIST', 'Lasso'])
})
