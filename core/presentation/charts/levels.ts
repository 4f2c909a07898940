/**
 * A metric against the levels of a factor: single runs as small points while there are fewer than 30, the mean with its interval, and
 * the theory's value dashed. Positive numeric levels stand on a log axis; others stand side by side in their order, and are joined by
 * no line, because nothing lies between them.
 */
import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts'
import { assert } from '#core/contract/errors.ts'
import type { Catalogue } from '../catalogue.ts'
import { formatNumber } from '../digits.ts'
import { within } from '../sentences.ts'
import { levelColours, levelMarkers, palette, type Theme } from '../theme.ts'
import * as parts from './chart.ts'

export const fewPoints = 30 // from so many on, a level shows its interval only

export type ChartLevel = {
  readonly label: string
  readonly value: number | null // of an ordered numeric factor
  readonly points: ArrayLike<number> // one a run
  readonly n: number
  readonly mean: number | null
  readonly low: number | null
  readonly high: number | null
  readonly prediction: number | null
}

/** A line of levels; several, where a second factor (the control) splits the runs. */
export type LevelGroup = { readonly label: string; readonly levels: readonly ChartLevel[] }

export type LevelsData = {
  readonly metric: parts.ChartMetric
  readonly factor: parts.ChartFactor
  readonly groups: readonly LevelGroup[]
  readonly oracle: string | null
  readonly confidence: number // of the intervals
  readonly n: number // runs
}

/** Where levels stand: `place` gives a level of a group its x. */
type Placement = {
  readonly log: boolean
  readonly ticks: readonly number[]
  readonly ends: parts.Ends
  readonly labels: readonly string[]
  place(level: number, group: number): number
}

type Drawing = {
  readonly place: Placement
  readonly colours: readonly string[]
  readonly symbols: readonly string[]
  readonly y: (value: number | null) => number | undefined
}

export const levels = { option, tableTwin, alternative } satisfies parts.Chart<LevelsData>

function option(data: LevelsData, theme: Theme, words: Catalogue): EChartsOption {
  const { language } = words
  const title = words('chart.levelsTitle', {
    metric: parts.titled(data.metric, words),
    factor: within(data.factor.title[language], language),
    n: data.n,
  })
  const values = allValues(data)
  const log = data.metric.scale === 'log'
  const lift = log ? parts.logFloor(values) : { floor: null, count: 0 }
  if (!values.some(log ? (value) => value > 0 && value < Infinity : Number.isFinite)) return parts.emptyOption(theme, title, words)

  const place = placement(data)
  const drawing: Drawing = {
    place,
    colours: levelColours(theme, data.groups.length, false),
    symbols: levelMarkers(data.groups.length),
    y: (value) => parts.lifted(value ?? undefined, lift.floor),
  }
  const labels = groupLabels(data, drawing)
  const hidden = data.groups.some(({ levels }) => levels.some(({ n }) => n >= fewPoints))
  const percent = formatNumber(data.confidence * 100, language)
  const how = [
    words(hidden ? 'chart.meanOnly' : 'chart.pointsAndMean', { percent }),
    ...(data.oracle === null ? [] : [words('chart.theory', { oracle: data.oracle })]),
  ]
  const lifted =
    lift.count > 0 && lift.floor !== null ? words('chart.floored', { count: lift.count, floor: formatNumber(lift.floor, language) }) : ''
  return {
    ...parts.frame(
      theme,
      { title, subtitle: [how.join(' · '), lifted] },
      labels.map(({ text }) => text),
    ),
    aria: { enabled: true, label: { description: alternative(data, words) } },
    xAxis: parts.xAxis(theme, {
      log: place.log,
      ends: place.ends,
      name: data.factor.title[language],
      ticks: place.ticks,
      tickText: levelText(place),
      language,
    }),
    yAxis: parts.yAxis(theme, { log, language }),
    series: [
      ...data.groups.flatMap((group, index) => groupSeries(group, index, drawing)),
      ...predictionSeries(data, theme, drawing),
      parts.endLabels(labels),
    ],
  }
}

/** Single runs, means, and for each level its interval: a bar between two short caps. */
function groupSeries(
  { label, levels }: LevelGroup,
  group: number,
  { place, colours, symbols, y }: Drawing,
): (LineSeriesOption | ScatterSeriesOption)[] {
  const color = colours[group] ?? ''
  const symbol = symbols[group] ?? 'circle'
  const few = levels.flatMap((level, index) =>
    level.n < fewPoints ? Array.from(level.points, (value) => parts.point(place.place(index, group), y(value))) : [],
  )
  const intervals = levels.flatMap(({ low, high }, index): LineSeriesOption[] => {
    if (low === null || high === null || low === high) return []
    const x = place.place(index, group)
    return [
      {
        id: `interval:${label}:${index}`,
        type: 'line',
        silent: true,
        color,
        symbol: 'rect',
        symbolSize: [9, 1.5],
        lineStyle: { type: 'solid', width: 1.5, opacity: 1 },
        data: [parts.point(x, y(low)), parts.point(x, y(high))],
      },
    ]
  })
  return [
    { id: `runs:${label}`, name: label, type: 'scatter', symbol, symbolSize: 4, itemStyle: { color, opacity: 0.35 }, data: few },
    ...intervals,
    {
      id: `mean:${label}`,
      name: label,
      type: 'scatter',
      symbol,
      symbolSize: 8,
      itemStyle: { color },
      data: levels.map(({ mean }, index) => parts.point(place.place(index, group), y(mean))),
    },
  ]
}

