/**
 * What every chart is made of: a title that says what is shown and its n, a subtitle that says estimator and sampling, hairlines
 * across, labels at the lines' ends, and the two laws of ink: the theory's prediction is dashed, a measurement never is. A chart is
 * `(data, theme, words) → option`, the same on page and paper; beside it stand its table twin and its text alternative.
 */
import type { EChartsOption, ScatterSeriesOption, XAXisComponentOption, YAXisComponentOption } from 'echarts'
import { assert } from '#core/contract/errors.ts'
import type { Language, Words } from '#core/contract/values.ts'
import type { Catalogue } from '../catalogue.ts'
import { formatNumber, powerOfTen } from '../digits.ts'
import { chartFont, palette, type Theme } from '../theme.ts'

export type ChartMetric = { readonly title: Words; readonly unit: string; readonly scale: 'linear' | 'log' }
export type ChartFactor = { readonly title: Words; readonly ordered: boolean }

/** The numbers of a chart as a table; NaN where there is none. */
export type TableTwin = { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | number)[])[] }

/** What a chart gives; the page takes the type from here, for echarts has two under two kinds of resolution. */
export type { EChartsOption }

export type Chart<Data> = {
  option(data: Data, theme: Theme, words: Catalogue): EChartsOption
  tableTwin(data: Data, words: Catalogue): TableTwin
  alternative(data: Data, words: Catalogue): string
}

/** A point that is drawn, or `-`: ECharts' sign for a gap in a line. */
export type Point = [number, number | '-']

const fontSize = 11
const titleSize = 13

