import { describe, expect, test } from 'vitest'
import type { Prediction } from '#core/contract/index.ts'
import { aSeries, aStudy, byId, eightRuns, weightDecay } from '../../testing/fixtures.ts'
import {
  chartMetric,
  curvesData,
  hasTooManyPredictions,
  mainFactor,
  mostPredictions,
  otherFactors,
  type CurvesSource,
} from './curvesData.ts'

const runs = eightRuns()

function source(over: Partial<CurvesSource> = {}): CurvesSource {
  return {
    study: aStudy(),
    metric: 'loss',
    factor: weightDecay,
    level: null,
    only: { factor: 'model', label: 'linear' },
    series: aSeries(runs),
    runs: byId(runs),
    predictions: [],
    logSteps: false,
    ...over,
  }
}

const lineIds = (over: Partial<CurvesSource>): string[][] => curvesData(source(over)).groups.map(({ lines }) => lines.map(({ run }) => run))

describe('curvesData', () => {
  test('runs stand in the group of their level, in the order of the levels', () => {
    const data = curvesData(source())
    expect(data.groups.map(({ label }) => label)).toEqual(['0.1', '0.2'])
    expect(lineIds({})).toEqual([
      ['0.1-linear-0', '0.1-linear-1'],
      ['0.2-linear-0', '0.2-linear-1'],
    ])
    expect(data.n).toBe(4)
  })

  test('a line holds the values of its own lane, without a copy', () => {
    const series = aSeries(runs)
    const [group] = curvesData(source({ series })).groups
    expect([...Array.from(group?.lines[0]?.values ?? [])]).toEqual([20, 21, 22]) // the third run of the fixture
    expect((group?.lines[0]?.values as Float64Array).buffer).toBe(series.blocks[0]?.values.buffer) // lines are views, which the fixture's arrays allow
  })

  test('the mean is the mean of the group at each step', () => {
    const [group] = curvesData(source()).groups
    expect(Array.from(group?.mean ?? [])).toEqual([25, 26, 27]) // of 20 + i and 30 + i
  })

  test('a run that has diverged makes the mean of its level NaN from there on, not smaller', () => {
    const series = aSeries(runs)
    series.blocks[0]?.values.set([Number.NaN, Number.NaN], 2 * 3 + 1)
    expect(Array.from(curvesData(source({ series })).groups[0]?.mean ?? [])).toEqual([25, Number.NaN, Number.NaN])
  })

  test('a mean never mixes a model with its control', () => {
    expect(curvesData(source({ only: null })).groups.every(({ mean }) => mean === undefined)).toBe(true)
  })

  test('one level chosen leaves the other groups empty in their places, so that colours stay', () => {
    expect(lineIds({ level: '0.2' })).toEqual([[], ['0.2-linear-0', '0.2-linear-1']])
  })

  test('runs that do not share their steps have no mean', () => {
    const [first, second] = [aSeries(runs.slice(2, 3)), aSeries(runs.slice(3, 4), [0, 50])]
    const series = { ...first, blocks: [...first.blocks, ...second.blocks] }
    expect(curvesData(source({ series })).groups[0]?.mean).toBeUndefined()
  })

  test('theory stands once for each level and value, and only for the runs that are shown', () => {
    const predictions: Prediction[] = [0, 1].flatMap((replicate) => [
      { metric: 'loss', oracle: '8.2', cell: '0.1-product-linear', replicate, over: 'last', value: 0.5 },
      { metric: 'other', oracle: '8.2', cell: '0.1-product-linear', replicate, over: 'last', value: 9 },
    ])
    expect(curvesData(source({ predictions })).predictions).toEqual([])
    expect(curvesData(source({ predictions, only: { factor: 'model', label: 'product-linear' } })).predictions).toEqual([
      { label: '0.1', value: 0.5, oracle: '8.2', over: 'last' },
    ])
  })

  test('theory of a mean over the last half stays one, beside a last value of the same size', () => {
    const of = (over: Prediction['over'], oracle: string): Prediction => ({
      metric: 'loss',
      oracle,
      cell: '0.1-linear',
      replicate: 0,
      over,
      value: 0.5,
    })
    expect(curvesData(source({ predictions: [of('last', '8.2'), of('last-half', '8.10')] })).predictions).toEqual([
      { label: '0.1', value: 0.5, oracle: '8.2', over: 'last' },
      { label: '0.1', value: 0.5, oracle: '8.10', over: 'last-half' },
    ])
  })

  test('more values of theory than can be told apart are not drawn, and that is known', () => {
    const predictions = Array.from({ length: mostPredictions + 1 }, (_, value) => ({
      metric: 'loss',
      oracle: '8.2',
      cell: '0.1-linear',
      replicate: value,
      over: 'last' as const,
      value,
    }))
    expect(curvesData(source({ predictions })).predictions).toEqual([])
    expect(hasTooManyPredictions(source({ predictions }))).toBe(true)
    expect(hasTooManyPredictions(source({ predictions, level: '0.2' }))).toBe(false)
  })

  test('what is dimensionless has no unit, and an unknown metric its own name', () => {
    expect(chartMetric(aStudy(), 'loss').unit).toBe('')
    expect(chartMetric(aStudy(), 'constructor').title.en).toBe('constructor')
  })

  test('the ordered factor is the main one, wherever it stands', () => {
    const study = aStudy()
    expect(mainFactor({ ...study, factors: [...study.factors].reverse() })).toBe(weightDecay)
    expect(mainFactor({ ...study, factors: [] })).toBe('')
    expect(otherFactors(study, weightDecay).map(({ path }) => path)).toEqual(['model'])
  })
})
