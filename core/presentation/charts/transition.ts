/**
 * Where a transition lies, seed by seed: a bar for what is known of a seed's threshold, its runs as points by the side that they say, the mean of
 * all as a line in the band of its interval, and the theory's critical level dashed. A bar that nothing bounds on one side goes to the edge.
 */
import type { EChartsOption, LineSeriesOption, ScatterSeriesOption, YAXisComponentOption } from 'echarts'
import type { SeedBracket, SidedRun, Transition } from '#core/contract/transitions.ts'
import type { Catalogue } from '../catalogue.ts'
import { formatNumber } from '../digits.ts'
import { within } from '../sentences.ts'
import { palette, type Theme } from '../theme.ts'
import { sentencesOf } from '../transitionSentences.ts'
import * as parts from './chart.ts'

export type TransitionData = { readonly transition: Transition }

/** `ends` of the levels, `rows` of the seeds: the first stands at the top, at 0. */
type Drawing = { readonly theme: Theme; readonly ends: parts.Ends; readonly rows: parts.Ends }
type SaidSide = 'above' | 'below' | 'none'

const sides = ['below', 'above', 'none'] as const
const mostNamed = 24 // seeds whose numbers stand at the left; more would touch

export const transition = { option, tableTwin, alternative } satisfies parts.Chart<TransitionData>

function option(data: TransitionData, theme: Theme, words: Catalogue): EChartsOption {
  const { language } = words
  const { title, scale, brackets, confidence, mean, theory, oracle } = data.transition
  const n = brackets.reduce((sum, { runs }) => sum + runs.length, 0)
  const heading = words('chart.transitionTitle', { factor: within(title[language], language), n })
  if (n === 0) return parts.emptyOption(theme, heading, words)
  const drawing = drawingOf(data.transition, theme)
  const hasNone = brackets.some(({ runs }) => runs.some(({ side }) => side === null))
  const percent = formatNumber(100 * confidence, language)
  const lines = [
    ...(mean === null ? [] : [words(mean.interval === null ? 'chart.transitionMeanOnly' : 'chart.transitionMean', { percent })]),
    ...(theory === null ? [] : [words('chart.theory', { oracle: oracle ?? '' })]),
  ]
  const subtitle = [words(hasNone ? 'chart.transitionPointsNone' : 'chart.transitionPoints'), lines.join(' · ')]
  const frame = parts.frame(theme, { title: heading, subtitle }, [])
  const grid = Array.isArray(frame.grid) ? {} : (frame.grid ?? {})
  return {
    ...frame,
    grid: { ...grid, top: Number(grid.top) + 14 }, // room for the name of the rows
    aria: { enabled: true, label: { description: alternative(data, words) } },
    xAxis: parts.xAxis(theme, {
      log: scale === 'log',
      ends: drawing.ends,
      name: title[language],
      ticks: ticksOf(drawing.ends, scale),
      tickText: (level) => formatNumber(level, language),
      language,
    }),
    yAxis: seedAxis(brackets, drawing, words),
    series: [
      ...meanSeries(data.transition, drawing),
      ...theorySeries(theory, drawing),
      ...brackets.map((bracket, i) => barSeries(bracket, i, drawing)),
      ...sides.flatMap((side) => runSeries(brackets, side, { drawing, words })),
    ],
  }
}

function drawingOf({ from, to, scale, mean, theory, brackets }: Transition, theme: Theme): Drawing {
  const all = [from, to, mean?.interval?.low ?? from, mean?.interval?.high ?? to, theory ?? from].filter(
    (level) => Number.isFinite(level) && (scale === 'linear' || level > 0),
  )
  const { min, max } = parts.ends(all) ?? { min: from, max: to }
  return { theme, ends: { min, max }, rows: { min: 0.4 - brackets.length, max: 0.6 } }
}

/** Both ends and three levels between them: a bracket may hold no round number. */
function ticksOf({ min, max }: parts.Ends, scale: Transition['scale']): number[] {
  return Array.from({ length: 5 }, (_, i) => (scale === 'log' ? min * (max / min) ** (i / 4) : min + ((max - min) * i) / 4))
}

function seedAxis(brackets: readonly SeedBracket[], { theme, rows }: Drawing, words: Catalogue): YAXisComponentOption {
  const { ink2, ink3 } = palette(theme)
  const isNamed = brackets.length <= mostNamed
  return {
    type: 'value',
    ...rows,
    interval: 1,
    name: isNamed ? words('chart.seed') : '',
    nameLocation: 'end',
    nameGap: 4,
    nameTextStyle: { color: ink3, fontSize: 11, align: 'left' },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      show: isNamed,
      fontSize: 11,
      color: ink2,
      customValues: brackets.map((_, i) => rowOf(i)),
      formatter: (value: number) => String(brackets[-value]?.seed ?? ''),
    },
  }
}