/** The parts of an option that all charts share; `labels` are the texts at the right edge, which make room for themselves. */
export function frame(theme: Theme, titles: { title: string; subtitle: readonly string[] }, labels: readonly string[]): EChartsOption {
  const { surface, ink, ink2, ink3 } = palette(theme)
  const subtitle = titles.subtitle.filter((line) => line !== '')
  return {
    animation: false,
    backgroundColor: surface,
    textStyle: { fontFamily: chartFont, fontSize, color: ink2 },
    title: {
      text: titles.title,
      subtext: subtitle.join('\n'),
      left: 4,
      top: 2,
      itemGap: 5,
      textStyle: { fontFamily: chartFont, fontSize: titleSize, fontWeight: 600, color: ink },
      subtextStyle: { fontFamily: chartFont, fontSize, lineHeight: 16, color: ink3 },
    },
    grid: {
      left: 8,
      right: 20 + Math.max(0, ...labels.map(textWidth)),
      top: 38 + subtitle.length * 16,
      bottom: 30,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
  }
}

/** A chart without data says so in words, in the place of its lines. */
export function emptyOption(theme: Theme, title: string, words: Catalogue): EChartsOption {
  const { ink3 } = palette(theme)
  const bare = frame(theme, { title, subtitle: [] }, [])
  return {
    ...bare,
    graphic: {
      type: 'text',
      left: 'center',
      top: 'middle',
      silent: true,
      style: { text: words('chart.noData'), fill: ink3, font: `${titleSize}px ${chartFont}` },
    },
    series: [],
  }
}

export type Ends = { readonly min: number; readonly max: number }

export type AxisOptions = {
  readonly log: boolean
  readonly ends?: Ends
  readonly name?: string
  readonly inverse?: boolean
  readonly ticks?: readonly number[] // where to put ticks; by default where they are round
  readonly tickText?: (value: number) => string
  readonly language: Language
}

/** The axis along the bottom: ticks, a name in the middle below, no grid lines. */
export function xAxis(theme: Theme, options: AxisOptions): XAXisComponentOption {
  const { line, ink2, ink3 } = palette(theme)
  const { log, ends, name = '', inverse = false, ticks, language } = options
  const customValues = ticks === undefined ? {} : { customValues: [...ticks] }
  const formatter = options.tickText ?? tickText(log && ticks === undefined, language)
  return {
    type: log ? 'log' : 'value',
    ...ends,
    inverse,
    name,
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: { fontFamily: chartFont, fontSize, color: ink2 },
    axisLine: { show: true, onZero: false, lineStyle: { color: ink3, width: 1 } },
    axisTick: { show: true, lineStyle: { color: ink3 }, ...customValues },
    axisLabel: {
      fontFamily: chartFont,
      fontSize,
      color: ink2,
      hideOverlap: true,
      ...(ticks === undefined ? { alignMaxLabel: 'right' as const } : {}),
      formatter,
      ...customValues,
    },
    splitLine: { show: false, lineStyle: { color: line } },
  }
}

/** The axis up the left side: three to six hairlines across, no line of its own. */
export function yAxis(theme: Theme, options: AxisOptions): YAXisComponentOption {
  const { line, ink2 } = palette(theme)
  const { log, ends, language } = options
  return {
    type: log ? 'log' : 'value',
    ...ends,
    scale: true, // starts where the data need it
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { fontFamily: chartFont, fontSize, color: ink2, hideOverlap: true, formatter: tickText(log, language) },
    splitLine: { show: true, lineStyle: { color: line, width: 1 } },
  }
}

export type EndLabel = { readonly at: readonly [number, number]; readonly text: string; readonly colour: string }

/** Labels to the right of given points, moved apart where they would touch. */
export function endLabels(labels: readonly EndLabel[]): ScatterSeriesOption {
  return {
    id: 'labels',
    type: 'scatter',
    silent: true,
    symbol: 'circle',
    symbolSize: 1,
    itemStyle: { color: 'transparent', opacity: 1 }, // the label takes its opacity from here
    // Only a label with a place of its own is moved; by default it goes back to its point.
    labelLayout: ({ labelRect: { x, y, height } }) => ({
      x,
      y: y + height / 2,
      align: 'left',
      verticalAlign: 'middle',
      moveOverlap: 'shiftY',
    }),
    clip: false,
    data: labels.map(({ at, text, colour }) => ({
      value: [...at],
      label: { show: true, position: 'right', distance: 5, formatter: () => text, fontFamily: chartFont, fontSize, color: colour },
    })),
  }
}

/** Point or gap: NaN, ±∞ and missing values are gaps. */
export function point(x: number, y: number | undefined): Point {
  return [x, y !== undefined && Number.isFinite(y) ? y : '-']
}

/**
 * What a log axis can show: values ≤ 0 stand at `floor`, the power of ten at or under the smallest positive value, and are counted;
 * without a positive value there is nothing to scale by and `floor` is null.
 */
export function logFloor(values: Iterable<number>): { floor: number | null; count: number } {
  let smallest = Infinity
  let count = 0
  for (const value of values) {
    if (value > 0 && value < smallest) smallest = value
    if (value <= 0) count += 1
  }
  if (smallest === Infinity) return { floor: null, count }
  return { floor: count === 0 ? smallest : 10 ** Math.floor(Math.log10(smallest)), count }
}

/** Lifts a value to a log axis's floor; NaN stays NaN. */
export function lifted(value: number | undefined, floor: number | null): number | undefined {
  return value !== undefined && floor !== null && value <= 0 ? floor : value
}

/** The smallest and the largest finite value, or null. */
export function ends(values: Iterable<number>): Ends | null {
  let [min, max] = [Infinity, -Infinity]
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    if (value < min) min = value
    if (value > max) max = value
  }
  return min <= max ? { min, max } : null
}

/** `title (unit)`, in the language of the words; the unit `1` is dimensionless and not written. */
export function titled(metric: { readonly title: Words; readonly unit?: string }, words: Catalogue): string {
  const title = metric.title[words.language]
  return metric.unit === undefined || metric.unit === '' || metric.unit === '1' ? title : `${title} (${metric.unit})`
}

/** Entries of an array-like that must be there. */
export function at(values: ArrayLike<number>, index: number): number {
  const value = values[index]
  assert(value !== undefined, `a chart's array has no entry ${index}`)
  return value
}

/** About how many pixels a label takes: a full-width sign is as wide as the font is high. */
export function textWidth(text: string): number {
  return [...text].reduce((width, sign) => width + (sign > '\u2e7f' ? fontSize : 0.58 * fontSize), 0)
}

function tickText(log: boolean, language: Language): (value: number) => string {
  return (value) => {
    const exponent = Math.log10(Math.abs(value))
    if (log && value > 0 && Math.abs(exponent - Math.round(exponent)) < 1e-9)
      return exponent > -3 && exponent < 4.5 ? formatNumber(value, language) : powerOfTen(Math.round(exponent))
    return formatNumber(value, language)
  }
}
