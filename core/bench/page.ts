/** A benchmark as one HTML file in the dress of a report: no script, no network. Equal results give equal bytes. */
import type { Language } from '#core/contract/values.ts'
import { formatNumber } from '#core/presentation/digits.ts'
import { escapeHtml } from '#core/report/escape.ts'
import { embeddedFonts } from '#core/report/fonts.ts'
import { htmlFile } from '#core/report/htmlFile.ts'
import { styles } from '#core/report/styles.ts'
import type { BenchResult } from './result.ts'
import { benchTables, machineFacts, type BenchTable, type Cell } from './tables.ts'
import { benchWords } from './words.ts'

const theme = 'light'
const policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"
/** Thirteen columns want more room than a report's text has. */
const wider =
  'main{max-width:1280px}.table.wide{width:auto;margin-left:0}td,th{white-space:nowrap}td.long{white-space:normal;min-width:16em}'

export async function benchPage(result: BenchResult, language: Language): Promise<string> {
  const words = benchWords(language)
  const facts = machineFacts(result, words).map(([title, value]) => `<dt>${escapeHtml(title)}</dt><dd>${escapeHtml(value)}</dd>`)
  const problems = result.problems.map(({ name, what, flops }) => [name, what, Number((flops / 1e6).toPrecision(4))])
  const list: BenchTable = { title: words.problems, columns: [words.problem, words.what, words.mflop], rows: problems, notes: [] }
  const tables = [list, ...benchTables(result, words)].map((table, i) => tableHtml(table, { number: i + 1, language }))
  const page = `<main>
<header><p class="kicker">Kagami</p>
<h1>${escapeHtml(words.title)}</h1></header>
<div class="box"><dl>${facts.join('')}</dl></div>
${tables.join('\n')}
</main>`
  const fonts = await embeddedFonts(page.replace(/<[^>]*>/g, ' '))
  return htmlFile({ language, title: words.title, policy, styles: [styles(theme, language), wider, fonts], page })
}

function tableHtml({ title, columns, rows, notes }: BenchTable, { number, language }: { number: number; language: Language }): string {
  const isNumeric = columns.map((_, column) => rows.some((row) => typeof row[column] === 'number'))
  const head = columns.map(
    (name, column) => `<th scope="col"${isNumeric[column] === true ? ' class="number"' : ''}>${escapeHtml(name)}</th>`,
  )
  const body = rows.map(
    (row) => `<tr>${row.map((cell, column) => cellHtml(cell, { isNumeric: isNumeric[column] === true, language })).join('')}</tr>`,
  )
  const caption = `<b>${number}.</b> ${escapeHtml(title)}`
  const remarks = notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`)
  return `<div class="table wide" tabindex="0" role="region" aria-label="${escapeHtml(title)}"><table><caption>${caption}</caption><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>${remarks.join('')}`
}

const longText = 40 // characters, from which on a cell breaks into lines

function cellHtml(cell: Cell, { isNumeric, language }: { isNumeric: boolean; language: Language }): string {
  if (typeof cell === 'number') return `<td class="number">${escapeHtml(formatNumber(cell, language, { digits: 6 }))}</td>`
  const text = cell ?? ''
  const kind = isNumeric ? ' class="number"' : text.length > longText ? ' class="long"' : ''
  return `<td${kind}>${escapeHtml(text)}</td>`
}
