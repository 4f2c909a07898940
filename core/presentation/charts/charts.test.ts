import type { EChartsOption, SeriesOption } from 'echarts'
import { describe, expect, test } from 'vitest'
import { createWords } from '../catalogue.ts'
import { palette } from '../theme.ts'
import common from '../../../resources/messages/en/common.json' with { type: 'json' }
import { lifted, logFloor } from './chart.ts'
import { curves, type CurvesData } from './curves.ts'
import { levels, type LevelsData } from './levels.ts'
import { path, type PathData } from './path.ts'

const words = createWords('en', [common])
const title = (en: string) => ({ en, ja: en })

const curvesData: CurvesData = {
  metric: { title: title('loss'), unit: '', scale: 'log' },
  factor: { title: title('weight decay'), ordered: true },
  groups: [
    {
      label: '0.1',
      lines: [
        { run: 'a', steps: Float64Array.of(0, 10, 20), values: Float64Array.of(1, 0, 0.01) },
        { run: 'b', steps: Float64Array.of(0, 10, 20), values: Float64Array.of(2, Number.NaN, Number.NaN) },
      ],
      mean: Float64Array.of(1.5, Number.NaN, Number.NaN),
    },
    { label: '0.2', lines: [{ run: 'c', steps: Float64Array.of(0, 10, 20), values: Float64Array.of(3, 0.5, 0.25) }] },
  ],
  predictions: [
    { label: '0.1', value: 0.02, oracle: '8.2' },
    { label: '0.2', value: 0.02, oracle: '8.2' },
  ],
  shown: 3,
  total: 300,
  n: 3,
}

const level = (label: string, value: number | null, points: number[]) => {
  const mean = points.length === 0 ? null : points.reduce((sum, each) => sum + each, 0) / points.length
  return {
    label,
    value,
    points,
    n: points.length,
    mean,
    low: mean === null ? null : mean - 1,
    high: mean === null ? null : mean + 1,
    prediction: mean,
  }
}
const levelsData: LevelsData = {
  metric: { title: title('zeros'), unit: 'coefficients', scale: 'linear' },
  factor: { title: title('weight decay'), ordered: true },
  groups: [
    {
      label: 'product',
      levels: [
        level('0.01', 0.01, [2, 2]),
        level('0.1', 0.1, [6, 6]),
        level(
          '0.3',
          0.3,
          Array.from({ length: 30 }, () => 8),
        ),
      ],
    },
    { label: 'linear', levels: [level('0.01', 0.01, [0, 0]), level('0.1', 0.1, [0]), level('0.3', 0.3, [])] },
  ],
  oracle: '8.2',
  confidence: 0.95,
  n: 37,
}

const pathData: PathData = {
  factor: { title: title('weight decay') },
  coefficients: [
    {
      name: 'bmi',
      measured: [
        { level: 0.01, value: 0.32 },
        { level: 0.1, value: Number.NaN },
      ],
      predicted: [
        { level: 0.01, value: 0.321 },
        { level: 0.1, value: 0.305 },
      ],
    },
    {
      name: 'age',
      measured: [
        { level: 0.01, value: 0 },
        { level: 0.1, value: 0 },
      ],
      predicted: [
        { level: 0.01, value: 0 },
        { level: 0.1, value: 0 },
      ],
    },
  ],
  oracle: '8.2',
  n: 4,
}

function seriesOf(option: EChartsOption): SeriesOption[] {
  return [option.series ?? []].flat()
}

/** Series of an option by the part of the id before its colon. */
function counts(option: EChartsOption): Record<string, number> {
  const all: Record<string, number> = {}
  for (const { id } of seriesOf(option)) {
    const kind = String(id).split(':')[0] ?? ''
    all[kind] = (all[kind] ?? 0) + 1
  }
  return all
}

function data(option: EChartsOption, id: string): unknown {
  return seriesOf(option).find((series) => series.id === id)?.data
}

/** Ids of the series whose line is dashed. */
function dashed(option: EChartsOption): string[] {
  return seriesOf(option).flatMap((series) => (series.type === 'line' && series.lineStyle?.type !== 'solid' ? [String(series.id)] : []))
}

function texts(option: EChartsOption): string {
  return JSON.stringify(option.title)
}

describe('every chart', () => {
  const options = {
    curves: curves.option(curvesData, 'light', words),
    levels: levels.option(levelsData, 'dark', words),
    path: path.option(pathData, 'light', words),
  }

  test.each(Object.entries(options))('%s: exactly the predictions are dashed, in ink', (_, option) => {
    const predictions = seriesOf(option).filter(({ id }) => String(id).startsWith('prediction'))
    expect(predictions.length).toBeGreaterThan(0)
    expect(dashed(option)).toEqual(predictions.map(({ id }) => id))
    for (const { color } of predictions) expect([palette('light').ink, palette('dark').ink]).toContain(color)
  })

  test.each(Object.entries(options))('%s: its title says n and its subtitle names the oracle', (_, option) => {
    expect(texts(option)).toMatch(/, \d+ runs/)
    expect(texts(option)).toContain('8.2')
  })

  test('without data each says so and draws nothing', () => {
    const empty = [
      curves.option({ ...curvesData, groups: [], predictions: [], n: 0 }, 'light', words),
      levels.option({ ...levelsData, groups: [], n: 0 }, 'light', words),
      path.option({ ...pathData, coefficients: [], n: 0 }, 'light', words),
    ]
    for (const option of empty) {
      expect(option.series).toEqual([])
      expect(JSON.stringify(option.graphic)).toContain(words('chart.noData'))
    }
    expect(curves.alternative({ ...curvesData, groups: [] }, words)).toContain(words('chart.noData'))
    expect(levels.alternative({ ...levelsData, groups: [] }, words)).toContain(words('chart.noData'))
    expect(path.alternative({ ...pathData, coefficients: [] }, words)).toContain(words('chart.noData'))
  })
})

