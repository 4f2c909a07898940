/**
 * The path of coefficients over weight decay: what was measured as points, what theory says as dashed lines, each coefficient named
 * at its end. Weight decay falls to the right, so that the coefficients grow out of zero towards their names.
 */
import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts'
import type { Catalogue } from '../catalogue.ts'
import { formatNumber } from '../digits.ts'
import { within } from '../sentences.ts'
import { levelColours, levelMarkers, palette, type Theme } from '../theme.ts'
import * as parts from './chart.ts'

export type PathPoint = { readonly level: number; readonly value: number }

export type PathData = {
  readonly factor: { readonly title: parts.ChartFactor['title'] }
  readonly coefficients: readonly {
    readonly name: string
    readonly measured: readonly PathPoint[]
    readonly predicted: readonly PathPoint[]
  }[]
  readonly oracle: string
  readonly n: number // runs
}

type Drawing = { readonly colours: readonly string[]; readonly symbols: readonly string[] }

export const path = { option, tableTwin, alternative } satisfies parts.Chart<PathData>

function option(data: PathData, theme: Theme, words: Catalogue): EChartsOption {
  const { language } = words
  const factor = data.factor.title[language]
  const title = words('chart.pathTitle', { factor: within(factor, language), n: data.n })
  const points = data.coefficients
    .flatMap(({ measured, predicted }) => [...measured, ...predicted])
    .filter(({ value }) => Number.isFinite(value))
  const ends = parts.ends(points.map(({ level }) => level))
  if (ends === null) return parts.emptyOption(theme, title, words)

  const log = ends.min > 0 && ends.max > ends.min
  const levels = [...new Set(data.coefficients.flatMap(({ measured }) => measured.map(({ level }) => level)))].sort((a, b) => a - b)
  const count = data.coefficients.length
  const drawing = { colours: levelColours(theme, count, false), symbols: levelMarkers(count) }
  const labels = nameLabels(data, drawing)
  const tickText = (level: number) => formatNumber(level, language)
  return {
    ...parts.frame(
      theme,
      { title, subtitle: [[words('chart.pathPoints'), words('chart.theory', { oracle: data.oracle })].join(' · ')] },
      labels.map(({ text }) => text),
    ),
    aria: { enabled: true, label: { description: alternative(data, words) } },
    xAxis: parts.xAxis(theme, {
      log,
      ends,
      name: words('chart.decreasing', { title: factor }),
      inverse: true,
      ticks: levels,
      tickText,
      language,
    }),
    yAxis: parts.yAxis(theme, { log: false, language }),
    series: [zeroLine(ends, theme), ...predictionSeries(data, theme), ...measuredSeries(data, drawing), parts.endLabels(labels)],
  }
}

function measuredSeries(data: PathData, { colours, symbols }: Drawing): ScatterSeriesOption[] {
  return data.coefficients.map(({ name, measured }, index) => ({
    id: `measured:${name}`,
    name,
    type: 'scatter',
    symbol: symbols[index] ?? 'circle',
    symbolSize: 5,
    itemStyle: { color: colours[index] ?? '', opacity: 0.8 },
    data: measured.map(({ level, value }) => parts.point(level, value)),
  }))
}

function predictionSeries(data: PathData, theme: Theme): LineSeriesOption[] {
  const { ink } = palette(theme)
  return data.coefficients.map(({ name, predicted }) => ({
    id: `prediction:${name}`,
    name,
    type: 'line',
    silent: true,
    symbol: 'none',
    color: ink,
    lineStyle: { type: 'dashed', width: 1.1 },
    z: 1, // under the points
    data: predicted.map(({ level, value }) => parts.point(level, value)),
  }))
}

/** Zero means "this coefficient is off": it has a line of its own. */
function zeroLine(ends: parts.Ends, theme: Theme): LineSeriesOption {
  return {
    id: 'zero',
    type: 'line',
    silent: true,
    symbol: 'none',
    color: palette(theme).ink3,
    lineStyle: { type: 'solid', width: 1 },
    z: 0,
    data: [parts.point(ends.min, 0), parts.point(ends.max, 0)],
  }
}

function nameLabels(data: PathData, { colours }: Drawing): parts.EndLabel[] {
  return data.coefficients.flatMap(({ name, measured, predicted }, index) => {
    const all = [...predicted, ...measured].filter(({ value }) => Number.isFinite(value))
    const end = parts.ends(all.map(({ level }) => level))
    const last = all.find(({ level }) => level === end?.min)
    return last === undefined ? [] : [{ at: [last.level, last.value] as const, text: name, colour: colours[index] ?? '' }]
  })
}

function tableTwin(data: PathData, words: Catalogue): parts.TableTwin {
  const rows = data.coefficients.flatMap(({ name, measured, predicted }) => [
    ...measured.map(({ level, value }) => [name, level, value, Number.NaN]),
    ...predicted.map(({ level, value }) => [name, level, Number.NaN, value]),
  ])
  return {
    columns: [words('chart.coefficient'), data.factor.title[words.language], words('chart.measured'), words('chart.predicted')],
    rows,
  }
}

function alternative(data: PathData, words: Catalogue): string {
  const { language } = words
  const distances = data.coefficients.flatMap(({ measured, predicted }) => {
    const theory = new Map(predicted.map(({ level, value }) => [level, value]))
    return measured.map(({ level, value }) => Math.abs(value - (theory.get(level) ?? Number.NaN)))
  })
  const largest = parts.ends(distances)?.max ?? null
  const [factor, count] = [within(data.factor.title[language], language), data.coefficients.length]
  if (data.coefficients.every(({ measured }) => measured.length === 0)) return `${factor}: ${words('chart.noData')}`
  return words('chart.pathAlternative', { count, factor, oracle: data.oracle, distance: formatNumber(largest, language, { digits: 2 }) })
}
