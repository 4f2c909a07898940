/** The phase diagram of a study with two ordered factors: what was measured, and on which side of the theory's boundary. */
import type { PhaseData } from '#core/presentation/charts/phase.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { listOf, within } from '#core/presentation/sentences.ts'
import type { Block } from '../document.ts'
import type { ReportModel } from '../model.ts'
import { figureBlock } from './figures.ts'

export function phases(model: ReportModel, words: Catalogue): Block[] {
  const { language } = words
  return model.figures.flatMap((figure, index): Block[] => {
    if (figure.kind !== 'phase') return []
    const { data } = figure
    const sentences = [
      words('report.phase.intro', {
        metric: data.metric.title[language],
        x: within(data.x.title[language], language),
        y: within(data.y.title[language], language),
      }),
      heldSentence(data, model, words),
      theorySentence(data, words),
    ]
    return [
      { kind: 'heading', text: words('report.phase.heading') },
      { kind: 'paragraph', text: sentences.filter((sentence) => sentence !== '').join(language === 'ja' ? '' : ' ') },
      figureBlock(figure, index + 1, words),
    ]
  })
}

function heldSentence({ phase: { where } }: PhaseData, { factors }: ReportModel, words: Catalogue): string {
  const held = Object.entries(where).map(
    ([path, label]) => `${factors.find((factor) => factor.path === path)?.title[words.language] ?? path} = ${label}`,
  )
  return held.length === 0 ? '' : words('report.phase.held', { levels: listOf(held, words.language) })
}

function theorySentence({ phase: { boundary } }: PhaseData, words: Catalogue): string {
  if (boundary === null) return words('report.phase.noTheory')
  const oracles = boundary.oracles.map(({ number, title }) =>
    words('report.phase.oracle', { title: title[words.language], oracle: number }),
  )
  const key = boundary.lines.length === 0 ? 'report.phase.noLine' : 'report.phase.theory' // one side may fill the whole diagram
  return words(key, { oracles: listOf(oracles, words.language) })
}
