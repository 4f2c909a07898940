import { describe, expect, test } from 'vitest'
import type { LevelSurvival, Survival } from '#core/contract/survival.ts'
import enCommon from '../../resources/messages/en/common.json' with { type: 'json' }
import jaCommon from '../../resources/messages/ja/common.json' with { type: 'json' }
import { createWords } from './catalogue.ts'
import { censoredWords, eventWords, medianInterval, survivalSentences, survivalWarnings } from './survivalSentences.ts'

const en = createWords('en', [enCommon])
const ja = createWords('ja', [jaCommon])
const nobody = { lastStep: 0, stopped: 0, diverged: 0, unfinished: 0 }

const level = (over: Partial<LevelSurvival>): LevelSurvival => ({
  label: 'a',
  value: 'a',
  after: 0,
  n: 10,
  events: 10,
  atStart: 0,
  censored: nobody,
  unseen: 0,
  curve: [],
  censorings: [],
  lastTime: 900,
  median: { time: 400, low: 300, high: 500 },
  restrictedMean: null,
  test: null,
  need: null,
  ...over,
})
const survival = (levels: LevelSurvival[], over: Partial<Survival> = {}): Survival => ({
  factor: 'model',
  metric: 'loss',
  rule: 'at-most',
  limit: 0.1,
  baseline: 'a',
  confidence: 0.95,
  interval: 'log-log',
  resolution: null,
  horizon: 900,
  where: {},
  pooled: [],
  test: null,
  levels,
  ...over,
})
const tested = (pAdjusted: number) => ({ chiSquare: 5, p: pAdjusted / 2, pAdjusted })
const some = level({
  label: 'b',
  events: 3,
  censored: { ...nobody, lastStep: 6, diverged: 1 },
  median: { time: null, low: 700, high: null },
  test: tested(0.01),
})

