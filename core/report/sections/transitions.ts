/** Of a bisection: where the transition lies, in sentences and as a figure for each combination of the other factors. */
import { transitionSentences } from '#core/presentation/transitionSentences.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import type { Block } from '../document.ts'
import type { ReportModel } from '../model.ts'
import { figureBlock } from './figures.ts'

const mostFigures = 6 // of combinations; the sentences name every one

export function transitions(model: ReportModel, words: Catalogue): Block[] {
  if (model.transitions.length === 0) return []
  const drawn = model.transitions.filter(({ brackets }) => brackets.some(({ runs }) => runs.length > 0)).slice(0, mostFigures)
  return [
    { kind: 'heading', text: words('report.transition.heading') },
    { kind: 'list', items: transitionSentences(model.transitions, model, words) },
    ...drawn.map((transition, i) => figureBlock({ kind: 'transition', data: { transition } }, model.figures.length + i + 1, words)),
  ]
}
