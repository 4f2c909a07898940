/** Measured against predicted: by cell, how far and with which zeros, then every coefficient. */
import { formatCount, formatNumber } from '#core/presentation/digits.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { listOf } from '#core/presentation/sentences.ts'
import type { Block, Table } from '../document.ts'
import type { ReportModel, TheoryCell } from '../model.ts'

type Theory = ReportModel['theory'][number]

const namesAcross = 10 // coefficients that fit beside each other on a page

export function againstTheory(model: ReportModel, words: Catalogue): Block[] {
  return model.theory.flatMap((theory) => [
    { kind: 'heading' as const, text: words('report.theory.heading', { title: theory.title[words.language] }) },
    {
      kind: 'paragraph' as const,
      text: words('report.theory.intro', { oracle: theory.oracle, limit: formatNumber(theory.limit, words.language) }),
    },
    agreement(theory, model, words),
    ...coefficients(theory, model, words),
  ])
}

function agreement(theory: Theory, { methods }: ReportModel, words: Catalogue): Table {
  const { language } = words
  const number = (title: string) => ({ title, align: 'right' as const })
  const range = (zeros: TheoryCell['zerosMeasured']) => {
    if (zeros === null) return formatNumber(null, language)
    return zeros.low === zeros.high ? String(zeros.low) : words('report.theory.range', { low: zeros.low, high: zeros.high })
  }
  return {
    kind: 'table',
    caption: words('report.theory.agreement', { title: theory.title[language] }),
    columns: [
      { title: words('report.theory.cell'), align: 'left' },
      number(words('report.theory.runs')),
      number(words('report.theory.zerosTheory')),
      number(words('report.theory.zerosMeasured')),
      number(words('report.theory.zerosDiffer')),
      number(words('report.theory.exempt')),
      number(words('report.theory.difference')),
    ],
    rows: theory.cells.map((cell) => [
      cell.label,
      formatCount(cell.replicates, language),
      range(cell.zerosPredicted),
      range(cell.zerosMeasured),
      formatCount(cell.zerosDiffer, language),
      formatCount(cell.exempt.length, language),
      formatNumber(cell.largestDifference, language, { digits: 2 }),
    ]),
    notes: [verdictNote(theory, words), ...exemptNote(theory, formatCount(methods.steps, language), words)],
  }
}

function verdictNote({ cells, limit }: Theory, words: Catalogue): string {
  if (cells.every(({ replicates }) => replicates === 0)) return words('report.theory.nothing')
  const outside = cells.filter(
    ({ largestDifference, zerosDiffer, replicates }) =>
      replicates > 0 && (!(largestDifference !== null && largestDifference <= limit) || zerosDiffer > 0),
  )
  if (outside.length === 0) return words('report.theory.within')
  return words('report.theory.outside', {
    cells: listOf(
      outside.map(({ label }) => label),
      words.language,
    ),
  })
}

function exemptNote({ cells }: Theory, steps: string, words: Catalogue): string[] {
  const { language } = words
  const entries = cells.flatMap(({ label, exempt }) =>
    exempt.map(({ name, margin, needed }) =>
      words('report.theory.exemptEntry', {
        name,
        cell: label,
        margin: formatNumber(margin, language, { digits: 2 }),
        needed: formatNumber(needed, language, { digits: 2 }),
      }),
    ),
  )
  return entries.length === 0 ? [] : [words('report.theory.exemptNote', { steps, list: listOf([...new Set(entries)], language) })]
}

/** Theory above, measurement below, for each cell; long vectors are cut into tables that fit a page. */
function coefficients(theory: Theory, { methods }: ReportModel, words: Catalogue): Table[] {
  const { language } = words
  const [first] = theory.cells
  if (first === undefined) return []
  const decimals = decimalsFor(theory)
  const shown = (value: number | null, threshold: number) => {
    if (value === null) return formatNumber(null, language)
    return Math.abs(value) <= threshold ? '0' : formatNumber(value, language, { decimals })
  }
  const parts = Array.from({ length: Math.ceil(first.names.length / namesAcross) }, (_, part) => part)
  return parts.map((part) => {
    const [from, to] = [part * namesAcross, (part + 1) * namesAcross]
    return {
      kind: 'table',
      caption:
        parts.length === 1
          ? words('report.theory.coefficients')
          : words('report.theory.coefficientsPart', { part: part + 1, parts: parts.length }),
      columns: [
        { title: words('report.theory.cell'), align: 'left' },
        { title: '', align: 'left' },
        ...first.names.slice(from, to).map((title) => ({ title, align: 'right' as const })),
      ],
      rows: theory.cells.flatMap(({ label, predicted, measured }) => [
        [label, words('report.theory.theory'), ...predicted.slice(from, to).map((value) => shown(value, 0))],
        ['', words('report.theory.measured'), ...measured.slice(from, to).map((value) => shown(value, methods.zeroThreshold))],
      ]),
      notes: [words('report.theory.zeroNote', { threshold: formatNumber(methods.zeroThreshold, language) })],
      groupedBy: 2,
    }
  })
}

/** One decimal beyond what the limit can tell apart, of the largest coefficient. */
function decimalsFor({ cells, limit }: Theory): number {
  const largest = Math.max(0, ...cells.flatMap(({ predicted }) => predicted.map((value) => Math.abs(value ?? 0))))
  return largest === 0 ? 2 : Math.min(6, Math.max(2, 1 + Math.ceil(-Math.log10(limit * largest))))
}