/** Joined over an ordered factor; a short dashed stroke at each level of an unordered one. */
function predictionSeries(data: LevelsData, theme: Theme, { place, y }: Drawing): LineSeriesOption[] {
  const { ink } = palette(theme)
  const line = (id: string, points: parts.Point[]): LineSeriesOption => ({
    id: `prediction:${id}`,
    type: 'line',
    silent: true,
    symbol: 'none',
    color: ink,
    lineStyle: { type: 'dashed', width: 1.2 },
    z: 1, // under the measurements, which must stay visible where they agree
    data: points,
  })
  return data.groups.flatMap(({ label, levels }, group) => {
    if (levels.every(({ prediction }) => prediction === null)) return []
    if (data.factor.ordered)
      return [
        line(
          label,
          levels.map(({ prediction }, index) => parts.point(place.place(index, group), y(prediction))),
        ),
      ]
    return levels.flatMap(({ prediction }, index) => {
      const x = place.place(index, group)
      return prediction === null
        ? []
        : [line(`${label}:${index}`, [parts.point(x - 0.2, y(prediction)), parts.point(x + 0.2, y(prediction))])]
    })
  })
}

function groupLabels({ groups }: LevelsData, { place, colours, y }: Drawing): parts.EndLabel[] {
  if (groups.length < 2) return []
  return groups.flatMap(({ label, levels }, group) => {
    const last = levels.findLastIndex(({ mean }) => mean !== null && Number.isFinite(mean))
    const value = y(levels[last]?.mean ?? null)
    return value === undefined ? [] : [{ at: [place.ends.max, value] as const, text: label, colour: colours[group] ?? '' }]
  })
}

/** Groups stand beside each other at a level, a quarter of the way to the next in all. */
function placement({ factor, groups }: LevelsData): Placement {
  const [first] = groups
  assert(first !== undefined, 'levels: a chart with values has a group')
  const numbers = first.levels.map(({ value }) => value ?? Number.NaN)
  const labels = first.levels.map(({ label }) => label)
  const aside = (group: number) => (groups.length < 2 ? 0 : 0.25 * (group / (groups.length - 1) - 0.5))
  const span = parts.ends(numbers)
  if (factor.ordered && span !== null && span.min > 0 && span.max > span.min && numbers.every(Number.isFinite)) {
    const gap = Math.log(span.max / span.min) / Math.max(1, numbers.length - 1)
    return {
      log: true,
      ticks: numbers,
      labels,
      ends: { min: span.min * Math.exp(-gap / 2), max: span.max * Math.exp(gap / 2) },
      place: (level, group) => parts.at(numbers, level) * Math.exp(gap * aside(group)),
    }
  }
  const places = labels.map((_, index) => index)
  return { log: false, ticks: places, labels, ends: { min: -0.5, max: labels.length - 0.5 }, place: (level, group) => level + aside(group) }
}

function levelText({ ticks, labels }: Placement): (value: number) => string {
  return (value) => labels[ticks.findIndex((tick) => Math.abs(tick - value) <= 1e-9 * Math.max(1, Math.abs(tick)))] ?? '' // ECharts takes ticks through a logarithm and back
}

function tableTwin(data: LevelsData, words: Catalogue): parts.TableTwin {
  const columns = ['chart.group', 'chart.level', 'chart.run', 'chart.mean', 'chart.low', 'chart.high', 'chart.predicted'] as const
  const rows = data.groups.flatMap(({ label, levels }) =>
    levels.flatMap((level) => {
      const summary = [level.mean, level.low, level.high, level.prediction].map((value) => value ?? Number.NaN)
      const none = summary.map(() => Number.NaN)
      return [[label, level.label, Number.NaN, ...summary], ...Array.from(level.points, (value) => [label, level.label, value, ...none])]
    }),
  )
  return { columns: columns.map((key) => words(key)), rows }
}

function alternative(data: LevelsData, words: Catalogue): string {
  const { language } = words
  const metric = data.metric.title[language]
  const ends = data.groups.flatMap(({ label, levels }) => {
    const measured = levels.filter(({ mean }) => mean !== null)
    const [first, last] = [measured.at(0), measured.at(-1)]
    if (first === undefined || last === undefined) return []
    const named = { label: label === '' ? metric : label, a: first.label, b: last.label }
    return [words('chart.levelOf', { ...named, first: formatNumber(first.mean, language), last: formatNumber(last.mean, language) })]
  })
  if (ends.length === 0) return `${metric}: ${words('chart.noData')}`
  const sentences = [
    words('chart.levelsAlternative', {
      metric,
      factor: within(data.factor.title[language], language),
      ends: ends.join(language === 'ja' ? '、' : '; '),
    }),
  ]
  if (data.oracle !== null) sentences.push(words('chart.levelsTheory', { oracle: data.oracle }))
  return sentences.join(language === 'ja' ? '' : ' ')
}

function allValues({ groups }: LevelsData): number[] {
  return groups.flatMap(({ levels }) =>
    levels.flatMap(({ points, n, mean, low, high, prediction }) => [
      ...(n < fewPoints ? Array.from(points) : []),
      ...[mean, low, high, prediction].filter((value) => value !== null),
    ]),
  )
}
