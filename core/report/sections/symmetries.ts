/** The symmetries of the model: how many mirrors, which optimisers keep them, what the flow conserves. */
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatCount, formatNumber } from '#core/presentation/digits.ts'
import { countWords, onMirrorWords, plainFormula } from '#core/presentation/mirrors.ts'
import type { Block } from '../document.ts'
import type { ReportModel } from '../model.ts'

type Symmetry = ReportModel['symmetries'][number]

export function symmetries(model: ReportModel, words: Catalogue): Block[] {
  const rows = model.symmetries
  if (rows.length === 0) return []
  const { language } = words
  const isSeveral = new Set(rows.map((row) => row.model.en)).size > 1
  const left = (title: string) => ({ title, align: 'left' as const })
  const of = (count: number, { cells }: Symmetry) => words('report.symmetries.ofCells', { count: formatCount(count, language), cells: formatCount(cells, language) }) // prettier-ignore
  return [
    { kind: 'heading', text: words('report.symmetries.heading') },
    { kind: 'paragraph', text: words('report.symmetries.intro') },
    {
      kind: 'table',
      caption: words('report.symmetries.caption'),
      columns: [
        ...(isSeveral ? [left(words('report.symmetries.model'))] : []),
        left(words('report.symmetries.symmetry')),
        { title: words('report.symmetries.mirrors'), align: 'right' },
        left(words('report.symmetries.onMirror')),
        left(words('report.symmetries.keptBy')),
        left(words('report.symmetries.kept')),
        left(words('report.symmetries.conserved')),
      ],
      rows: rows.map((row) => [
        ...(isSeveral ? [row.model[language]] : []),
        row.title[language],
        row.onMirror !== null && row.mirrors === null ? words('mirrors.everyDirection') : countWords({ mirrors: row.mirrors ?? 0 }, words),
        onMirrorWords(row.onMirror, words),
        row.keptBy.length === 0 ? '–' : row.keptBy.join(', '),
        row.onMirror === null ? '–' : of(row.kept, row),
        row.conserved === null ? '–' : plainFormula(row.conserved.tex),
      ]),
      notes: [...rows.flatMap((row) => lawNote(row, words)), ...changedNote(rows, words)],
    },
  ]
}

function lawNote({ conserved, cells }: Symmetry, words: Catalogue): string[] {
  if (conserved === null) return []
  const { language } = words
  const formula = plainFormula(conserved.tex)
  const rates = conserved.rates.map((rate) => formatNumber(rate, language)).join(', ')
  const isAll = conserved.kept === cells
  if (conserved.kept === 0) return [words('report.symmetries.notConserved', { formula })]
  return [words(isAll ? 'report.symmetries.law' : 'report.symmetries.lawOfSome', { formula, rates, kept: formatCount(conserved.kept, language), cells: formatCount(cells, language) })] // prettier-ignore
}

function changedNote(rows: readonly Symmetry[], words: Catalogue): string[] {
  return rows.some(({ changed }) => changed > 0) ? [words('report.symmetries.changed')] : []
}
