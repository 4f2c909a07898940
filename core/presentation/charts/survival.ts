/**
 * The share of runs that have not had an event yet, over the steps since the count began: a Kaplan–Meier curve for each level of a factor with
 * its pointwise interval as a band, a stroke where runs are censored, and beneath it how many runs are still at risk. A curve ends with the last
 * run that was seen: beyond it nothing is known, and nothing is drawn.
 */
import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts'
import type { LevelSurvival, Survival } from '#core/contract/survival.ts'
import type { Catalogue } from '../catalogue.ts'
import { formatCount, formatNumber } from '../digits.ts'
import { within } from '../sentences.ts'
import { eventWords } from '../survivalSentences.ts'
import { levelColours, palette, type Theme } from '../theme.ts'
import * as parts from './chart.ts'

export type SurvivalData = {
  readonly metric: parts.ChartMetric
  readonly factor: parts.ChartFactor
  readonly survival: Survival
  readonly logTime?: boolean
}

/** From so many levels on, the numbers at risk would take more room than the curves. */
export const mostRiskRows = 6

const rowHeight = 15
const widestLabel = 120
const [lowestLabel, labelGap, labelPlaces] = [0.07, 0.1, 5] // of curves that end at 0: above the ticks of the axis, one above the other

type Drawing = {
  readonly colours: readonly string[]
  readonly x: (time: number) => number
  readonly ends: parts.Ends
  readonly ticks: readonly number[]
  readonly log: boolean
}

export const survival = { option, tableTwin, alternative } satisfies parts.Chart<SurvivalData>

function option(data: SurvivalData, theme: Theme, words: Catalogue): EChartsOption {
  const { levels } = data.survival
  const title = titleOf(data, words)
  if (levels.every(({ n }) => n === 0)) return parts.emptyOption(theme, title, words)
  const drawing = drawingOf(data, theme)
  const labels = endLabels(levels, drawing)
  const frame = parts.frame(
    theme,
    { title, subtitle: subtitle(data, words, drawing) },
    labels.map(({ text }) => text),
  )
  const rows = levels.length > mostRiskRows ? [] : levels
  return {
    ...frame,
    ...axes(data, { theme, words, drawing, frame, rows }),
    aria: { enabled: true, label: { description: alternative(data, words) } },
    series: [
      ...levels.flatMap((level, index) => [...bandSeries(level, index, drawing), curveSeries(level, index, drawing)]),
      ...levels.map((level, index) => censorSeries(level, index, drawing)),
      ...rows.map((level, row) => riskSeries(level, { row, colour: drawing.colours[row] ?? '', drawing, words })),
      parts.endLabels(labels),
    ],
  }
}

function drawingOf({ survival: { levels }, factor, logTime = false }: SurvivalData, theme: Theme): Drawing {
  const times = levels.flatMap(({ curve, censorings }) => [...curve, ...censorings].map(({ time }) => time))
  const positive = times.filter((time) => time > 0)
  const first = positive.length === 0 ? 1 : Math.min(...positive)
  const last = positive.length === 0 ? 1 : Math.max(...positive)
  const log = logTime && last > first
  const ends = { min: log ? first / 2 : 0, max: last }
  return {
    colours: levelColours(theme, levels.length, factor.ordered),
    x: (time) => (log && time <= 0 ? ends.min : time),
    ends,
    ticks: log ? powersBetween(first, last) : roundTicks(last),
    log,
  }
}

/** The curves above, and below them a row of numbers for each level, on the same steps. */
function axes(
  { survival: { levels } }: SurvivalData,
  given: { theme: Theme; words: Catalogue; drawing: Drawing; frame: EChartsOption; rows: readonly LevelSurvival[] },
): Pick<EChartsOption, 'grid' | 'xAxis' | 'yAxis'> {
  const { theme, words, drawing, frame, rows } = given
  const { language } = words
  const { ink2, ink3 } = palette(theme)
  const grid = Array.isArray(frame.grid) ? {} : (frame.grid ?? {})
  const left = Math.max(40, ...(rows.length > 0 ? levels.map(({ label }) => Math.min(widestLabel, parts.textWidth(label)) + 26) : []))
  const table = rows.length === 0 ? 0 : rows.length * rowHeight + 22
  const tickText = (step: number) => formatCount(step, language)
  const { log, ends, ticks } = drawing
  const x = parts.xAxis(theme, { log, ends, ticks, tickText, name: words('chart.stepsSince'), language })
  const y = { ...parts.yAxis(theme, { log: false, ends: { min: 0, max: 1 }, language }), interval: 0.25 }
  const main = { ...grid, left, bottom: 44 + table, outerBoundsMode: 'none' as const }
  if (rows.length === 0) return { grid: main, xAxis: x, yAxis: y }
  return {
    grid: [main, { left, right: main.right ?? 20, height: rows.length * rowHeight, bottom: 6, outerBoundsMode: 'none' }],
    xAxis: [x, { type: log ? 'log' : 'value', ...ends, gridIndex: 1, show: false }],
    yAxis: [
      y,
      {
        type: 'category',
        gridIndex: 1,
        inverse: true,
        data: rows.map(({ label }) => label),
        name: words('chart.atRisk'),
        nameLocation: 'start',
        nameGap: 6,
        nameTextStyle: { align: 'left', color: ink3, fontSize: 11, padding: [0, 0, 0, -left + 8] },
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { interval: 0, margin: 18, fontSize: 11, color: ink2, width: widestLabel, overflow: 'truncate' },
      },
    ],
  }
}

