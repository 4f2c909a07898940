/**
 * A report as one HTML file: no script, no network, its fonts and pictures inside. Equal models give equal bytes. All text is escaped
 * where it is written; the only markup taken as it is are formulas, which the model's schema has checked.
 */
import type { TableTwin } from '#core/presentation/charts/chart.ts'
import { formatNumber } from '#core/presentation/digits.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import type { VerdictState } from '#core/presentation/sentences.ts'
import type { Theme } from '#core/presentation/theme.ts'
import { assemble } from './assemble.ts'
import type { Block, Table } from './document.ts'
import { escapeHtml, superscriptsHtml } from './escape.ts'
import { embeddedFonts } from './fonts.ts'
import type { ReportModel } from './model.ts'
import { htmlFile } from './htmlFile.ts'
import { styles } from './styles.ts'
import { drawFigure } from './svg.ts'
import { reportWords } from './words.ts'

const signs: Readonly<Record<VerdictState, string>> = { holds: '✓', fails: '✕', open: '○' }
const policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:"

export async function reportHtml(model: ReportModel): Promise<string> {
  const { title, kicker, blocks } = assemble(model)
  const words = reportWords(model.language)
  const body = blocks.map((block, index) => blockHtml(block, { theme: model.theme, words, index })).join('\n')
  const page = `<main>\n<header><p class="kicker">${text(kicker)}</p>\n<h1>${text(title)}</h1></header>\n${body}\n</main>`
  const fonts = await embeddedFonts(visibleText(page) + '/0123456789')
  return htmlFile({ language: model.language, title, policy, styles: [styles(model.theme, model.language), fonts], page })
}

type Place = { readonly theme: Theme; readonly words: Catalogue; readonly index: number }

function blockHtml(block: Block, place: Place): string {
  switch (block.kind) {
    case 'heading':
      return `<h2>${text(block.text)}</h2>`
    case 'question':
      return `<section class="question"><span class="label">${text(block.label)}</span><p>${text(block.text)}</p></section>`
    case 'paragraph':
      return `<p>${text(block.text)}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`
    case 'answer':
      return answerHtml(block)
    case 'formula':
      return `<div class="formula">${block.mathml}</div>`
    case 'figure':
      return figureHtml(block, place)
    case 'facts':
      return `<div class="box"><dl>${block.facts.map(({ title, values }) => `<dt>${text(title)}</dt><dd>${values.map((value) => `<div>${text(value)}</div>`).join('')}</dd>`).join('')}</dl></div>`
    case 'commands':
      return `<div class="box">${block.commands.map(({ title, text: command }) => `<p>${text(title)}</p><pre><code>${escapeHtml(command)}</code></pre>`).join('')}</div>`
    case 'pageEnd':
      return '<div class="pageEnd"></div>'
    case 'table':
      return tableHtml(block)
    default:
      return block satisfies never
  }
}

function answerHtml({ label, state, word, sentences }: Extract<Block, { kind: 'answer' }>): string {
  const items = sentences.map(
    (sentence) =>
      `<li class="${sentence.state}"><span class="sign" aria-hidden="true">${signs[sentence.state]}</span>${text(sentence.text)}</li>`,
  )
  return `<section class="answer ${state}"><span class="label">${text(label)}</span><p class="word">${text(word)}</p><ol>${items.join('')}</ol></section>`
}

function figureHtml({ figure, caption, alternative, twin }: Extract<Block, { kind: 'figure' }>, { theme, words, index }: Place): string {
  const picture = drawFigure(figure, { theme, words, name: `f${index}`, alternative })
  const numbers =
    twin.table === null
      ? `<p class="note">${text(twin.leftOut)}</p>`
      : `<details><summary>${text(twin.title)}</summary><div class="scroll" tabindex="0">${twinHtml(twin.table, words)}</div></details>`
  return `<figure class="chart">${picture}<figcaption>${captionHtml(caption)}</figcaption>${numbers}</figure>`
}

function twinHtml({ columns, rows }: TableTwin, words: Catalogue): string {
  const cell = (value: string | number) => {
    if (typeof value === 'string') return `<td>${text(value)}</td>`
    return `<td class="number">${Number.isNaN(value) ? '' : text(formatNumber(value, words.language, { digits: 6 }))}</td>`
  }
  const head = columns.map(
    (title, index) => `<th scope="col"${typeof rows[0]?.[index] === 'number' ? ' class="number"' : ''}>${text(title)}</th>`,
  )
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</tbody></table>`
}

const fewRows = 14 // a table of so many is not split over two pages

function tableHtml({ caption, columns, rows, notes, groupedBy }: Table): string {
  const classes = [
    'table',
    ...(columns.length > 8 ? ['wide', 'dense'] : columns.length > 3 ? ['wide'] : []),
    ...(columns.length === 2 ? ['two'] : []),
    ...(rows.length <= fewRows ? ['short'] : []),
  ]
  const decimals = columns.map((_, column) => Math.max(0, ...rows.map((row) => decimalsOf(row[column] ?? ''))))
  const cell = (value: string, column: number) =>
    columns[column]?.align === 'right'
      ? `<td class="number">${text(value)}${fill(value, decimals[column] ?? 0)}</td>`
      : `<td>${text(value)}</td>`
  const head = columns.map(({ title, align }) =>
    title === '' ? '<td></td>' : `<th scope="col"${align === 'right' ? ' class="number"' : ''}>${text(title)}</th>`,
  )
  const body = rows.map((row, index) => {
    const place = groupedBy === undefined || index === 0 ? '' : ` class="${index % groupedBy === 0 ? 'begins' : 'joined'}"`
    return `<tr${place}>${row.map(cell).join('')}</tr>`
  })
  const remarks = notes.map((note) => `<p class="note">${text(note)}</p>`)
  // A wide table scrolls on a narrow screen: the keyboard must reach it, and it needs a name then.
  const region = classes.includes('wide') ? ` tabindex="0" role="region" aria-label="${escapeHtml(caption)}"` : ''
  return `<div class="${classes.join(' ')}"${region}><table><caption>${captionHtml(caption)}</caption><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>${remarks.join('')}</div>`
}

const plainNumber = /^−?[\d\u202f]+(?:\.(\d+))?$/

function decimalsOf(value: string): number {
  return plainNumber.exec(value)?.[1]?.length ?? 0
}

/** Unseen digits that put a number's decimal point under its neighbours'. */
function fill(value: string, decimals: number): string {
  if (!plainNumber.test(value)) return ''
  const missing = decimals - decimalsOf(value)
  if (missing <= 0) return ''
  return `<span class="fill" aria-hidden="true">${decimalsOf(value) === 0 ? '.' : ''}${'0'.repeat(missing)}</span>`
}

/** `Table 3.` stands out from the words after it. */
function captionHtml(caption: string): string {
  const [, number, rest] = /^(\S+ ?\d+\.) (.*)$/su.exec(caption) ?? []
  return number === undefined || rest === undefined ? text(caption) : `<b>${text(number)}</b> ${text(rest)}`
}

function text(plain: string): string {
  return superscriptsHtml(escapeHtml(plain))
}

/** What a reader sees of a page: the signs that it needs fonts for. */
function visibleText(page: string): string {
  return page.replace(/<[^>]*>/g, ' ').replace(/&(\w+|#\d+);/g, '&<>"\'')
}