describe('times until an event in sentences', () => {
  test('begin with what a time is, then the baseline, then each level with its test', () => {
    expect(survivalSentences(survival([some, level({})], { resolution: 50 }), en)).toEqual([
      'A time is the first recorded step at which the value is there; records are at most 50 steps apart, so the value may have been reached up to as many steps earlier.',
      'Level a: 10 of 10 runs got there; the median time is 400 steps, 95 % interval [300, 500].',
      'Level b: 3 of 10 runs got there, too few for a median; the others are censored (6 came to the last step and 1 diverged).',
      'Level b: its times differ from the baseline’s; p\u00a0=\u00a00.010 (log-rank, Holm’s correction). The difference is statistically significant at 0.05.',
      '1 run diverged or was stopped by a gate before it got there. The estimates take it to be like the runs that went on; if the two have to do with each other, they are of the runs that went on.',
    ])
  })

  test('are whole sentences in Japanese', () => {
    expect(survivalSentences(survival([level({}), some]), ja)).toEqual([
      '水準a：10ランのうち10ランが到達し、到達時間の中央値は400ステップ、95 %信頼区間 [300, 500]です。',
      '水準b：10ランのうち3ランが到達しました。半数に満たないため、中央値はありません。残りは観察打ち切りです(6ランが最終ステップに到達、1ランが発散)。',
      '水準b：ベースラインとは到達時間が異なります。ログランク検定、ホルム法による補正後でp\u00a0=\u00a00.010、有意水準0.05で統計的に有意です。',
      '1ランは、到達する前に発散したか、判定ゲートにより停止しました。推定では、これらのランも続けていれば他と同様だったとみなします。両者に関係がある場合、推定は続いたランだけについてのものです。',
    ])
  })

  test('do not take a large p for the absence of a difference, and say why there is no test', () => {
    const last = (of: LevelSurvival) => survivalSentences(survival([level({}), of]), en).at(-1)
    expect(last(level({ label: 'b', test: tested(0.4) }))).toContain('This is not evidence that there is none.')
    expect(last(level({ label: 'b' }))).toContain('no test against the baseline')
    expect(last(level({ label: 'b', n: 1, events: 1, need: { seeds: 2 }, median: { time: 5, low: null, high: null } }))).toBe(
      'Level b: one run gives no interval and no test. At least 2 seeds are needed.',
    )
  })

  test('say when nothing happened, nothing was seen, was there at the start, or was left out', () => {
    const never = level({
      n: 4,
      events: 0,
      censored: { ...nobody, stopped: 2, unfinished: 2 },
      median: { time: null, low: null, high: null },
    })
    const blind = level({ label: 'b', n: 0, events: 0, unseen: 3 })
    expect(
      survivalSentences(
        survival([never, blind, level({ label: 'c', atStart: 1, test: tested(1) })], { test: { chiSquare: 1.5, degrees: 2, p: 0.47 } }),
        en,
      ),
    ).toEqual([
      'Level a: none of the 4 runs got there (2 stopped by a gate and 2 ended early).',
      'Level b: no run has a record of the metric from there on.',
      'Level c: 10 of 10 runs got there; the median time is 400 steps, 95 % interval [300, 500].',
      'Level c: no significant difference from the baseline’s times at 0.05; p\u00a0=\u00a01.00 (log-rank, Holm’s correction). This is not evidence that there is none.',
      'All levels together: log-rank χ² = 1.5 on 2 degrees of freedom, p\u00a0=\u00a00.47.',
      '1 run was past the value at its first record; its time is that record’s.',
      '3 runs without a record of the metric are left out.',
      '2 runs diverged or were stopped by a gate before they got there. The estimates take them to be like the runs that went on; if the two have to do with each other, they are of the runs that went on.',
    ])
  })

  test('warn of what a table does not show', () => {
    const one = level({ label: 'b', n: 1, events: 1, need: { seeds: 2 }, median: { time: 5, low: null, high: null } })
    expect(
      survivalWarnings(
        survival([level({}), one, level({ label: 'c', n: 0, events: 0, unseen: 1, need: { seeds: 2 } })], { pooled: ['depth'] }),
        en,
      ),
    ).toEqual([
      expect.stringContaining('These runs differ in depth as well'),
      'Level b: one run gives no interval and no test. At least 2 seeds are needed.',
      'Level c: no run has a record of the metric from there on.',
      '1 run without a record of the metric is left out.',
    ])
    expect(survivalWarnings(survival([level({})]), ja)).toEqual([])
  })

  test('of runs that are no replicates have neither interval nor test', () => {
    const bare = level({ events: 6, censored: { ...nobody, lastStep: 4 }, median: { time: 400, low: null, high: null } })
    expect(survivalSentences(survival([bare, { ...bare, label: 'b' }], { pooled: ['depth'], where: { width: '4' } }), en)).toEqual([
      'Only runs with 4 are compared.',
      expect.stringContaining('These runs differ in depth as well'),
      'Level a: 6 of 10 runs got there; the median time is 400 steps. The others are censored (4 came to the last step).',
      'Level b: 6 of 10 runs got there; the median time is 400 steps. The others are censored (4 came to the last step).',
    ])
  })
})

test('an event is a formula, an interval may be open, and who ended how is a list', () => {
  expect([eventWords({ rule: 'at-most', limit: 1e-5 }, 'Loss', en), eventWords({ rule: 'at-least', limit: 0.45 }, '損失', ja)]).toEqual(
    ['Loss ≤ 10⁻⁵', '損失 ≥ 0.45'].map((text) => text.replace('10⁻⁵', '1·10⁻⁵')),
  )
  expect([medianInterval({ time: 5, low: 3, high: null }, 'en'), medianInterval({ time: null, low: null, high: null }, 'en')]).toEqual([
    '[3, ∞)',
    null,
  ])
  expect([censoredWords(nobody, en), censoredWords({ ...nobody, lastStep: 1 }, ja)]).toEqual(['', '1ランが最終ステップに到達'])
})