/** Falls at each event: from a time on the value holds until the next. */
function curveSeries({ label, curve, lastTime }: LevelSurvival, index: number, { colours, x }: Drawing): LineSeriesOption {
  const last = curve.at(-1)?.survival ?? 1
  return {
    id: `curve:${label}`,
    name: label,
    type: 'line',
    step: 'end',
    symbol: 'none',
    color: colours[index] ?? '',
    lineStyle: { type: 'solid', width: 2, opacity: 1 },
    data:
      lastTime === null
        ? []
        : [parts.point(x(0), 1), ...curve.map((at) => parts.point(x(at.time), at.survival)), parts.point(x(lastTime), last)],
  }
}

/** Two stacked areas, the lower one without ink: what lies between the ends of the interval. It ends where the interval does, at survival 0. */
function bandSeries({ label, curve, lastTime }: LevelSurvival, index: number, { colours, x }: Drawing): LineSeriesOption[] {
  const known = curve.flatMap(({ time, low, high }) => (low === null || high === null ? [] : [{ time, low, high }]))
  const last = known.at(-1)
  if (last === undefined || lastTime === null) return []
  const end = curve.find(({ low }) => low === null)?.time ?? lastTime
  const points = [...known, ...(end > last.time ? [{ ...last, time: end }] : [])]
  const common = {
    type: 'line',
    step: 'end',
    symbol: 'none',
    silent: true,
    stack: `band:${label}`,
    lineStyle: { type: 'solid', opacity: 0 },
    z: 1,
  } as const
  const color = colours[index] ?? ''
  return [
    { ...common, id: `low:${label}`, color, data: points.map(({ time, low }) => parts.point(x(time), low)) },
    {
      ...common,
      id: `band:${label}`,
      color,
      areaStyle: { color, opacity: 0.15 },
      data: points.map(({ time, low, high }) => parts.point(x(time), high - low)),
    },
  ]
}

/** An upright stroke through the curve at each time at which runs end without the event. */
function censorSeries({ label, curve, censorings }: LevelSurvival, index: number, { colours, x }: Drawing): ScatterSeriesOption {
  return {
    id: `censored:${label}`,
    name: label,
    type: 'scatter',
    silent: true,
    symbol: 'rect',
    symbolSize: [1.5, 9],
    itemStyle: { color: colours[index] ?? '', opacity: 1 },
    data: censorings.map(({ time }) => parts.point(x(time), curve.findLast((at) => at.time <= time)?.survival ?? 1)),
  }
}

function riskSeries(
  level: LevelSurvival,
  { row, colour, drawing, words }: { row: number; colour: string; drawing: Drawing; words: Catalogue },
): ScatterSeriesOption {
  return {
    id: `risk:${level.label}`,
    type: 'scatter',
    silent: true,
    xAxisIndex: 1,
    yAxisIndex: 1,
    clip: false,
    symbolSize: 1,
    itemStyle: { color: 'transparent', opacity: 1 }, // the label takes its opacity from here
    data: drawing.ticks.map((time) => ({
      value: [time, row],
      label: {
        show: true,
        position: 'inside',
        formatter: () => formatCount(atRisk(level, time), words.language),
        fontSize: 11,
        color: colour,
      },
    })),
  }
}

/** Runs seen at a time without having had the event before it. */
export function atRisk({ n, curve, censorings }: LevelSurvival, time: number): number {
  const events = curve.reduce((sum, at) => (at.time < time ? sum + at.events : sum), 0)
  return n - events - censorings.reduce((sum, at) => (at.time < time ? sum + at.count : sum), 0)
}

