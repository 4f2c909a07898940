/** How long runs take until a metric reaches a value: for each question a figure, its table, and what can be said. */
import type { LevelSurvival, Survival } from '#core/contract/survival.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatCount, formatInterval, formatNumber, formatP } from '#core/presentation/digits.ts'
import { within } from '#core/presentation/sentences.ts'
import { censoredWords, eventWords, medianInterval, survivalSentences } from '#core/presentation/survivalSentences.ts'
import type { Block, Table } from '../document.ts'
import type { ReportModel } from '../model.ts'
import { figureBlock } from './figures.ts'

export function times(model: ReportModel, words: Catalogue): Block[] {
  if (model.times.length === 0) return []
  return [
    { kind: 'heading', text: words('report.times.heading') },
    { kind: 'paragraph', text: words('report.times.intro') },
    ...model.times.flatMap((survival, i): Block[] => [
      figureBlock({ kind: 'survival', data: { ...titlesOf(survival, model), survival } }, model.figures.length + i + 1, words),
      timesTable(survival, model, words),
      { kind: 'list', items: survivalSentences(survival, words) },
    ]),
  ]
}

function titlesOf(survival: Survival, { metrics, factors }: ReportModel) {
  const metric = metrics.find(({ name }) => name === survival.metric)
  const factor = factors.find(({ path }) => path === survival.factor)
  const plain = (text: string) => ({ en: text, ja: text })
  return {
    metric: { title: metric?.title ?? plain(survival.metric), unit: metric?.unit ?? '', scale: metric?.scale ?? ('linear' as const) },
    factor: { title: factor?.title ?? plain(survival.factor), ordered: factor?.ordered ?? false },
  }
}

function timesTable(survival: Survival, model: ReportModel, words: Catalogue): Table {
  const { language } = words
  const { metric, factor } = titlesOf(survival, model)
  const percent = formatNumber(survival.confidence * 100, language)
  const titles = ['n', 'events', 'censored', 'median', 'mean', 'p'] as const
  const horizon = formatCount(survival.horizon, language)
  return {
    kind: 'table',
    caption: words('report.times.caption', {
      event: eventWords(survival, metric.title[language], words),
      factor: within(factor.title[language], language),
      baseline: survival.baseline,
      percent,
    }),
    columns: [
      { title: words('report.comparison.level'), align: 'left' },
      ...titles.map((title) => ({ title: words(`report.times.${title}`, { horizon }), align: 'right' as const })),
    ],
    rows: survival.levels.map((level) => [level.label, ...cellsOf(level, words)]),
    notes: [],
  }
}

function cellsOf({ n, events, censored, median, restrictedMean, test }: LevelSurvival, words: Catalogue): string[] {
  const { language } = words
  const none = words('report.comparison.none')
  const ends = censoredWords(censored, words)
  const mean =
    restrictedMean === null
      ? none
      : [
          formatNumber(restrictedMean.value, language),
          ...(restrictedMean.low === null || restrictedMean.high === null
            ? []
            : [formatInterval(restrictedMean.low, restrictedMean.high, language)]),
        ].join(' ')
  return [
    formatCount(n, language),
    formatCount(events, language),
    ends === '' ? formatCount(0, language) : ends,
    [median.time === null ? none : formatCount(median.time, language), medianInterval(median, language) ?? ''].join(' ').trim(),
    mean,
    test === null ? none : formatP(test.pAdjusted, language, 'value'),
  ]
}
