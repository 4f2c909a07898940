import { describe, expect, test } from 'vitest'
import { compareSurvival } from '#core/analysis/comparison/compareSurvival.ts'
import fixture from '#core/testing/fixtures/diabetes-report.json' with { type: 'json' }
import { reportHtml } from '../html.ts'
import { reportMarkdown } from '../markdown.ts'
import { reportModel, type ReportModel } from '../model.ts'

const level = (label: string, times: readonly number[], after = 0) => ({
  label,
  value: label,
  after,
  unseen: 0,
  runs: times.map((time, i) => ({ run: `${label}-${i}`, time, end: time === 900 ? ('lastStep' as const) : ('event' as const) })),
})
const times = compareSurvival({
  factor: 'model',
  metric: 'zeros',
  rule: 'at-least',
  limit: 5,
  resolution: 100,
  levels: [level('product-linear', [100, 200, 300, 300]), level('linear', [400, 900, 900, 900])],
})
const bare: ReportModel = reportModel.parse({ ...fixture, runs: { ...fixture.runs, stopped: [] } })
const model: ReportModel = { ...bare, times: [times] }

const figuresIn = (html: string): number => [...html.matchAll(/<svg [^>]*role="img"/g)].length
const japaneseFigure = /図(\d+)/g

describe('times until a value in a report', () => {
  test('have a figure, a table and their sentences, in both forms', async () => {
    const [markdown, html] = [reportMarkdown(model), await reportHtml(model)]
    expect(markdown).toContain('## Time until a value')
    expect(markdown).toMatch(/\| product-linear \| 4 \| 4 \| 0 \| 200 \\\[100, ∞\) \| 225/) // of 100, 200, 300, 300
    expect(markdown).toContain('| linear | 4 | 1 | 3 came to the last step | –')
    for (const text of [markdown, html]) expect(text).toContain('Level linear: 1 of 4 runs got there, too few for a median')
    expect(figuresIn(html)).toBe(bare.figures.length + 1)
    expect(html).toContain(`Numbers of figure ${bare.figures.length + 1}`)
  })

  test('speak Japanese, and every number of a figure is used once', () => {
    const markdown = reportMarkdown({ ...model, language: 'ja' })
    expect(markdown).toContain('## ある値に達するまでの時間')
    expect(markdown).toContain('水準linear：4ランのうち1ランが到達しました。')
    const captions = [...markdown.matchAll(japaneseFigure)].map(([, number]) => Number(number))
    expect(Math.max(...captions)).toBe(bare.figures.length + 1)
  })

  test('are left out where nothing was asked', async () => {
    expect(reportMarkdown(bare)).not.toContain('Time until a value')
    expect(figuresIn(await reportHtml(bare))).toBe(bare.figures.length)
  })
})