describe('curves', () => {
  const option = curves.option(curvesData, 'light', words)

  test('a line for each run, one for each mean, and one for each predicted value', () => {
    expect(counts(option)).toEqual({ run: 3, mean: 1, prediction: 1, labels: 1 }) // both levels are predicted the same value
  })

  test('a missing value is a gap, and a value ≤ 0 stands at the floor of the log axis', () => {
    expect(data(option, 'run:b')).toEqual([
      [0, 2],
      [10, '-'],
      [20, '-'],
    ])
    expect(data(option, 'run:a')).toEqual([
      [0, 1],
      [10, 0.01],
      [20, 0.01],
    ]) // the smallest positive value, 0.01, is the power of ten below itself
    expect(texts(option)).toContain('1 value ≤ 0 drawn at 0.01')
    expect(texts(option)).toContain('2 missing values left open')
  })

  test('theory of a mean over the last half is drawn over that half, and said to be one', () => {
    const ofMean = curves.option(
      { ...curvesData, predictions: [{ label: '0.1', value: 0.5, oracle: '8.10', over: 'last-half' }] },
      'light',
      words,
    )
    const [line] = seriesOf(ofMean).filter(({ id }) => String(id).startsWith('prediction'))
    expect(line?.name).toBe('theory 8.10, mean of the second half')
    expect(JSON.stringify(line?.data)).toMatch(/"value":\[10,0.5\].*"value":\[20,0.5\]/)
    expect(texts(ofMean)).toContain('dashed: theory of the mean over the second half of training (oracle 8.10)')
  })

  test('what the store left out is said', () => {
    expect(texts(option)).toContain('showing 3 of 300 recorded steps')
  })

  test('step 0 of a log axis stands at half the first step', () => {
    const log = curves.option({ ...curvesData, logSteps: true }, 'light', words)
    expect(data(log, 'run:c')).toEqual([
      [5, 3],
      [10, 0.5],
      [20, 0.25],
    ])
    expect(texts(log)).toContain('step 0 drawn at 5')
  })

  test('its table holds every point of every run', () => {
    const { columns, rows } = curves.tableTwin(curvesData, words)
    expect(columns).toHaveLength(4)
    expect(rows.filter(([, run]) => run === 'a').map(([, , step, value]) => [step, value])).toEqual([
      [0, 1],
      [10, 0],
      [20, 0.01],
    ]) // the value, not the floor
    expect(rows).toHaveLength(3 * 3 + 3 + 2)
  })

  test('steps that do not go with the values are a bug', () => {
    const broken = {
      ...curvesData,
      factor: null,
      groups: [{ label: 'x', lines: [{ run: 'a', steps: Float64Array.of(0), values: Float64Array.of(1, 2) }] }],
    }
    expect(() => curves.option(broken, 'light', words)).toThrow('1 steps do not go with 2 values')
  })
})

describe('levels', () => {
  const option = levels.option(levelsData, 'light', words)

  test('single runs are drawn below 30 and left out from 30 on', () => {
    expect(counts(option)).toEqual({ runs: 2, mean: 2, interval: 5, prediction: 2, labels: 1 })
    expect(data(option, 'runs:product')).toHaveLength(4)
    expect(texts(option)).toContain('n ≥ 30')
  })

  test('positive levels stand on a log axis, a level 0 puts them side by side', () => {
    const group = { label: 'product', levels: [level('0', 0, [1, 1]), level('0.1', 0.1, [2, 3])] }
    expect(option.xAxis).toMatchObject({ type: 'log' })
    expect(levels.option({ ...levelsData, groups: [group] }, 'light', words).xAxis).toMatchObject({ type: 'value', min: -0.5, max: 1.5 })
  })

  test('a level without a run has a gap instead of a mean', () => {
    expect(data(option, 'mean:linear')).toEqual([
      [expect.any(Number), 0],
      [expect.any(Number), 0],
      [expect.any(Number), '-'],
    ])
  })

  test('its table holds each level, then each of its runs', () => {
    const { rows } = levels.tableTwin(levelsData, words)
    expect(rows).toHaveLength(6 + 37)
    expect(rows[0]).toEqual(['product', '0.01', Number.NaN, 2, 1, 3, 2])
    expect(rows[1]?.slice(0, 3)).toEqual(['product', '0.01', 2])
  })
})

describe('path', () => {
  const option = path.option(pathData, 'light', words)

  test('each coefficient has its points and its dashed line, over a line at zero', () => {
    expect(counts(option)).toEqual({ zero: 1, prediction: 2, measured: 2, labels: 1 })
    expect(data(option, 'measured:bmi')).toEqual([
      [0.01, 0.32],
      [0.1, '-'],
    ])
  })

  test('its table is its data, and its alternative tells the largest distance', () => {
    const { rows } = path.tableTwin(pathData, words)
    expect(rows).toHaveLength(8)
    expect(rows[0]).toEqual(['bmi', 0.01, 0.32, Number.NaN])
    expect(path.alternative(pathData, words)).toMatch(/largest distance .* 0\.001\./) // 0.321 − 0.32
  })
})

describe('a log axis', () => {
  test('has its floor at the power of ten under the smallest positive value', () => {
    expect(logFloor([3e-5, 0, 7, -2, Number.NaN])).toEqual({ floor: 1e-5, count: 2 })
    expect(logFloor([3e-5, 7])).toEqual({ floor: 3e-5, count: 0 })
    expect(logFloor([0, -1])).toEqual({ floor: null, count: 2 })
    expect(lifted(-2, 1e-5)).toBe(1e-5)
    expect(lifted(Number.NaN, 1e-5)).toBeNaN()
  })
})
