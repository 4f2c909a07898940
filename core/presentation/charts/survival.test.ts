import type { SeriesOption } from 'echarts'
import { describe, expect, test } from 'vitest'
import type { LevelSurvival, Survival } from '#core/contract/survival.ts'
import enCommon from '../../../resources/messages/en/common.json' with { type: 'json' }
import jaCommon from '../../../resources/messages/ja/common.json' with { type: 'json' }
import { createWords } from '../catalogue.ts'
import { palette } from '../theme.ts'
import { atRisk, mostRiskRows, survival, type SurvivalData } from './survival.ts'

const en = createWords('en', [enCommon])
const ja = createWords('ja', [jaCommon])

const level = (over: Partial<LevelSurvival>): LevelSurvival => ({
  label: 'a',
  value: 'a',
  after: 0,
  n: 5,
  events: 3,
  atStart: 1,
  censored: { lastStep: 1, stopped: 0, diverged: 1, unfinished: 0 },
  unseen: 0,
  curve: [
    { time: 0, atRisk: 5, events: 1, survival: 0.8, low: 0.2, high: 0.97 },
    { time: 200, atRisk: 3, events: 2, survival: 0.8 / 3, low: 0.01, high: 0.7 },
  ],
  censorings: [
    { time: 100, count: 1 },
    { time: 1000, count: 1 },
  ],
  lastTime: 1000,
  median: { time: 200, low: 0, high: null },
  restrictedMean: null,
  test: null,
  need: null,
  ...over,
})
const gone = level({
  label: 'b',
  n: 2,
  events: 2,
  atStart: 0,
  censored: { lastStep: 0, stopped: 0, diverged: 0, unfinished: 0 },
  curve: [
    { time: 10, atRisk: 2, events: 1, survival: 0.5, low: 0.1, high: 0.9 },
    { time: 50, atRisk: 1, events: 1, survival: 0, low: null, high: null },
  ],
  censorings: [],
  lastTime: 50,
  median: { time: 10, low: 10, high: null },
})
const answer: Survival = {
  factor: 'model',
  metric: 'loss',
  rule: 'at-most',
  limit: 0.1,
  baseline: 'a',
  confidence: 0.95,
  interval: 'log-log',
  resolution: 10,
  horizon: 1000,
  where: {},
  pooled: [],
  test: null,
  levels: [level({}), gone],
}
const data: SurvivalData = {
  metric: { title: { en: 'Loss', ja: '損失' }, unit: '', scale: 'log' },
  factor: { title: { en: 'Model', ja: 'モデル' }, ordered: false },
  survival: answer,
}
const withLevels = (levels: LevelSurvival[]): SurvivalData => ({ ...data, survival: { ...answer, levels } })
const option = survival.option(data, 'light', en)

const seriesOf = (given: typeof option): SeriesOption[] => [given.series ?? []].flat()
const pointsOf = (given: typeof option, id: string): unknown => seriesOf(given).find((series) => series.id === id)?.data
const idsOf = (given: typeof option): string[] => seriesOf(given).map(({ id }) => String(id))

