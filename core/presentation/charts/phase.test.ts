import type { EChartsOption, SeriesOption } from 'echarts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Phase, PhaseBoundary } from '#core/contract/phase.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { createWords } from '../catalogue.ts'
import { palette, rampColour } from '../theme.ts'
import en from '../../../resources/messages/en/common.json' with { type: 'json' }
import ja from '../../../resources/messages/ja/common.json' with { type: 'json' }
import { cellText, edgesOf, phase, type PhaseData } from './phase.ts'
import { markOf } from './phaseCells.ts'

expect.extend({ toBeAllclose })

const words = createWords('en', [en])
const title = (text: string) => ({ en: text, ja: text })
const levels = (...values: number[]) => values.map((value) => ({ label: String(value), value }))
const point = (at: number, value: number, spread = 0) => ({ at, value, low: value - spread, high: value + spread })

const boundary: PhaseBoundary = {
  oracles: [{ number: '8.2', title: title('Lasso') }],
  along: 'x',
  seeds: 3,
  lines: [
    { collapses: 'above', points: [point(0.1, 1, 0.5), point(1, 2, 0.5), point(10, 2.5, 0.5)] },
    { collapses: 'below', points: [point(10, 2.9)] },
  ],
}
const diagram: Phase = {
  metric: 'loss',
  x: { factor: 'a', scale: 'log', levels: levels(0.1, 1, 10) },
  y: { factor: 'b', scale: 'linear', levels: levels(1, 3) },
  where: {},
  pooled: [],
  cells: [
    { x: 0, y: 0, n: 2, diverged: 0, stopped: 0, mean: 0, standardDeviation: 0.5 },
    { x: 1, y: 0, n: 1, diverged: 1, stopped: 0, mean: 1, standardDeviation: null },
    { x: 2, y: 0, n: 2, diverged: 0, stopped: 1, mean: 4, standardDeviation: 1 },
    { x: 0, y: 1, n: 0, diverged: 2, stopped: 0, mean: null, standardDeviation: null },
    { x: 1, y: 1, n: 0, diverged: 0, stopped: 0, mean: null, standardDeviation: null },
    { x: 2, y: 1, n: 2, diverged: 0, stopped: 0, mean: 2, standardDeviation: 0 },
  ],
  boundary,
}
const data: PhaseData = {
  metric: { title: title('Loss'), unit: '', scale: 'linear' },
  x: { title: title('Rate η') },
  y: { title: title('Weight decay γ') },
  phase: diagram,
}
const withPhase = (over: Partial<Phase>): PhaseData => ({ ...data, phase: { ...diagram, ...over } })

const seriesOf = (option: EChartsOption): SeriesOption[] => [option.series ?? []].flat()
const named = (option: EChartsOption, name: string) => seriesOf(option).filter(({ id }) => String(id).split(':')[0] === name)

/** What a custom series draws for one of its items, with pixels that are ten times the numbers. */
function drawn(option: EChartsOption, name: string, dataIndex: number): unknown {
  const [series] = named(option, name)
  if (series?.type !== 'custom' || series.renderItem === undefined) throw new Error(`expected a custom series ${name}`)
  const row = [series.data ?? []].flat(1)[dataIndex] as readonly number[] // as the chart itself wrote it
  const api = { value: (i: number) => row[i], coord: (at: readonly number[]) => at.map((part) => 10 * part) }
  return series.renderItem({ dataIndex } as never, api as never) // the two members that the chart calls
}

