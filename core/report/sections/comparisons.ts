/** The levels of a factor side by side, in numbers and in sentences. */
import type { ComparedLevel, Comparison } from '#core/contract/comparison.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatCount, formatInterval, formatNumber, formatP } from '#core/presentation/digits.ts'
import { comparisonSentences, halfWidth, within } from '#core/presentation/sentences.ts'
import type { Block, Table } from '../document.ts'
import type { ReportModel } from '../model.ts'

export function comparisons(model: ReportModel, words: Catalogue): Block[] {
  if (model.comparisons.length === 0) return []
  const blocks = model.comparisons.flatMap((comparison): Block[] => [
    comparisonTable(comparison, model, words),
    { kind: 'list', items: comparisonSentences(comparison, words) },
  ])
  return [{ kind: 'heading', text: words('report.comparison.heading') }, ...blocks]
}

function comparisonTable(comparison: Comparison, { metrics, factors }: ReportModel, words: Catalogue): Table {
  const { language } = words
  const { baseline, confidence, test, levels } = comparison
  const percent = formatNumber(confidence * 100, language)
  const metric = metrics.find(({ name }) => name === comparison.metric)?.title[language] ?? comparison.metric
  const factor = factors.find(({ path }) => path === comparison.factor)?.title[language] ?? comparison.factor
  const titles = ['n', 'mean', 'interval', 'difference', 'effect', 'p'] as const
  return {
    kind: 'table',
    caption: words('report.comparison.caption', {
      metric,
      factor: within(factor, language),
      baseline,
      percent,
      test: words(`comparison.${test}`),
    }),
    columns: [
      { title: words('report.comparison.level'), align: 'left' },
      ...titles.map((title) => ({ title: words(`report.comparison.${title}`, { percent }), align: 'right' as const })),
    ],
    rows: levels.map((level) => [level.label, ...levelCells(level, baseline, words)]),
    notes: [],
  }
}

function levelCells(level: ComparedLevel, baseline: string, words: Catalogue): string[] {
  const { language } = words
  const { label, n, mean, interval, difference } = level
  const none = words('report.comparison.none')
  const start = [
    formatCount(n, language),
    mean === null ? none : formatNumber(mean, language, { ...halfWidth(interval), showUncertainty: false }),
    interval === null ? none : formatInterval(interval.low, interval.high, language),
  ]
  if (label === baseline) return [...start, words('report.comparison.baseline'), none, none]
  if (difference === null) return [...start, none, none, none]
  const { value, low, high, effect, pAdjusted } = difference
  return [
    ...start,
    formatNumber(value, language, halfWidth({ low, high })),
    effect === null ? none : formatNumber(effect.g, language, halfWidth(effect)),
    pAdjusted === null ? none : formatP(pAdjusted, language, 'value'),
  ]
}
