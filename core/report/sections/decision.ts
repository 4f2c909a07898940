/** The first page: what was asked, what came out, and the design that it came out of. */
import { formatCount } from '#core/presentation/digits.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { listOf, overallState, verdictSentences } from '#core/presentation/sentences.ts'
import type { Block, Table } from '../document.ts'
import type { ReportModel } from '../model.ts'

export function decision(model: ReportModel, words: Catalogue): Block[] {
  const { study, verdict, metrics, factors } = model
  const { language } = words
  const naming = { metrics, factors }
  const state = overallState(verdict)
  return [
    { kind: 'question', label: words('report.question'), text: study.question[language] },
    {
      kind: 'answer',
      label: words('report.answer'),
      state,
      word: words(`verdict.${state}`),
      sentences: verdictSentences(verdict, naming, words),
    },
    { kind: 'formula', tex: study.formula, mathml: study.formulaHtml },
    design(model, words),
    { kind: 'pageEnd' },
  ]
}

function design({ factors, settings, seeds, runs }: ReportModel, words: Catalogue): Table {
  const { language } = words
  const cells = factors.reduce((product, { levels }) => product * levels.length, 1)
  const varied = factors.map(({ title, levels }) => [
    words('report.design.varied', { factor: title[language] }),
    levels.map(({ label }) => label).join(', '),
  ])
  const shared = settings.map(({ title, value }) => [title[language], value[language]])
  const states = Object.entries(runs.states).flatMap(
    ([state, count]) =>
      count > 0 ? [words('report.design.state', { count, state: words(`state.${state as keyof typeof runs.states}`) })] : [], // entries forget the keys of a record
  )
  const ended = listOf(states, language)
  const ends = [
    ended,
    ...(runs.diverged.length > 0 ? [words('report.design.diverged', { count: runs.diverged.length })] : []),
    ...(runs.stopped.length > 0 ? [words('report.design.stopped', { count: runs.stopped.length })] : []),
  ]
  return {
    kind: 'table',
    caption: words('report.design.caption', {
      n: runs.total,
      total: formatCount(runs.total, language),
      cells: words('report.design.cells', { count: cells }),
      seeds: words('report.design.seedCount', { count: seeds.count }),
    }),
    columns: [
      { title: words('report.design.what'), align: 'left' },
      { title: words('report.design.value'), align: 'left' },
    ],
    rows: [
      ...varied,
      [
        words('report.design.seeds'),
        words(seeds.paired ? 'report.design.seedsPaired' : 'report.design.seedsValue', { count: seeds.count, base: String(seeds.base) }),
      ],
      ...shared,
      [words('report.design.runs'), ends.join(language === 'ja' ? '、' : '; ')],
    ],
    notes: [],
  }
}
