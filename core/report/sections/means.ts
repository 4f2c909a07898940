/** Means over the second half of training beside the theory's, where runs fluctuate and none ends at a value of its own. */
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatCount, formatInterval, formatNumber } from '#core/presentation/digits.ts'
import { halfWidth, within } from '#core/presentation/sentences.ts'
import type { Block } from '../document.ts'
import type { ReportModel } from '../model.ts'

export function meansAgainstTheory({ theoryOfMeans }: ReportModel, words: Catalogue): Block[] {
  const { language } = words
  const number = (title: string) => ({ title, align: 'right' as const })
  return theoryOfMeans.flatMap(({ oracle, title, metric, cells }) => [
    { kind: 'heading' as const, text: words('report.theory.heading', { title: title[language] }) },
    { kind: 'paragraph' as const, text: words('report.means.intro', { oracle }) },
    {
      kind: 'table' as const,
      caption: words('report.means.caption', { metric: within(metric[language], language) }),
      columns: [
        { title: words('report.theory.cell'), align: 'left' as const },
        number(words('report.theory.runs')),
        number(words('report.theory.theory')),
        number(words('report.means.measured')),
        number(words('report.means.interval')),
      ],
      rows: cells.map(({ label, replicates, predicted, measured, low, high }) => [
        label,
        formatCount(replicates, language),
        formatNumber(predicted, language),
        formatNumber(measured, language, { ...halfWidth({ low, high }), showUncertainty: false }),
        low === null || high === null ? formatNumber(null, language) : formatInterval(low, high, language),
      ]),
      notes: [],
    },
  ])
}
