/** What commands write: results on stdout, sentences and progress on stderr. */
import { writeCsv, type Cell } from '#core/formats/csv.ts'

export const formats = ['table', 'json', 'csv', 'md', 'latex'] as const
export type Format = (typeof formats)[number]

/** A sentence for the person at the terminal. */
export function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** JSON for machines: NaN and ±∞ as text, which JSON cannot hold; typed arrays as lists. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(
    value,
    (_, item: unknown) => {
      if (typeof item === 'number' && !Number.isFinite(item)) return String(item)
      return item instanceof Float64Array ? [...item].map((entry) => (Number.isFinite(entry) ? entry : String(entry))) : item
    },
    2,
  )
  print(text)
}

export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

/** A table in the wanted form. */
export function printTable({ columns, rows }: Table, format: Format): void {
  switch (format) {
    case 'json':
      return printJson(rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null]))))
    case 'csv':
      return print(writeCsv(columns, rows))
    case 'md':
      return print(
        [columns, columns.map(() => '---'), ...rows.map((row) => row.map(markdownCell))]
          .map((cells) => `| ${cells.join(' | ')} |`)
          .join('\n'),
      )
    case 'latex':
      return print(latex({ columns, rows }))
    case 'table':
      return print(aligned({ columns, rows }))
  }
}

function cellText(cell: Cell | undefined): string {
  if (typeof cell === 'number') return shortNumber(cell)
  return cell === null || cell === undefined ? '' : String(cell)
}

/** Four digits, as people read them in a terminal; exact digits are in json and csv. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(4)))
}

function markdownCell(cell: Cell): string {
  return cellText(cell).replaceAll('|', '\\|')
}

function latex({ columns, rows }: Table): string {
  const words: Readonly<Record<string, string>> = { '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}' }
  const escape = (text: string) => text.replace(/[\\~^&%$#_{}]/g, (sign) => words[sign] ?? `\\${sign}`)
  const line = (cells: readonly string[]) => `${cells.map(escape).join(' & ')} \\\\`
  return [
    `\\begin{tabular}{${columns.map(() => 'l').join('')}}`,
    '\\toprule',
    line(columns),
    '\\midrule',
    ...rows.map((row) => line(row.map(cellText))),
    '\\bottomrule',
    '\\end{tabular}',
  ].join('\n')
}

/**
 * Columns padded to their widest cell; numbers to the right. Full-width signs count as two columns. Where the terminal is narrower, the words of long
 * column names stand below each other; in a pipe there is no width, and a row is a line.
 */
export function aligned(
  { columns, rows }: Table,
  width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
): string {
  const cells = rows.map((row) => row.map(cellText))
  const natural = columns.map((name, i) => widest([name, ...cells.map((row) => row[i] ?? '')]))
  const isTooWide = natural.reduce((sum, one) => sum + one + 2, -2) > width
  const heads = columns.map((name, i) => (isTooWide ? wrapped(name, widest(cells.map((row) => row[i] ?? ''))) : [name]))
  const height = Math.max(...heads.map(({ length }) => length))
  const lines = [...Array.from({ length: height }, (_, line) => heads.map((head) => head[line - height + head.length] ?? '')), ...cells]
  const widths = columns.map((_, i) => widest(lines.map((row) => row[i] ?? '')))
  const isNumeric = columns.map((_, i) => rows.length > 0 && rows.every((row) => row[i] === null || typeof row[i] === 'number'))
  const pad = (text: string, i: number) => {
    const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(text)))
    return isNumeric[i] === true ? space + text : text + space
  }
  return lines.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

/** A column's name in lines that are no wider than its cells, or than its longest word. */
function wrapped(name: string, width: number): string[] {
  const parts = name.match(/[^ .-]+[ .-]?/g) ?? [name]
  const room = Math.max(width, widest(parts.map((part) => part.trimEnd())))
  return parts.reduce<string[]>((lines, part) => {
    const last = lines.at(-1)
    if (last === undefined || widthOf((last + part).trimEnd()) > room) return [...lines, part]
    return [...lines.slice(0, -1), last + part]
  }, [])
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0)
}

function widthOf(text: string): number {
  let width = 0
  for (const sign of text) width += /[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(sign) ? 2 : 1
  return width
}
