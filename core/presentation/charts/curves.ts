/**
 * A metric over steps: every run a thin line, the mean of a level thick, the theory's value a dashed ink line with its oracle's
 * number. Nothing is smoothed and nothing is left out without a word: gaps are missing values, and the subtitle counts what a log
 * axis had to lift and how many of the recorded steps are drawn.
 */
import type { EChartsOption, LineSeriesOption } from 'echarts'
import { assert } from '#core/contract/errors.ts'
import type { Catalogue } from '../catalogue.ts'
import { formatCount, formatNumber } from '../digits.ts'
import { within } from '../sentences.ts'
import { levelColours, levelMarkers, palette, type Theme } from '../theme.ts'
import * as parts from './chart.ts'

export type Line = { readonly run: string; readonly steps: ArrayLike<number>; readonly values: ArrayLike<number> }

/** The runs of one level; `mean` goes with the steps of its first line. */
export type CurveGroup = { readonly label: string; readonly lines: readonly Line[]; readonly mean?: ArrayLike<number> }

/** Of the last value, or of the mean over the last half of the steps. */
export type CurvePrediction = {
  readonly label: string
  readonly value: number
  readonly oracle: string
  readonly over?: 'last' | 'last-half' | undefined
}

export type CurvesData = {
  readonly metric: parts.ChartMetric
  readonly factor: parts.ChartFactor | null
  readonly groups: readonly CurveGroup[]
  readonly predictions: readonly CurvePrediction[]
  readonly shown: number // of `total` recorded steps
  readonly total: number
  readonly n: number // runs
  readonly logSteps?: boolean
}

type Scale = { readonly x: (step: number) => number; readonly y: (value: number | undefined) => number | undefined }

export const curves = { option, tableTwin, alternative } satisfies parts.Chart<CurvesData>

function option(data: CurvesData, theme: Theme, words: Catalogue): EChartsOption {
  const title = words('chart.curvesTitle', { metric: parts.titled(data.metric, words), n: data.n })
  const log = data.metric.scale === 'log'
  const values = [...measuredValues(data)]
  const lift = log ? parts.logFloor([...values, ...data.predictions.map(({ value }) => value)]) : { floor: null, count: 0 }
  const steps = parts.ends(allSteps(data))
  const finite = values.some(log ? (value) => value > 0 && value < Infinity : Number.isFinite)
  if (steps === null || !finite) return parts.emptyOption(theme, title, words)

  const firstStep = firstPositive(allSteps(data))
  const scale: Scale = {
    x: data.logSteps === true ? (step) => (step <= 0 ? firstStep / 2 : step) : (step) => step,
    y: (value) => parts.lifted(value, lift.floor),
  }
  const xEnds = { min: scale.x(steps.min), max: scale.x(steps.max) }
  const labels = groupLabels(data, theme, scale)
  const logAxis = data.logSteps === true
  return {
    ...parts.frame(
      theme,
      { title, subtitle: subtitle(data, words, { lift, halved: logAxis && steps.min <= 0 ? firstStep / 2 : null }) },
      labels.map(({ text }) => text),
    ),
    aria: { enabled: true, label: { description: alternative(data, words) } },
    xAxis: parts.xAxis(theme, {
      log: logAxis,
      ends: xEnds,
      name: words('chart.step'),
      language: words.language,
      tickText: (step: number) => formatCount(step, words.language),
    }),
    yAxis: parts.yAxis(theme, { log, language: words.language }),
    series: [
      ...runSeries(data, theme, scale),
      ...meanSeries(data, theme, scale),
      ...predictionSeries(data, theme, { scale, steps, words }),
      parts.endLabels(labels),
    ],
  }
}

function runSeries(data: CurvesData, theme: Theme, scale: Scale): LineSeriesOption[] {
  const colours = levelColours(theme, data.groups.length, data.factor?.ordered ?? false)
  return data.groups.flatMap(({ lines, mean }, group) =>
    lines.map((line) => ({
      id: `run:${line.run}`,
      name: line.run,
      type: 'line' as const,
      showSymbol: false,
      symbol: 'none',
      color: colours[group] ?? '',
      lineStyle: { type: 'solid', width: 1, opacity: mean === undefined && data.n === 1 ? 1 : 0.35 },
      data: points(line.steps, line.values, scale),
    })),
  )
}

