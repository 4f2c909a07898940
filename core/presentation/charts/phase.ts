/**
 * A phase diagram: a metric as colour over two factors, each cell a rectangle between the middles of neighbouring levels on the factors' own scales, and over it,
 * dashed, the line along which the theory changes its mind. A cell without a run is hatched, one whose runs all diverged is crossed, one that lost some bears a small
 * cross. The line stands on a rim of the surface, so that it is seen on every colour.
 */
import type { CustomSeriesOption, EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts'
import type { Phase, PhaseAxis, PhaseLine } from '#core/contract/phase.ts'
import type { Words } from '#core/contract/values.ts'
import type { Catalogue } from '../catalogue.ts'
import { formatNumber } from '../digits.ts'
import { within } from '../sentences.ts'
import { chartFont, palette, rampColour, type Theme } from '../theme.ts'
import * as parts from './chart.ts'
import { cellSeries } from './phaseCells.ts'

export type PhaseData = {
  readonly metric: parts.ChartMetric
  readonly x: { readonly title: Words }
  readonly y: { readonly title: Words }
  readonly phase: Phase
}

const barHeight = 132
const barWidth = 12

export const phase = { option, tableTwin, alternative } satisfies parts.Chart<PhaseData>

function option(data: PhaseData, theme: Theme, words: Catalogue): EChartsOption {
  const { language } = words
  const { x, y, cells } = data.phase
  const title = words('chart.phaseTitle', { ...factorWords(data, words), metric: parts.titled(data.metric, words), n: runsOf(data.phase) })
  if (cells.every(({ n, diverged }) => n + diverged === 0)) return parts.emptyOption(theme, title, words)
  const colour = colourScale(data, theme)
  const frame = parts.frame(theme, { title, subtitle: subtitle(data, words) }, [])
  const bar =
    colour.ends === null
      ? null
      : colourBar({ ...colour, ends: colour.ends }, { theme, words, top: 66, unit: parts.titled(data.metric, words) })
  const right = 24 + (bar?.width ?? 0)
  const grid = Array.isArray(frame.grid) ? {} : (frame.grid ?? {})
  return {
    ...frame,
    grid: { ...grid, left: 30, right },
    aria: { enabled: true, label: { description: alternative(data, words) } },
    ...(bar === null ? {} : { graphic: bar.elements }),
    tooltip: tooltip(data, theme, words),
    xAxis: axis('x', x, { theme, title: data.x.title[language], language }),
    yAxis: axis('y', y, { theme, title: data.y.title[language], language }),
    series: [
      cellSeries(data.phase, { edges: { x: edgesOf(x), y: edgesOf(y) }, colour: colour.of, theme }),
      ...boundarySeries(data.phase, theme, words),
    ],
  }
}

function factorWords(data: PhaseData, { language }: Catalogue): { x: string; y: string } {
  return { x: within(data.x.title[language], language), y: within(data.y.title[language], language) }
}

function runsOf({ cells }: Phase): number {
  return cells.reduce((sum, { n, diverged }) => sum + n + diverged, 0)
}

function subtitle({ phase: { cells, boundary } }: PhaseData, words: Catalogue): readonly string[] {
  const marks = [
    words('chart.phaseColour'),
    ...(cells.some(({ diverged }) => diverged > 0) ? [words('chart.phaseDiverged')] : []),
    ...(cells.some(({ n, diverged }) => n + diverged === 0) ? [words('chart.phaseMissing')] : []),
  ]
  const separator = ' · '
  if (boundary === null || boundary.lines.length === 0) return [marks.join(separator)]
  const theory = [
    words('chart.phaseTheory', { oracle: numbersOf(boundary.oracles) }),
    ...(boundary.seeds > 1 ? [words('chart.phaseSeeds', { seeds: boundary.seeds })] : []),
  ]
  return [marks.join(separator), theory.join(separator)]
}

function numbersOf(oracles: readonly { readonly number: string }[]): string {
  return [...new Set(oracles.map(({ number }) => number))].join(', ')
}

/** Borders of the levels' cells: half-way between neighbours on the axis's scale, and as far beyond the first and last. One more than levels. */
export function edgesOf({ levels, scale }: Pick<PhaseAxis, 'levels' | 'scale'>): readonly number[] {
  const [into, back] = scale === 'log' ? [Math.log, Math.exp] : [(v: number) => v, (v: number) => v]
  const places = levels.map(({ value }) => into(value))
  const [first = 0, second] = places
  const last = places.at(-1) ?? 0
  if (second === undefined) return [first - 0.5 * (Math.abs(first) || 1), first + 0.5 * (Math.abs(first) || 1)].map(back)
  const inner = places.slice(1).map((place, i) => (place + (places[i] ?? Number.NaN)) / 2)
  const beyond = last - (inner.at(-1) ?? last)
  return [2 * first - (inner[0] ?? first), ...inner, last + beyond].map(back)
}

type Colour = { readonly ends: parts.Ends | null; readonly log: boolean; of(value: number): string }

/** On a logarithmic metric, by the logarithm of what is positive; what is not has the colour of the least. */
function colourScale({ metric, phase: { cells } }: PhaseData, theme: Theme): Colour {
  const means = cells.flatMap(({ mean }) => mean ?? [])
  const positive = means.filter((mean) => mean > 0)
  const log = metric.scale === 'log' && positive.length > 0
  const ends = parts.ends(log ? positive : means)
  const place = (value: number) => (log ? Math.log(value) : value)
  return {
    ends,
    log,
    of: (value) => {
      if (ends === null || ends.min === ends.max) return rampColour(theme, 0.5)
      const span = place(ends.max) - place(ends.min)
      return rampColour(theme, Math.min(1, Math.max(0, (place(Math.max(value, log ? ends.min : value)) - place(ends.min)) / span)))
    },
  }
}

type Bar = { readonly elements: NonNullable<EChartsOption['graphic']>; readonly width: number }

/** Colours with the numbers at both ends and in the middle, and what they are above. */
function colourBar(
  { ends, log, of }: Colour & { readonly ends: parts.Ends },
  { theme, words, top, unit }: { theme: Theme; words: Catalogue; top: number; unit: string },
): Bar {
  const { ink2, line } = palette(theme)
  const middle = log ? Math.sqrt(ends.min * ends.max) : ends.min / 2 + ends.max / 2
  const marks = ends.min === ends.max ? [[0.5, ends.min] as const] : ([[0, ends.max], [0.5, middle], [1, ends.min]] as const) // prettier-ignore
  const texts = marks.map(([place, value]) => ({ place, text: formatNumber(value, words.language, { digits: 3 }) }))
  const widest = Math.max(...texts.map(({ text }) => parts.textWidth(text)))
  const steps = 24
  const at = (i: number) => (log ? ends.min * (ends.max / ends.min) ** (i / steps) : ends.min + (ends.max - ends.min) * (i / steps))
  const font = `11px ${chartFont}`
  const head = unit.length > 18 ? '' : unit // the title says it too
  return {
    width: widest + barWidth + 20,
    elements: [
      ...(head === '' ? [] : [{ type: 'text' as const, right: 10, top: top - 20, silent: true, style: { text: head, fill: ink2, font } }]),
      {
        type: 'rect',
        right: widest + 20,
        top,
        silent: true,
        shape: { width: barWidth, height: barHeight },
        style: {
          stroke: line,
          lineWidth: 1,
          fill: {
            type: 'linear',
            x: 0,
            y: 1,
            x2: 0,
            y2: 0,
            colorStops: Array.from({ length: steps + 1 }, (_, i) => ({ offset: i / steps, color: of(at(i)) })),
          },
        },
      },
      ...texts.map(({ place, text }) => ({
        type: 'text' as const,
        right: 10,
        top: top + place * barHeight - 6,
        silent: true,
        style: { text, fill: ink2, font },
      })),
    ],
  }
}

type AxisLook = { readonly theme: Theme; readonly title: string; readonly language: Catalogue['language'] }

/** What both axes are like: marked at their levels, ended by the borders of their cells, without lines across. */
function axis(side: 'x' | 'y', of: PhaseAxis, { theme, title, language }: AxisLook) {
  const edges = edgesOf(of)
  const labels = of.levels.map(({ value }) => formatNumber(value, language, { digits: 4 }))
  const values = of.levels.map(({ value }) => value)
  const near = (tick: number) => values.findIndex((value) => Math.abs(tick - value) <= 1e-9 * Math.max(Math.abs(tick), Math.abs(value)))
  const { mainType: _, ...own } = parts.xAxis(theme, {
    log: of.scale === 'log',
    ends: { min: edges[0] ?? 0, max: edges.at(-1) ?? 1 },
    name: title,
    ticks: values,
    tickText: (tick) => labels[near(tick)] ?? '', // ECharts takes ticks through a logarithm and back
    language,
  })
  return { ...own, nameGap: side === 'x' ? 28 : 14 + Math.max(...labels.map(parts.textWidth)) }
}

/** The line with its band over seeds, its rim and, at the middle of its longest piece on each side, what it says. */
function boundarySeries(
  { boundary }: Phase,
  theme: Theme,
  words: Catalogue,
): (CustomSeriesOption | LineSeriesOption | ScatterSeriesOption)[] {
  if (boundary === null) return []
  const { ink, surface } = palette(theme)
  const { lines, along } = boundary
  const pair = (at: number, value: number): [number, number] => (along === 'x' ? [at, value] : [value, at])
  const drawn = (
    id: string,
    line: PhaseLine,
    look: { color: string; width: number; type: 'solid' | 'dashed'; z: number },
  ): LineSeriesOption => ({
    id,
    type: 'line',
    silent: true,
    symbol: line.points.length === 1 ? 'circle' : 'none',
    symbolSize: 4,
    color: look.color,
    lineStyle: { type: look.type, width: look.width, opacity: 1 },
    z: look.z,
    data: line.points.map(({ at, value }) => pair(at, value)),
  })
  return [
    ...lines.flatMap((line, i) => bandSeries(`band:${i}`, line, { pair, ink })),
    ...lines.map((line, i) => drawn(`rim:${i}`, line, { color: surface, width: 5, type: 'solid', z: 3 })),
    ...lines.map((line, i) => drawn(`prediction:${i}`, line, { color: ink, width: 1.8, type: 'dashed', z: 4 })),
    labelSeries(lines, { along, pair, theme, oracle: numbersOf(boundary.oracles), words }),
  ]
}

function bandSeries(
  id: string,
  { points }: PhaseLine,
  { pair, ink }: { pair: (at: number, value: number) => [number, number]; ink: string },
): CustomSeriesOption[] {
  if (points.length < 2 || points.every(({ low, high }) => low === high)) return []
  const outline = [...points.map(({ at, low }) => pair(at, low)), ...points.toReversed().map(({ at, high }) => pair(at, high))]
  return [
    {
      id,
      type: 'custom',
      silent: true,
      clip: true,
      z: 2,
      data: [outline[0] ?? [0, 0]],
      renderItem: (_, api) => ({
        type: 'polygon',
        shape: { points: outline.map((corner) => api.coord(corner)) },
        style: { fill: ink, opacity: 0.22 },
      }),
    },
  ]
}

const arrows = { x: { above: '↑', below: '↓' }, y: { above: '→', below: '←' } } as const

type Labelling = {
  readonly along: 'x' | 'y'
  readonly pair: (at: number, value: number) => [number, number]
  readonly theme: Theme
  readonly oracle: string
  readonly words: Catalogue
}

function labelSeries(lines: readonly PhaseLine[], { along, pair, theme, oracle, words }: Labelling): ScatterSeriesOption {
  const { ink, surface } = palette(theme)
  const longest = (['above', 'below'] as const).flatMap((side) => {
    const [line] = lines.filter(({ collapses }) => collapses === side).toSorted((a, b) => b.points.length - a.points.length)
    return line === undefined ? [] : [line]
  })
  return {
    id: 'labels',
    type: 'scatter',
    silent: true,
    symbol: 'circle',
    symbolSize: 1,
    itemStyle: { color: 'transparent', opacity: 1 }, // the label takes its opacity from here
    z: 5,
    labelLayout: { moveOverlap: 'shiftY' },
    data: longest.map(({ points, collapses }) => {
      const middle = points[Math.floor(points.length / 2)] ?? { at: 0, value: 0 }
      return {
        value: pair(middle.at, middle.value),
        label: {
          show: true,
          position: along === 'x' ? ('top' as const) : ('right' as const),
          distance: 8,
          formatter: () => words('chart.phaseLabel', { oracle, arrow: arrows[along][collapses] }),
          fontFamily: chartFont,
          fontSize: 11,
          color: ink,
          textBorderColor: surface,
          textBorderWidth: 4,
        },
      }
    }),
  }
}

/** Text alone, without markup: what a label says is never read as HTML. */
function tooltip(data: PhaseData, theme: Theme, words: Catalogue): NonNullable<EChartsOption['tooltip']> {
  const { surface, ink, line } = palette(theme)
  return {
    trigger: 'item',
    renderMode: 'richText',
    confine: true,
    backgroundColor: surface,
    borderColor: line,
    textStyle: { fontFamily: chartFont, fontSize: 11, color: ink },
    formatter: (given) => {
      const { dataIndex } = Array.isArray(given) ? { dataIndex: -1 } : given
      return cellText(data, dataIndex, words)
    },
  }
}

/** What a cell says of itself: where it is, its n, its mean with the deviation of its runs. */
export function cellText(data: PhaseData, index: number, words: Catalogue): string {
  const { language } = words
  const { x, y, cells } = data.phase
  const cell = cells[index]
  if (cell === undefined) return ''
  const number = (value: number | null) => formatNumber(value, language, { digits: 3 })
  const deviation = cell.standardDeviation === null ? '' : ` ± ${number(cell.standardDeviation)}`
  return [
    `${data.x.title[language]} = ${x.levels[cell.x]?.label ?? ''}`,
    `${data.y.title[language]} = ${y.levels[cell.y]?.label ?? ''}`,
    ...(cell.n > 0 ? [`${parts.titled(data.metric, words)}: ${number(cell.mean)}${deviation}, n = ${cell.n}`] : []),
    ...(cell.diverged > 0 ? [words('chart.phaseCellDiverged', { n: cell.diverged })] : []),
    ...((cell.stopped ?? 0) > 0 ? [words('chart.phaseCellStopped', { n: cell.stopped ?? 0 })] : []),
    ...(cell.n + cell.diverged === 0 ? [words('chart.phaseCellEmpty')] : []),
  ].join('\n')
}

/** Every cell, then every point of the boundary. */
function tableTwin(data: PhaseData, words: Catalogue): parts.TableTwin {
  const { language } = words
  const { x, y, cells, boundary } = data.phase
  const columns = ['runs', 'diverged', 'stopped', 'mean', 'deviation', 'boundaryLow', 'boundaryHigh'] as const
  const none = Number.NaN
  return {
    columns: [data.x.title[language], data.y.title[language], ...columns.map((key) => words(`chart.${key}`))],
    rows: [
      ...cells.map(({ x: i, y: j, n, diverged, stopped = 0, mean, standardDeviation }) => [
        x.levels[i]?.value ?? none,
        y.levels[j]?.value ?? none,
        n,
        diverged,
        stopped,
        mean ?? none,
        standardDeviation ?? none,
        none,
        none,
      ]),
      ...(boundary?.lines ?? []).flatMap(({ points }) =>
        points.map(({ at, value, low, high }) => [
          ...(boundary?.along === 'y' ? [value, at] : [at, value]),
          ...Array<number>(5).fill(none),
          low,
          high,
        ]),
      ),
    ],
  }
}

function alternative(data: PhaseData, words: Catalogue): string {
  const { language } = words
  const { x, y, cells, boundary } = data.phase
  const measured = cells.flatMap((cell) => (cell.mean === null ? [] : [{ ...cell, mean: cell.mean }])).toSorted((a, b) => a.mean - b.mean)
  const [least, largest] = [measured[0], measured.at(-1)]
  const metric = data.metric.title[language]
  const lost = cells.reduce((sum, { diverged }) => sum + diverged, 0)
  const stopped = cells.reduce((sum, cell) => sum + (cell.stopped ?? 0), 0)
  const place = (cell: { readonly x: number; readonly y: number }) => `${x.levels[cell.x]?.label ?? ''} / ${y.levels[cell.y]?.label ?? ''}`
  const number = (value: number) => formatNumber(value, language, { digits: 3 })
  const sentences =
    least === undefined || largest === undefined
      ? [`${metric}: ${words('chart.noData')}${language === 'ja' ? '。' : '.'}`]
      : [
          words('chart.phaseAlternative', {
            ...factorWords(data, words),
            metric,
            least: number(least.mean),
            atLeast: place(least),
            largest: number(largest.mean),
            atLargest: place(largest),
          }),
        ]
  if (lost > 0) sentences.push(words('chart.phaseLost', { n: lost }))
  if (stopped > 0) sentences.push(words('comparison.stopped', { count: stopped }))
  if (boundary !== null) sentences.push(boundarySentence(boundary, words))
  return sentences.join(language === 'ja' ? '' : ' ')
}

function boundarySentence({ lines, oracles, along }: NonNullable<Phase['boundary']>, words: Catalogue): string {
  const oracle = numbersOf(oracles)
  const [line] = lines.toSorted((a, b) => b.points.length - a.points.length)
  const [first, last] = [line?.points[0], line?.points.at(-1)]
  if (line === undefined || first === undefined || last === undefined) return words('chart.phaseNoLine', { oracle })
  const place = ({ at, value }: { readonly at: number; readonly value: number }) =>
    (along === 'x' ? [at, value] : [value, at]).map((part) => formatNumber(part, words.language, { digits: 3 })).join(' / ')
  return words(`chart.phaseLine${along === 'x' ? 'X' : 'Y'}${line.collapses === 'above' ? 'Above' : 'Below'}`, {
    oracle,
    first: place(first),
    last: place(last),
  })
}