describe('a phase diagram', () => {
  const option = phase.option(data, 'light', words)

  test('draws exactly the boundary dashed, in ink, on a rim of the surface', () => {
    const dashed = seriesOf(option).filter((series) => series.type === 'line' && series.lineStyle?.type !== 'solid')
    expect(dashed.map(({ id }) => id)).toEqual(['prediction:0', 'prediction:1'])
    expect(new Set(dashed.map(({ color }) => color))).toEqual(new Set([palette('light').ink]))
    expect(named(option, 'rim').map(({ color }) => color)).toEqual([palette('light').surface, palette('light').surface])
    expect(named(option, 'prediction')[0]?.data).toEqual([[0.1, 1], [1, 2], [10, 2.5]]) // prettier-ignore
  })

  test('a boundary along y has its numbers turned', () => {
    const turned = phase.option(withPhase({ boundary: { ...boundary, along: 'y' } }), 'light', words)
    expect(named(turned, 'prediction')[0]?.data).toEqual([[1, 0.1], [2, 1], [2.5, 10]]) // prettier-ignore
    expect(drawn(turned, 'band', 0)).toMatchObject({ shape: { points: [[5, 1], [15, 10], [20, 100], [30, 100], [25, 10], [15, 1]] } }) // prettier-ignore
  })

  test('the band lies between the least and the largest, and is left out where seeds agree', () => {
    expect(named(option, 'band')).toHaveLength(1)
    expect(drawn(option, 'band', 0)).toMatchObject({ shape: { points: [[1, 5], [10, 15], [100, 20], [100, 30], [10, 25], [1, 15]] } }) // prettier-ignore
  })

  test('each axis has its own scale, ends at the borders of its cells, and is marked at its levels', () => {
    expect(option.xAxis).toMatchObject({ type: 'log', axisLabel: { customValues: [0.1, 1, 10] } })
    expect(option.yAxis).toMatchObject({ type: 'value', min: 0, max: 4, axisLabel: { customValues: [1, 3] } })
  })

  test('a cell is a rectangle of the colour of its mean, the least and the largest at the ends of the ramp', () => {
    expect(drawn(option, 'cells', 0)).toMatchObject({ type: 'rect', style: { fill: rampColour('light', 0) } })
    expect(drawn(option, 'cells', 2)).toMatchObject({ type: 'rect', style: { fill: rampColour('light', 1) } })
    expect(drawn(option, 'cells', 5)).toMatchObject({ style: { fill: rampColour('light', 0.5) }, shape: { y: 40, height: -20 } })
  })

  test('a cell without a value has the colour of the surface and strokes', () => {
    for (const index of [3, 4])
      expect(drawn(option, 'cells', index)).toMatchObject({
        type: 'group',
        children: [{ type: 'rect', style: { fill: palette('light').surface } }, { type: 'path' }],
      })
  })

  test('a metric of a log scale has colours by its logarithm; what is not positive has that of the least', () => {
    const cells = [0, 0.01, 1, 100, 0.1, 10].map((mean, i) => ({
      x: i % 3,
      y: Math.floor(i / 3),
      n: 1,
      diverged: 0,
      stopped: 0,
      mean,
      standardDeviation: null,
    }))
    const log = phase.option({ ...withPhase({ cells }), metric: { ...data.metric, scale: 'log' } }, 'dark', words)
    const fills = cells.map((_, i) => drawn(log, 'cells', i))
    expect(fills[0]).toMatchObject({ style: { fill: rampColour('dark', 0) } })
    expect(fills[2]).toMatchObject({ style: { fill: rampColour('dark', 0.5) } }) // 1 is the middle of .01 and 100
    expect(fills[3]).toMatchObject({ style: { fill: rampColour('dark', 1) } })
  })

  test('says in title and subtitle what is shown: runs, oracle, seeds, marks', () => {
    const said = JSON.stringify(option.title)
    for (const part of ['Loss over rate η and weight decay γ, 10 runs', 'oracle 8.2', '3 seeds', 'diverged', 'hatched'])
      expect(said).toContain(part)
    const plain = JSON.stringify(phase.option(withPhase({ boundary: null, cells: diagram.cells.slice(0, 1) }), 'light', words).title)
    for (const part of ['oracle', 'seeds', 'diverged', 'hatched']) expect(plain).not.toContain(part)
  })

  test('without a run says so and draws nothing; all diverged is drawn, without a colour bar', () => {
    const none = diagram.cells.map((cell) => ({ ...cell, n: 0, diverged: 0, stopped: 0, mean: null, standardDeviation: null }))
    const empty = phase.option(withPhase({ cells: none }), 'light', words)
    expect([empty.series, JSON.stringify(empty.graphic)]).toEqual([[], expect.stringContaining(words('chart.noData'))])
    const lost = phase.option(withPhase({ cells: none.map((cell) => ({ ...cell, diverged: 1 })) }), 'light', words)
    expect(named(lost, 'cells')).toHaveLength(1)
    expect(lost.graphic).toBeUndefined()
    expect(phase.alternative(withPhase({ cells: none, boundary: null }), words)).toContain(words('chart.noData'))
  })

  test('in words says how many of its runs a gate stopped, in both languages', () => {
    expect(phase.alternative(data, words)).toContain('1 run that a gate stopped counts with its value of that step.')
    expect(phase.alternative(data, createWords('ja', [ja]))).toContain(
      '判定ゲートで停止したラン 1 件は、停止したステップの値で数えています。',
    )
    const whole = withPhase({ cells: diagram.cells.map((cell) => ({ ...cell, stopped: 0 })) })
    expect(phase.alternative(whole, words)).not.toContain('stopped')
  })

  test('in words ends each sentence, also where every run diverged', () => {
    const lost = diagram.cells.map((cell) => ({ ...cell, n: 0, diverged: 2, stopped: 0, mean: null, standardDeviation: null }))
    const bare = withPhase({ cells: lost, boundary: null })
    expect(phase.alternative(bare, words)).toBe('Loss: No data: no run has recorded a value. 12 runs diverged and are left out.')
    expect(phase.alternative(bare, createWords('ja', [ja]))).toBe(
      'Loss: データなし：値を記録したランがありません。発散した12ランは除いています。',
    )
  })

  test('of one cell, of one value and of one level each is drawn', () => {
    const one = withPhase({
      x: { ...diagram.x, levels: levels(0.1), scale: 'linear' },
      y: { ...diagram.y, levels: levels(0) },
      cells: diagram.cells.slice(0, 1),
      boundary: null,
    })
    const single = phase.option(one, 'light', words)
    expect(drawn(single, 'cells', 0)).toMatchObject({ style: { fill: rampColour('light', 0.5) } })
    expect(single.yAxis).toMatchObject({ min: -0.5, max: 0.5 })
  })

  test('its table holds every cell, then every point of the boundary', () => {
    const { columns, rows } = phase.tableTwin(data, words)
    expect(columns).toHaveLength(9)
    expect(rows).toHaveLength(6 + 4)
    expect(rows[1]).toEqual([1, 1, 1, 1, 0, 1, Number.NaN, Number.NaN, Number.NaN])
    expect(columns[4]).toBe('stopped by a gate')
    expect(rows.slice(0, 6).map((row) => row[4])).toEqual([0, 0, 1, 0, 0, 0])
    expect(rows[6]).toEqual([0.1, 1, Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 0.5, 1.5])
    expect(phase.tableTwin(withPhase({ boundary: { ...boundary, along: 'y' } }), words).rows[6]?.slice(0, 2)).toEqual([1, 0.1])
  })

  test('a cell says where it is, its n and mean ± deviation, and what it lost', () => {
    expect(cellText(data, 0, words)).toBe('Rate η = 0.1\nWeight decay γ = 1\nLoss: 0 ± 0.5, n = 2')
    expect(cellText(data, 1, words)).toBe('Rate η = 1\nWeight decay γ = 1\nLoss: 1, n = 1\n1 run diverged')
    expect(cellText(data, 2, words)).toBe('Rate η = 10\nWeight decay γ = 1\nLoss: 4 ± 1, n = 2\n1 run stopped by a gate')
    expect(cellText(data, 4, words)).toContain('no run')
    expect(cellText(data, -1, words)).toBe('')
  })

  test('in words tells ends, losses and the boundary with its side, in both languages', () => {
    const text = phase.alternative(data, words)
    for (const part of ['from 0 at 0.1 / 1 to 4 at 10 / 1', '3 runs diverged', 'from 0.1 / 1 to 10 / 2.5', 'above'])
      expect(text).toContain(part)
    expect(phase.alternative(withPhase({ boundary: { ...boundary, lines: [] } }), words)).toContain('no boundary')
    expect(phase.alternative(withPhase({ boundary: { ...boundary, along: 'y' } }), words)).toContain('to the right of it')
    expect(phase.alternative(data, createWords('ja', [ja]))).toContain('上側で崩壊')
  })
})

