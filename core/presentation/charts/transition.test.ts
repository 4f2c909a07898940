import type { EChartsOption, SeriesOption } from 'echarts'
import { describe, expect, test } from 'vitest'
import type { Transition } from '#core/contract/transitions.ts'
import { createWords } from '../catalogue.ts'
import { palette } from '../theme.ts'
import { sentencesOf, transitionSentences } from '../transitionSentences.ts'
import common from '../../../resources/messages/en/common.json' with { type: 'json' }
import japaneseCommon from '../../../resources/messages/ja/common.json' with { type: 'json' }
import { transition } from './transition.ts'

const words = createWords('en', [common])

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

describe('transition', () => {
  const run = (level: number, side: 'above' | 'below' | null) => ({ run: `r${level}`, level, value: side === null ? null : level, side })
  const found: Transition = {
    factor: 'regularisation.weightDecay',
    title: { en: 'Weight decay γ', ja: '重み減衰係数 γ' },
    scale: 'log',
    from: 0.1,
    to: 10,
    precision: 0.1,
    above: { metric: 'collapsed', over: 'last', atMost: null, atLeast: 1 },
    where: [],
    confidence: 0.95,
    wanted: 0,
    brackets: [
      {
        seed: 1,
        state: 'crossed',
        low: 0.9,
        high: 1.1,
        theory: 1,
        runs: [run(0.1, 'below'), run(0.9, 'below'), run(1.1, 'above'), run(10, 'above')],
      },
      { seed: 2, state: 'beyond', low: 10, high: null, theory: 1, runs: [run(0.1, 'below'), run(10, 'below')] },
      { seed: 3, state: 'without-value', low: 0.1, high: null, theory: 1, runs: [run(0.1, 'below'), run(10, null)] },
    ],
    mean: null,
    median: null,
    medianInterval: null,
    failure: null,
    theory: 1,
    oracle: '8.5',
  }
  const whole: Transition = {
    ...found,
    brackets: found.brackets.slice(0, 1).flatMap((bracket) => [bracket, { ...bracket, seed: 2 }]),
    mean: { value: 1, interval: { low: 0.8, high: 1.2 } },
  }
  const option = transition.option({ transition: found }, 'light', words)

  test('a bar for each seed, to the edge where nothing bounds it, and points by side', () => {
    expect(counts(option)).toEqual({ prediction: 1, bracket: 3, runs: 3 })
    expect(data(option, 'bracket:1')).toEqual([[0.9, 0], [1.1, 0]]) // prettier-ignore
    expect(data(option, 'bracket:2')).toEqual([[10, -1], [10, -1]]) // prettier-ignore
    expect(data(option, 'bracket:3')).toEqual([[0.1, -2], [10, -2]]) // prettier-ignore
    expect(data(option, 'runs:above')).toEqual([[1.1, 0], [10, 0]]) // prettier-ignore
    expect(data(option, 'runs:none')).toEqual([[10, -2]])
    expect(texts(option)).toContain('diamond: without a value')
  })

  test('exactly the theory is dashed, in ink; its title says n and its subtitle the oracle', () => {
    expect(dashed(option)).toEqual(['prediction:theory'])
    expect(seriesOf(option).find(({ id }) => id === 'prediction:theory')?.color).toBe(palette('light').ink)
    expect(texts(option)).toContain('8 runs')
    expect(texts(option)).toContain('8.5')
  })

  test('the mean of seeds that all cross is a line in the band of its interval', () => {
    const drawn = transition.option({ transition: whole }, 'dark', words)
    expect(counts(drawn)).toEqual({ interval: 1, mean: 1, prediction: 1, bracket: 2, runs: 2 })
    expect(data(drawn, 'interval')).toEqual([[0.8, 0.6], [1.2, 0.6]]) // prettier-ignore
    expect(texts(drawn)).toContain('95 % interval')
  })

  test('its table has a row for each run, its alternative says what was found', () => {
    const { columns, rows } = transition.tableTwin({ transition: found }, words)
    expect(rows).toHaveLength(8)
    expect(rows.every((row) => row.length === columns.length)).toBe(true)
    expect(rows.at(-1)).toEqual([3, 10, Number.NaN, 'without a value', 0.1, Infinity, 'ends without a value', 1])
    expect(transition.alternative({ transition: found }, words)).toBe(
      'The brackets of 3 seeds along weight decay γ from 0.1 to 10. 1 of 3 seeds have their transition at weight decay γ between 0.1 and 10, so there is neither a mean nor a bounded median. 1 seed is below the transition at both ends. The bracket of 1 seed ends at a run without a value. The theory (oracle 8.5) has it at 1; the bracket that is furthest from it is 9 away.',
    )
  })

  test('without runs it says so and draws nothing', () => {
    const bare = { transition: { ...found, wanted: 6, brackets: [] } }
    expect(transition.option(bare, 'light', words).series).toEqual([])
    expect(transition.alternative(bare, words)).toContain(words('chart.noData'))
  })

  describe('its sentences', () => {
    const japanese = createWords('ja', [japaneseCommon])
    const metrics = [
      { name: 'collapsed', title: { en: 'Collapsed', ja: '崩壊' }, unit: '1', scale: 'linear' as const, isPredictable: false },
    ]

    test('say what is above, and the mean with its interval beside the theory', () => {
      expect(transitionSentences([whole], { metrics }, words)).toEqual([
        'Above the transition is a run whose collapsed is at least 1.',
        'The transition lies at weight decay γ = 1.0, the mean of 2 seeds, 95 % interval [0.8, 1.2]. The theory (oracle 8.5) has it at 1, which every bracket holds.',
      ])
      expect(transitionSentences([whole], { metrics }, japanese)).toEqual([
        '崩壊が1以上のランを、転移より上とみなします。',
        '転移は重み減衰係数 γ = 1.0にあります(2シードの平均、95 %信頼区間 [0.8, 1.2])。理論(8.5)では1で、すべての区間がこれを含みます。',
      ])
    })

    test('name combinations, and say what keeps a transition from being known', () => {
      const where = [{ factor: 'model', label: 'linear' }]
      const failure = { en: 'bisection: expected a transition', ja: '二分法:転移がありません' }
      const said = transitionSentences(
        [
          { ...found, where, theory: null, wanted: 3 },
          { ...found, where, theory: null, failure },
        ],
        { metrics },
        words,
      )
      expect(said.slice(1)).toEqual([
        'linear: 3 runs are still to come before the transition is known.',
        'linear: bisection: expected a transition.',
      ])
      expect(transitionSentences([], { metrics }, words)).toEqual([])
    })

    test('say nothing of brackets while none is bounded on a side, as where every run diverged', () => {
      const unbounded = found.brackets.map((bracket) => ({ ...bracket, state: 'without-value' as const, low: null, high: null }))
      const said = (brackets: Transition['brackets'], own = words) => sentencesOf({ ...found, brackets }, own).at(-1)
      expect(said(unbounded)).toBe('The theory (oracle 8.5) has it at 1.')
      expect(said(unbounded, japanese)).toBe('理論(8.5)では1です。')
      const oneSided = (side: { readonly low?: number; readonly high?: number }) => unbounded.map((bracket) => ({ ...bracket, ...side }))
      expect(said(oneSided({ low: 0.1 }))).toBe('The theory (oracle 8.5) has it at 1, which every bracket holds.')
      expect(said(oneSided({ high: 10 }))).toBe('The theory (oracle 8.5) has it at 1, which every bracket holds.')
    })

    test('give a median with an interval that may be open, and one seed no interval', () => {
      const some = { ...found, theory: null, median: 1.05, medianInterval: { low: 0.9, high: null, coverage: 0.96875 } }
      expect(sentencesOf(some, words)[0]).toMatch(/the median is 1\.05, 96\.9 % interval \[0\.9, ∞\)\.$/)
      const one = { ...found, theory: null, brackets: found.brackets.slice(0, 1), mean: { value: 1, interval: null } }
      expect(sentencesOf(one, words)).toEqual([
        'The transition of the one seed lies at weight decay γ between 0.9 and 1.1; one seed gives no interval over seeds.',
      ])
    })
  })
})
