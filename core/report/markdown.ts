/** A report as Markdown (GitHub's flavour): the same blocks as the HTML, with the figures in words and, where short, in numbers. */
import type { TableTwin } from '#core/presentation/charts/chart.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatNumber } from '#core/presentation/digits.ts'
import type { VerdictState } from '#core/presentation/sentences.ts'
import { assemble } from './assemble.ts'
import type { Block, Table } from './document.ts'
import type { ReportModel } from './model.ts'
import { reportWords } from './words.ts'

const signs: Readonly<Record<VerdictState, string>> = { holds: '✓', fails: '✕', open: '○' }
const twinRows = 60 // a longer table of a figure's numbers is left out, and said to be

export function reportMarkdown(model: ReportModel): string {
  const { title, kicker, blocks } = assemble(model)
  const words = reportWords(model.language)
  const parts = [
    `# ${inline(title)}`,
    `_${inline(kicker)}_`,
    ...blocks.map((block) => blockMarkdown(block, words)).filter((part) => part !== ''),
  ]
  return `${parts.join('\n\n')}\n`
}

function blockMarkdown(block: Block, words: Catalogue): string {
  switch (block.kind) {
    case 'heading':
      return `## ${inline(block.text)}`
    case 'question':
      return `**${inline(block.label)}** ${inline(block.text)}`
    case 'paragraph':
      return inline(block.text)
    case 'list':
      return list(block.items)
    case 'answer':
      return `**${inline(block.label)}: ${inline(block.word)}**\n\n${block.sentences.map(({ state, text }) => `- ${signs[state]} ${inline(text)}`).join('\n')}`
    case 'formula':
      return `$$\n${oneLine(block.tex).replaceAll('$', '')}\n$$`
    case 'figure':
      return [inline(block.caption), twinMarkdown(block.twin, words)].join('\n\n')
    case 'facts':
      return list(block.facts.map(({ title, values }) => `${title}: ${values.join('; ')}`))
    case 'commands':
      return block.commands.map(({ title, text }) => `${inline(title)}\n\n${fenced(text)}`).join('\n\n')
    case 'pageEnd':
      return ''
    case 'table':
      return tableMarkdown(block)
    default:
      return block satisfies never
  }
}

function tableMarkdown({ caption, columns, rows, notes }: Table): string {
  const head = columns.map(({ title }) => title)
  const rule = columns.map(({ align }) => (align === 'right' ? '--:' : ':--'))
  const lines = [row(head), `| ${rule.join(' | ')} |`, ...rows.map(row)]
  return [inline(caption), lines.join('\n'), ...notes.map(inline)].join('\n\n')
}

function twinMarkdown({ table, leftOut }: Extract<Block, { kind: 'figure' }>['twin'], words: Catalogue): string {
  if (table === null || table.rows.length > twinRows) return inline(leftOut)
  return plainTable(table, words)
}

function plainTable({ columns, rows }: TableTwin, words: Catalogue): string {
  const written = (value: string | number) => {
    if (typeof value === 'string') return value
    return Number.isNaN(value) ? '' : formatNumber(value, words.language, { digits: 6 })
  }
  return [row(columns), `| ${columns.map(() => ':--').join(' | ')} |`, ...rows.map((each) => row(each.map(written)))].join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(inline).join(' | ')} |`
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${inline(item)}`).join('\n')
}

/** A fence longer than any run of backticks inside. */
function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${code}\n${fence}`
}

/** Text that stands for itself on one line: no sign of it begins markup, a tag or a table cell. */
function inline(text: string): string {
  return oneLine(text).replace(/[\\`*_[\]<>#|~$]/g, (sign) => `\\${sign}`)
}

function oneLine(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd').replace(/[\r\n\u2028\u2029]+/g, ' ')
}