function endLabels(levels: readonly LevelSurvival[], { colours, x }: Drawing): parts.EndLabel[] {
  const gone = levels.filter(({ curve }) => curve.at(-1)?.survival === 0).map(({ label }) => label)
  return levels.flatMap(({ label, curve, lastTime }, index) => {
    if (lastTime === null) return []
    const place = gone.indexOf(label)
    const y = place < 0 ? (curve.at(-1)?.survival ?? 1) : lowestLabel + labelGap * (place % labelPlaces)
    return [{ at: [x(lastTime), y] as const, text: label, colour: colours[index] ?? '' }]
  })
}

function titleOf(data: SurvivalData, words: Catalogue): string {
  const { language } = words
  return words('chart.survivalTitle', {
    event: eventWords(data.survival, data.metric.title[language], words),
    factor: within(data.factor.title[language], language),
    n: data.survival.levels.reduce((sum, { n }) => sum + n, 0),
  })
}

function subtitle({ survival: { confidence, resolution, levels } }: SurvivalData, words: Catalogue, drawing: Drawing): string[] {
  const { language } = words
  const [after, ...others] = new Set(levels.map((level) => level.after))
  const hasZero = levels.some(({ curve, censorings }) => [...curve, ...censorings].some(({ time }) => time === 0))
  const hasBand = levels.some(({ curve }) => curve.some(({ low, high }) => low !== null && high !== null))
  const how = [
    words('chart.kaplanMeier'),
    ...(hasBand ? [words('chart.survivalBand', { percent: formatNumber(100 * confidence, language) })] : []),
    ...(levels.some(({ censorings }) => censorings.length > 0) ? [words('chart.censored')] : []),
  ]
  const time = [
    resolution === null ? '' : words('chart.resolution', { resolution: formatCount(resolution, language), count: resolution }),
    others.length > 0
      ? words('chart.afterOwn')
      : after === undefined || after === 0
        ? ''
        : words('chart.after', { after: formatCount(after, language) }),
    drawing.log && hasZero ? words('chart.stepZero', { step: formatNumber(drawing.ends.min, language) }) : '',
  ]
  return [how.join(' · '), time.filter((text) => text !== '').join(' · ')]
}

/** A row for each time at which a run has the event or is censored. */
function tableTwin({ survival: { levels } }: SurvivalData, words: Catalogue): parts.TableTwin {
  const columns = [
    'chart.level',
    'chart.stepsSince',
    'chart.atRisk',
    'chart.events',
    'chart.censorings',
    'chart.survival',
    'chart.low',
    'chart.high',
  ] as const
  const rows = levels.flatMap((level) => {
    const times = [...new Set([...level.curve, ...level.censorings].map(({ time }) => time))].sort((a, b) => a - b)
    return times.map((time) => {
      const event = level.curve.find((at) => at.time === time)
      const known = level.curve.findLast((at) => at.time <= time)
      const censored = level.censorings.find((at) => at.time === time)?.count ?? 0
      const [low, high] = known === undefined ? [Number.NaN, Number.NaN] : [known.low ?? Number.NaN, known.high ?? Number.NaN]
      return [level.label, time, atRisk(level, time), event?.events ?? 0, censored, known?.survival ?? 1, low, high]
    })
  })
  return { columns: columns.map((key) => words(key)), rows }
}

function alternative({ metric, factor, survival: answer }: SurvivalData, words: Catalogue): string {
  const { language } = words
  const event = eventWords(answer, metric.title[language], words)
  const ends = answer.levels
    .filter(({ n }) => n > 0)
    .map(({ label, n, events, median }) =>
      words(median.time === null ? 'chart.survivalWithout' : 'chart.survivalOf', {
        label,
        n,
        events,
        median: formatCount(median.time, language),
      }),
    )
  if (ends.length === 0) return `${event}: ${words('chart.noData')}`
  return words('chart.survivalAlternative', {
    event,
    factor: within(factor.title[language], language),
    ends: ends.join(language === 'ja' ? '、' : '; '),
  })
}

/** Zero and four to six round steps up to the last time. */
function roundTicks(last: number): number[] {
  const rough = last / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? 10 * power)
  return Array.from({ length: Math.floor(last / step + 1e-9) + 1 }, (_, i) => i * step)
}

/** Powers of ten from the first to the last time, with 2 and 5 between them over less than three decades; where that is fewer than two, both ends. */
function powersBetween(first: number, last: number): number[] {
  const factors = last / first < 1_000 ? [1, 2, 5] : [1]
  const from = Math.floor(Math.log10(first))
  const decades = Array.from({ length: Math.ceil(Math.log10(last)) - from + 1 }, (_, i) => 10 ** (from + i))
  const ticks = decades.flatMap((power) => factors.map((factor) => factor * power)).filter((tick) => tick >= first && tick <= last)
  return ticks.length < 2 ? [first, last] : ticks
}