function barSeries({ seed, low, high, state }: SeedBracket, index: number, { theme, ends }: Drawing): LineSeriesOption {
  const { accent, ink3 } = palette(theme)
  const isKnown = low !== null || high !== null
  return {
    id: `bracket:${seed}`,
    name: String(seed),
    type: 'line',
    silent: true,
    symbol: 'none',
    color: state === 'crossed' ? accent : ink3,
    lineStyle: { type: 'solid', width: 7, opacity: state === 'crossed' ? 0.55 : 0.3, cap: 'butt' },
    z: 3,
    data: isKnown ? [parts.point(low ?? ends.min, rowOf(index)), parts.point(high ?? ends.max, rowOf(index))] : [],
  }
}

/** Above: filled, below: hollow, without a value: a diamond. The sign says it too, where colours cannot be told apart. */
function runSeries(
  brackets: readonly SeedBracket[],
  side: SaidSide,
  { drawing: { theme }, words }: { drawing: Drawing; words: Catalogue },
): ScatterSeriesOption[] {
  const { accent, surface, warn } = palette(theme)
  const data = brackets.flatMap(({ runs }, i) =>
    runs.filter((run) => sideOf(run) === side).map(({ level }) => parts.point(level, rowOf(i))),
  )
  if (data.length === 0) return []
  return [
    {
      id: `runs:${side}`,
      name: words(`chart.side.${side}`),
      type: 'scatter',
      symbol: side === 'none' ? 'diamond' : 'circle',
      symbolSize: side === 'none' ? 9 : 7,
      itemStyle:
        side === 'none'
          ? { color: warn, opacity: 1 }
          : { color: side === 'above' ? accent : surface, borderColor: accent, borderWidth: 1.5, opacity: 1 },
      z: 4,
      data,
    },
  ]
}

/** The line of the mean across all seeds, and under it the band of its interval. */
function meanSeries({ mean }: Transition, { theme, rows: { min: bottom, max: top } }: Drawing): LineSeriesOption[] {
  if (mean === null) return []
  const { ink2, accent } = palette(theme)
  const { interval } = mean
  const line: LineSeriesOption = {
    id: 'mean',
    type: 'line',
    silent: true,
    symbol: 'none',
    color: ink2,
    lineStyle: { type: 'solid', width: 1.5 },
    z: 2,
    data: [parts.point(mean.value, bottom), parts.point(mean.value, top)],
  }
  if (interval === null) return [line]
  return [
    {
      id: 'interval',
      type: 'line',
      silent: true,
      symbol: 'none',
      color: accent,
      lineStyle: { type: 'solid', width: 0, opacity: 0 },
      areaStyle: { color: accent, opacity: 0.12, origin: 'start' },
      z: 1,
      data: [parts.point(interval.low, top), parts.point(interval.high, top)],
    },
    line,
  ]
}

function theorySeries(theory: number | null, { theme, rows }: Drawing): LineSeriesOption[] {
  if (theory === null) return []
  return [
    {
      id: 'prediction:theory',
      type: 'line',
      silent: true,
      symbol: 'none',
      color: palette(theme).ink,
      lineStyle: { type: 'dashed', width: 1.2 },
      z: 2,
      data: [parts.point(theory, rows.min), parts.point(theory, rows.max)],
    },
  ]
}

function rowOf(index: number): number {
  return 0 - index // −0 is another number
}

function sideOf({ side }: SidedRun): SaidSide {
  return side ?? 'none'
}

/** A row for each run, with what is known of its seed in the end. */
function tableTwin({ transition: { title, brackets } }: TransitionData, words: Catalogue): parts.TableTwin {
  const { language } = words
  const rows = brackets.flatMap(({ seed, state, low, high, theory, runs }) =>
    runs.map((run) => [
      seed,
      run.level,
      run.value ?? Number.NaN,
      words(`chart.side.${sideOf(run)}`),
      low ?? -Infinity,
      high ?? Infinity,
      words(`chart.bracket.${state}`),
      theory ?? Number.NaN,
    ]),
  )
  const columns = [words('chart.seed'), title[language], words('chart.value'), words('chart.sideOfRun'), words('chart.low'), words('chart.high'), words('chart.bracketOfSeed'), words('chart.predicted')] // prettier-ignore
  return { columns, rows }
}

function alternative({ transition: one }: TransitionData, words: Catalogue): string {
  const { language } = words
  const factor = within(one.title[language], language)
  if (one.brackets.every(({ runs }) => runs.length === 0)) return `${factor}: ${words('chart.noData')}`
  const label = words('chart.transitionAlternative', {
    count: one.brackets.length,
    factor,
    from: formatNumber(one.from, language),
    to: formatNumber(one.to, language),
  })
  return [label, ...sentencesOf(one, words)].join(language === 'ja' ? '' : ' ')
}