function meanSeries(data: CurvesData, theme: Theme, scale: Scale): LineSeriesOption[] {
  const colours = levelColours(theme, data.groups.length, data.factor?.ordered ?? false)
  const markers = levelMarkers(data.groups.length)
  return data.groups.flatMap(({ label, lines, mean }, group) => {
    const [first] = lines
    if (mean === undefined || first === undefined) return []
    return [
      {
        id: `mean:${label}`,
        name: label,
        type: 'line' as const,
        symbol: markers[group] ?? 'circle',
        symbolSize: 6,
        showSymbol: false,
        color: colours[group] ?? '',
        lineStyle: { type: 'solid' as const, width: 2.2, opacity: 1 },
        data: points(first.steps, mean, scale),
      },
    ]
  })
}

/** One dashed line for each value that theory gives, over the steps of which it speaks; levels with the same value share it. */
function predictionSeries(
  data: CurvesData,
  theme: Theme,
  drawn: { scale: Scale; steps: parts.Ends; words: Catalogue },
): LineSeriesOption[] {
  const { ink } = palette(theme)
  const { scale, steps, words } = drawn
  const finite = data.predictions.filter(({ value }) => Number.isFinite(value))
  const kept = new Map(finite.map((prediction) => [`${prediction.over} ${prediction.value}`, prediction]))
  return [...kept.values()].map(({ value, oracle, over }) => {
    const name = predictionName({ oracle, over }, words)
    const from = over === 'last-half' ? Math.max(steps.min, steps.max / 2) : steps.min
    const label = {
      show: kept.size <= 3,
      position: 'insideBottomLeft' as const,
      formatter: () => name,
      color: ink,
      fontSize: 11,
      offset: [0, -3],
    }
    const [left, right] = [parts.point(scale.x(from), scale.y(value)), parts.point(scale.x(steps.max), scale.y(value))]
    return {
      id: `prediction:${oracle}:${value}`,
      name,
      type: 'line' as const,
      symbol: 'circle',
      symbolSize: 0.1, // a label needs a symbol to hang on
      showAllSymbol: true,
      color: ink,
      lineStyle: { type: 'dashed' as const, width: 1.2 },
      labelLayout: { hideOverlap: true },
      data: [{ value: left, label }, { value: right }],
    }
  })
}

function predictionName({ oracle, over }: Pick<CurvePrediction, 'oracle' | 'over'>, words: Catalogue): string {
  return words(over === 'last-half' ? 'chart.predictionOfMean' : 'chart.prediction', { oracle })
}

function groupLabels(data: CurvesData, theme: Theme, scale: Scale): parts.EndLabel[] {
  if (data.factor === null) return []
  const colours = levelColours(theme, data.groups.length, data.factor.ordered)
  return data.groups.flatMap(({ label, lines, mean }, group) => {
    const [first] = lines
    if (first === undefined) return []
    const values = mean ?? first.values
    const last = lastFinite(values)
    if (last === null) return []
    const y = scale.y(parts.at(values, last))
    return y === undefined ? [] : [{ at: [scale.x(parts.at(first.steps, last)), y] as const, text: label, colour: colours[group] ?? '' }]
  })
}

