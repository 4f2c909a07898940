/** The order of a report: the decision page first, then what supports it, then how to get it again. */
import type { Block, Document } from './document.ts'
import type { ReportModel } from './model.ts'
import { againstTheory } from './sections/theory.ts'
import { comparisons } from './sections/comparisons.ts'
import { decision } from './sections/decision.ts'
import { figures } from './sections/figures.ts'
import { meansAgainstTheory } from './sections/means.ts'
import { methods } from './sections/methods.ts'
import { phases } from './sections/phase.ts'
import { reproducibility } from './sections/reproducibility.ts'
import { symmetries } from './sections/symmetries.ts'
import { times } from './sections/times.ts'
import { transitions } from './sections/transitions.ts'
import { reportWords } from './words.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'

const sections = [
  decision,
  againstTheory,
  meansAgainstTheory,
  figures,
  phases,
  transitions,
  times,
  comparisons,
  symmetries,
  methods,
  reproducibility,
]

export function assemble(model: ReportModel): Document {
  const words = reportWords(model.language)
  return {
    title: model.study.title[model.language],
    kicker: words('report.kind', { name: model.study.name }),
    blocks: numbered(
      sections.flatMap((section) => section(model, words)),
      words,
    ),
  }
}

/** Tables and figures are counted in the order in which they are read. */
function numbered(blocks: readonly Block[], words: Catalogue): Block[] {
  let [tables, figureCount] = [0, 0]
  return blocks.map((block) => {
    if (block.kind === 'table') return { ...block, caption: `${words('report.table', { number: (tables += 1) })} ${block.caption}` }
    if (block.kind === 'figure') {
      const number = (figureCount += 1)
      const twin = { ...block.twin, title: words('report.figures.twin', { number }) }
      return { ...block, caption: `${words('report.figure', { number })} ${block.caption}`, twin }
    }
    return block
  })
}