describe('survival', () => {
  test('falls from 1 at each event and ends with the last run that was seen', () => {
    expect(pointsOf(option, 'curve:a')).toEqual([
      [0, 1],
      [0, 0.8],
      [200, 0.8 / 3],
      [1000, 0.8 / 3],
    ])
    expect(pointsOf(option, 'curve:b')).toEqual([
      [0, 1],
      [10, 0.5],
      [50, 0],
      [50, 0],
    ])
    for (const series of seriesOf(option)) if (String(series.id).startsWith('curve')) expect(series).toMatchObject({ step: 'end' })
  })

  test('has its interval as a band between low and high, up to where there is one', () => {
    expect(pointsOf(option, 'low:a')).toEqual([
      [0, 0.2],
      [200, 0.01],
      [1000, 0.01],
    ])
    expect(pointsOf(option, 'band:a')).toEqual([
      [0, 0.97 - 0.2],
      [200, 0.7 - 0.01],
      [1000, 0.7 - 0.01],
    ])
    expect(pointsOf(option, 'low:b')).toEqual([
      [10, 0.1],
      [50, 0.1],
    ])
    const bare = withLevels([level({ curve: level({}).curve.map((at) => ({ ...at, low: null, high: null })) })])
    expect(idsOf(survival.option(bare, 'light', en)).filter((id) => id.startsWith('band'))).toEqual([])
    expect(JSON.stringify(survival.option(bare, 'light', en).title)).not.toContain('band')
  })

  test('marks censored runs on the curve, and nothing is dashed: there is no prediction', () => {
    expect(pointsOf(option, 'censored:a')).toEqual([
      [100, 0.8],
      [1000, 0.8 / 3],
    ])
    expect(pointsOf(option, 'censored:b')).toEqual([])
    for (const series of seriesOf(option)) if (series.type === 'line') expect(series.lineStyle?.type).toBe('solid')
  })

  test('writes the number at risk at each tick, where the levels are few', () => {
    expect([0, 100, 101, 200, 201, 1000, 1001].map((time) => atRisk(level({}), time))).toEqual([5, 4, 3, 3, 1, 1, 0])
    expect(idsOf(option)).toEqual(expect.arrayContaining(['risk:a', 'risk:b']))
    const many = Array.from({ length: mostRiskRows + 1 }, (_, i) => level({ label: `level ${i}` }))
    const crowded = survival.option(withLevels(many), 'light', en)
    expect(idsOf(crowded).filter((id) => id.startsWith('risk'))).toEqual([])
    expect(Array.isArray(crowded.grid)).toBe(false)
  })

  test('puts time 0 of a log axis at half the first time, and says so', () => {
    const log = survival.option({ ...data, logTime: true }, 'dark', en)
    expect(pointsOf(log, 'curve:a')).toEqual([
      [5, 1],
      [5, 0.8],
      [200, 0.8 / 3],
      [1000, 0.8 / 3],
    ])
    expect(log.xAxis).toMatchObject([
      { type: 'log', min: 5, max: 1000, axisLabel: { customValues: [10, 20, 50, 100, 200, 500, 1000] } },
      { type: 'log' },
    ])
    expect(JSON.stringify(log.title)).toContain('step 0 drawn at 5')
    expect(log.backgroundColor).toBe(palette('dark').surface)
  })

  test('says what is shown, its n, estimator, interval and resolution', () => {
    expect(option.title).toMatchObject({
      text: 'Share of runs still without Loss ≤ 0.1, by model, 7 runs',
      subtext:
        'Kaplan–Meier curves · band: 95 % interval at each time (log–log) · strokes: runs that ended without it (censored)\ntime: first recorded step, records at most 10 steps apart',
    })
    const later = survival.option(withLevels([level({ after: 200 }), level({ label: 'c', after: 400 })]), 'light', en)
    expect(JSON.stringify(later.title)).toContain('counted from a step of each level’s own')
    expect(JSON.stringify(survival.option(withLevels([level({ after: 200 })]), 'light', en).title)).toContain('counted from step 200')
  })

  test('its table has a row for each time of a level, and its alternative tells events and medians', () => {
    const { columns, rows } = survival.tableTwin(data, en)
    expect(columns).toEqual(['level', 'steps', 'at risk', 'events', 'censored', 'share without', 'low', 'high'])
    expect(rows).toEqual([
      ['a', 0, 5, 1, 0, 0.8, 0.2, 0.97],
      ['a', 100, 4, 0, 1, 0.8, 0.2, 0.97],
      ['a', 200, 3, 2, 0, 0.8 / 3, 0.01, 0.7],
      ['a', 1000, 1, 0, 1, 0.8 / 3, 0.01, 0.7],
      ['b', 10, 2, 1, 0, 0.5, 0.1, 0.9],
      ['b', 50, 1, 1, 0, 0, Number.NaN, Number.NaN],
    ])
    expect(survival.alternative(data, en)).toBe(
      'Share of runs still without Loss ≤ 0.1 over the steps, by model. a: 3 of 5 runs got there, median 200 steps; b: 2 of 2 runs got there, median 10 steps.',
    )
    expect(survival.alternative(data, ja)).toContain('aは5ランのうち3ランが到達し、中央値は200ステップ')
  })

  test('without a run, or with runs that end at 0, has an answer', () => {
    const none = level({ n: 0, events: 0, curve: [], censorings: [], lastTime: null })
    const empty = survival.option(withLevels([none]), 'light', en)
    expect(empty.series).toEqual([])
    expect(JSON.stringify(empty.graphic)).toContain(en('chart.noData'))
    expect(survival.alternative(withLevels([none]), en)).toContain(en('chart.noData'))
    const atOnce = level({
      n: 1,
      events: 1,
      curve: [{ time: 0, atRisk: 1, events: 1, survival: 0, low: null, high: null }],
      censorings: [],
      lastTime: 0,
    })
    expect(survival.option({ ...withLevels([atOnce, none]), logTime: true }, 'light', en).xAxis).toMatchObject([
      { type: 'value', min: 0, max: 1 },
      {},
    ])
  })

  test('a title that compares something itself stands in parentheses', () => {
    const collapsed = { ...data, metric: { ...data.metric, title: { en: 'Collapsed, Σ|θ| < 1e-6', ja: '崩壊' } } }
    expect(survival.option(collapsed, 'light', en).title).toMatchObject({ text: expect.stringContaining('(Collapsed, Σ|θ| < 1e-6) ≤ 0.1') })
  })
})