describe('edgesOf', () => {
  test('are half-way between neighbours on the scale, and as far beyond the ends', () => {
    expect(edgesOf({ scale: 'linear', levels: levels(1, 2, 4) })).toBeAllclose([0.5, 1.5, 3, 5])
    expect(edgesOf({ scale: 'log', levels: levels(0.01, 1) })).toBeAllclose([0.001, 0.1, 10])
  })
  test('of one level lie on both sides of it', () => {
    expect(edgesOf({ scale: 'linear', levels: levels(2) })).toEqual([1, 3])
    expect(edgesOf({ scale: 'linear', levels: levels(-2) })).toEqual([-3, -1])
  })
  test('increase and hold every level between its own two', () => {
    const values = fc.uniqueArray(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(values, fc.constantFrom('linear', 'log'), (drawn, scale) => {
        const sorted = drawn.toSorted((a, b) => a - b)
        fc.pre(scale === 'linear' || sorted.length > 1)
        fc.pre(sorted.every((value, i) => i === 0 || value / (sorted[i - 1] ?? value) > 1 + 1e-9)) // nearer ones share a border by rounding
        const edges = edgesOf({ scale, levels: levels(...sorted) })
        expect(edges).toHaveLength(sorted.length + 1)
        for (const [i, value] of sorted.entries()) {
          expect(edges[i]).toBeLessThan(value)
          expect(edges[i + 1]).toBeGreaterThan(value)
        }
      }),
    )
  })
})

describe('markOf', () => {
  const shape = { x: 10, y: 20, width: 40, height: 30 }
  test('is nothing where all runs have a value, a corner cross where some are lost, a whole one where all are', () => {
    expect(markOf({ n: 2, diverged: 0 }, shape)).toBe('')
    expect(markOf({ n: 2, diverged: 1 }, shape)).toBe('M41.0 23.0L47.0 29.0M41.0 29.0L47.0 23.0')
    expect(markOf({ n: 0, diverged: 1 }, shape)).toBe('M10.0 20.0L50.0 50.0M10.0 50.0L50.0 20.0')
    expect(markOf({ n: 2, diverged: 1 }, { ...shape, width: 5 })).toBe('') // too small for a cross
  })
  test('hatches stay inside the cell and are parallel', () => {
    const numbers = markOf({ n: 0, diverged: 0 }, shape).split(/[ML ]/).filter((text) => text !== '').map(Number) // prettier-ignore
    expect(numbers.length).toBe(4 * 9) // every 7 of 70 pixels, the corners themselves left out
    for (let i = 0; i < numbers.length; i += 4) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers.slice(i, i + 4)
      expect(x2 - x1).toBeAllclose(y1 - y2, { absolute: 0.11 }) // one decimal
      expect(Math.min(x1, x2) >= 10 && Math.max(x1, x2) <= 50 && Math.min(y1, y2) >= 20 && Math.max(y1, y2) <= 50).toBe(true)
    }
  })
})
