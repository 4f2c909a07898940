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
  least: null,
  most: null,
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

  // Prose that is read aloud in meetings: kept word for word, so that whoever changes it reads it again.
  const numericRank = { title: { en: 'Numeric rank', ja: '数値ランク' }, unit: '1', scale: 'linear', isPredictable: false } as const
  const more: Naming = {
    metrics: [...naming.metrics, { name: 'rank', ...numericRank }],
    factors: [...naming.factors, { path: 'decay', title: { en: 'Weight decay γ', ja: '重み減衰 γ' }, ordered: true, levels: [] }],
  }
  const strong = { where: [{ factor: 'decay', label: '0.3' }] }
  const rank = part({ metric: 'rank', rule: 'within', limit: 4, upper: 4, least: 4, most: 4, worst: 4, ...strong, passed: 5, total: 5 })
  const range = part({ rule: 'within', limit: 3, upper: 6, least: 3.25, most: 5, worst: 3.25 })
  const first = part({
    over: { firstAtLeast: 0.45, after: 200 },
    rule: 'within',
    limit: 51,
    upper: 53,
    least: 52,
    most: 52,
    worst: 52,
    passed: 2,
    total: 2,
  })
  test.each<[string, VerdictPart, string, string]>([
    [
      'a largest value',
      part({}),
      'Loss: at most 0.001 in all 40 runs; the largest is 3.4·10⁻⁵.',
      '全40ランで、損失は0.001以下です。最大は3.4·10⁻⁵です。',
    ],
    [
      'some above',
      part({ passed: 38, worst: 0.02, ...strong }),
      'Loss: at most 0.001 in 38 of 40 runs with weight decay γ 0.3; the largest is 0.02.',
      '重み減衰 γが0.3の40ランのうち38ランで、損失は0.001以下です。最大は0.02です。',
    ],
    [
      'all above',
      part({ passed: 0, worst: 0.02 }),
      'Loss: at most 0.001 in 0 of 40 runs; the largest is 0.02.',
      '全体の40ランのうち0ランで、損失は0.001以下です。最大は0.02です。',
    ],
    [
      'a smallest value',
      part({ rule: 'at-least', limit: 1, least: 2, most: 3, worst: 2 }),
      'Loss: at least 1 in all 40 runs; the smallest is 2.',
      '全40ランで、損失は1以上です。最小は2です。',
    ],
    [
      'a run without a value',
      part({ passed: 39, worst: Number.NaN }),
      'Loss: at most 0.001 in 39 of 40 runs; a run has no value.',
      '全体の40ランのうち39ランで、損失は0.001以下です。値のないランがあります。',
    ],
    [
      'one run',
      part({ passed: 1, total: 1, least: 2, most: 2, worst: 2, limit: 3 }),
      'Loss: at most 3 in 1 run; it is 2.',
      '全1ランで、損失は3以下です。値は2です。',
    ],
    [
      'the same in every run',
      rank,
      'Numeric rank: 4 in all 5 runs with weight decay γ 0.3.',
      '重み減衰 γが0.3の5ランすべてで、数値ランクは4です。',
    ],
    [
      'not the same in every run',
      { ...rank, passed: 4, least: 2, worst: 2 },
      'Numeric rank: 4 in 4 of 5 runs with weight decay γ 0.3; the furthest from it is 2.',
      '重み減衰 γが0.3の5ランのうち4ランで、数値ランクは4です。最も離れた値は2です。',
    ],
    [
      'a range',
      range,
      'Loss: between 3 and 6 in all 40 runs; the values go from 3.25 to 5.',
      '全40ランで、損失は3以上6以下です。値は3.25から5までです。',
    ],
    [
      'a range that one leaves',
      { ...range, passed: 39, most: 7, worst: 7 },
      'Loss: between 3 and 6 in 39 of 40 runs; the furthest outside is 7.',
      '全体の40ランのうち39ランで、損失は3以上6以下です。範囲から最も外れた値は7です。',
    ],
    [
      'a first step',
      first,
      'Steps from step 200 until loss is at least 0.45: between 51 and 53 in all 2 runs; each is 52.',
      '全2ランで、ステップ200から損失が0.45以上になるまでのステップ数は51以上53以下です。値はすべて52です。',
    ],
    [
      'a first step from the start',
      { ...first, over: { firstAtMost: 0.1 }, least: 51 },
      'Steps until loss is at most 0.1: between 51 and 53 in all 2 runs; the values go from 51 to 52.',
      '全2ランで、損失が0.1以下になるまでのステップ数は51以上53以下です。値は51から52までです。',
    ],
    [
      'a mean over the last half',
      part({ over: 'last-half' }),
      'Loss, averaged over the second half of training: at most 0.001 in all 40 runs; the largest is 3.4·10⁻⁵.',
      '全40ランで、訓練後半で平均した損失は0.001以下です。最大は3.4·10⁻⁵です。',
    ],
    [
      'a baseline',
      part({ relativeTo: [{ factor: 'model', label: 'linear' }] }),
      'Loss, less that of linear: at most 0.001 in all 40 runs; the largest is 3.4·10⁻⁵.',
      '全40ランで、損失のlinearとの差は0.001以下です。最大は3.4·10⁻⁵です。',
    ],
  ])('of %s reads like this', (_, one, english, japanese) => {
    const said = (words: typeof en) => verdictSentences([one], more, words).map(({ text }) => text)
    expect([said(en), said(ja)]).toEqual([[english], [japanese]])
  })

  test('of a metric that has no title says its name', () => {
    expect(texts([part({ metric: 'constructor', rule: 'at-least' })])).toEqual([
      'constructor: at least 0.001 in all 40 runs; the smallest is 3.4·10⁻⁵.',
    ])
  })

  test('of a mean says its value with its interval, its n and what was expected, in both languages', () => {
    const mean = part({ of: 'mean', rule: 'within', limit: 0.12, upper: 0.32, value: 0.2, interval: { low: 0.17, high: 0.25 }, runs: 400, passed: 1, total: 1 }) // prettier-ignore
    expect(texts([mean])).toEqual(['Loss: the mean over 400 runs is 0.20 [0.17, 0.25]; between 0.12 and 0.32 was expected.'])
    expect(texts([mean], ja)).toEqual(['損失は、全体の400ランの平均で0.20 [0.17, 0.25]です(0.12以上0.32以下と予想)。'])
    expect(texts([{ ...mean, of: 'median', rule: 'at-least', interval: null }])).toEqual([
      'Loss: the median over 400 runs is 0.2; at least 0.12 was expected.',
    ])
  })

  test('of a mean over the second half of training says what theory gives for it', () => {
    const mean = part({ of: 'mean', over: 'last-half', rule: 'within', limit: 0.82, upper: 0.86, value: 0.838, interval: { low: 0.836, high: 0.84 }, theory: { en: 'Noise and decay add up', ja: 'ノイズと重み減衰の和' }, predicted: 0.84 }) // prettier-ignore
    expect(texts([mean])).toEqual([
      'Loss, averaged over the second half of training: the mean over 40 runs is 0.838 [0.836, 0.840]; between 0.82 and 0.86 was expected. Theory (Noise and decay add up) gives 0.84.',
    ])
    expect(texts([mean], ja)).toEqual([
      '訓練後半で平均した損失は、全体の40ランの平均で0.838 [0.836, 0.840]です(0.82以上0.86以下と予想)。理論値(ノイズと重み減衰の和)は0.84です。',
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
  infinite: 0,
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

  test('an infinite value is told apart from a diverged run, in both languages', () => {
    const made = comparison([level({ infinite: 1 })])
    expect(comparisonSentences(made, en)[1]).toBe('1 run whose value is infinite is left out of the numbers.')
    expect(comparisonSentences(comparison([level({ infinite: 2 })]), en)[1]).toBe(
      '2 runs whose values are infinite are left out of the numbers.',
    )
    expect(comparisonSentences(made, ja)[1]).toBe('値が無限大の1ランは、どの数値にも含めていません。')
  })

  test('says which levels have no value, no test, and how many runs diverged', () => {
    const none = level({ label: 'b', n: 0, mean: null, interval: null, diverged: 3 })
    const equal = level({ label: 'c', difference: { ...difference, low: null, high: null, p: null, pAdjusted: null } })
    expect(comparisonSentences(comparison([level({}), none, equal]), en).slice(1)).toEqual([
      'Level b: no run has a finite value, so there is no mean.',
      'Level c: the mean differs from the baseline’s by 0.2. No test: the runs do not vary as replicates of one another do.',
      '3 diverged runs are left out of the numbers.',
    ])
  })
})

test('a title inside an English sentence loses its capital, an acronym keeps it', () => {
  expect([within('Weight decay', 'en'), within('MNIST', 'en'), within('Lasso', 'ja')]).toEqual(['weight decay', 'MNIST', 'Lasso'])
})