function subtitle(
  data: CurvesData,
  words: Catalogue,
  drawn: { lift: { floor: number | null; count: number }; halved: number | null },
): string[] {
  const { language } = words
  const missing = [...measuredValues(data)].filter((value) => !Number.isFinite(value)).length
  const [prediction] = data.predictions
  const how = [
    ...(data.factor === null ? [] : [words('chart.colour', { factor: within(data.factor.title[language], language) })]),
    words(data.groups.some(({ mean }) => mean !== undefined) ? 'chart.eachAndMean' : 'chart.each'),
    ...(prediction === undefined
      ? []
      : [words(prediction.over === 'last-half' ? 'chart.theoryOfMean' : 'chart.theory', { oracle: prediction.oracle })]),
  ]
  const sampling = [
    words('chart.showing', { shown: data.shown, total: data.total }),
    ...(drawn.lift.count > 0 && drawn.lift.floor !== null
      ? [words('chart.floored', { count: drawn.lift.count, floor: formatNumber(drawn.lift.floor, language) })]
      : []),
    ...(drawn.halved === null ? [] : [words('chart.stepZero', { step: formatNumber(drawn.halved, language) })]),
    ...(missing > 0 ? [words('chart.missing', { count: missing })] : []),
  ]
  return [how.join(' · '), sampling.join(' · ')]
}

/** A row for each point: runs may have steps of their own, so the table is long rather than wide. */
function tableTwin(data: CurvesData, words: Catalogue): parts.TableTwin {
  const columns = [words('chart.group'), words('chart.run'), words('chart.step'), data.metric.title[words.language]]
  const measured = data.groups.flatMap(({ label, lines, mean }) => [
    ...lines.flatMap(({ run, steps, values }) =>
      Array.from({ length: steps.length }, (_, i) => [label, run, parts.at(steps, i), values[i] ?? Number.NaN]),
    ),
    ...(mean === undefined
      ? []
      : Array.from({ length: mean.length }, (_, i) => [label, words('chart.mean'), lines[0]?.steps[i] ?? Number.NaN, parts.at(mean, i)])),
  ])
  const predicted = data.predictions.map(({ value, label, ...of }) => [label, predictionName(of, words), Number.NaN, value])
  return { columns, rows: [...measured, ...predicted] }
}

function alternative(data: CurvesData, words: Catalogue): string {
  const { language } = words
  const steps = parts.ends(allSteps(data))
  const metric = data.metric.title[language]
  if (steps === null) return `${metric}: ${words('chart.noData')}`
  const ends = data.groups.flatMap(({ label, lines, mean }) => {
    const values = mean ?? lines[0]?.values
    const last = values === undefined ? null : lastFinite(values)
    return values === undefined || last === null
      ? []
      : [`${label === '' ? '' : `${label}${language === 'ja' ? '：' : ': '}`}${formatNumber(parts.at(values, last), language)}`]
  })
  const list = (items: Iterable<string>) => [...items].join(language === 'ja' ? '、' : ', ')
  const [prediction] = data.predictions
  const theory = new Set(data.predictions.map(({ value }) => formatNumber(value, language)))
  return [
    words('chart.curvesAlternative', { metric, steps: formatCount(steps.max, language), n: data.n, ends: list(ends) }),
    ...(prediction === undefined
      ? []
      : [
          words(prediction.over === 'last-half' ? 'chart.curvesTheoryOfMean' : 'chart.curvesTheory', {
            oracle: prediction.oracle,
            values: list(theory),
          }),
        ]),
  ].join(language === 'ja' ? '' : ' ')
}

function points(steps: ArrayLike<number>, values: ArrayLike<number>, scale: Scale): parts.Point[] {
  assert(steps.length === values.length, `curves: ${steps.length} steps do not go with ${values.length} values`)
  return Array.from({ length: steps.length }, (_, i) => parts.point(scale.x(parts.at(steps, i)), scale.y(values[i])))
}

function* measuredValues(data: CurvesData): Generator<number> {
  for (const { lines } of data.groups) for (const { values } of lines) for (let i = 0; i < values.length; i++) yield parts.at(values, i)
}

function* allSteps(data: CurvesData): Generator<number> {
  for (const { lines } of data.groups) for (const { steps } of lines) for (let i = 0; i < steps.length; i++) yield parts.at(steps, i)
}

function firstPositive(steps: Iterable<number>): number {
  let first = Infinity
  for (const step of steps) if (step > 0 && step < first) first = step
  return first === Infinity ? 1 : first
}

function lastFinite(values: ArrayLike<number>): number | null {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return i
  return null
}
