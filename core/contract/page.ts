/**
 * How the page's files and reports are served, alike by the local server and by the window's own scheme: what a page may load, which
 * file an address means, which report it asks for. Whoever serves reads the file; nothing here knows where it lies.
 */
import { Refusal } from './errors.ts'
import { problemsOf } from './problems.ts'
import { reportRequest, type ReportRequest } from './studies.ts'

const nothingAround = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/**
 * The page may load its own files and nothing else. Style *attributes* are let in, because KaTeX's boxes and ECharts' tooltips are
 * written as HTML with positions in `style="…"`; style *elements* and inline scripts are not.
 */
export const pagePolicy =
  `default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; ` +
  `font-src 'self'; connect-src 'self'; ${nothingAround}`

/** A report is one file without a script: its styles, pictures and fonts are inside. */
export const reportPolicy = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; ${nothingAround}`

/** For every answer, whatever it holds. */
export const safeHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

const mediaTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  woff: 'font/woff',
  txt: 'text/plain; charset=utf-8',
}

/** The type under which a file is sent; one that no page of ours needs is bytes, which `nosniff` keeps from being run. */
export function mediaType(path: string): string {
  return mediaTypes[extensionOf(path)] ?? 'application/octet-stream'
}

/**
 * The file that an address means, relative to the page's folder with `/` between names, or null where it can mean none: a name that
 * climbs, hides, or is special to Windows. An address without an extension is a place inside the page, so it means `index.html`.
 */
export function pageFile(pathname: string): string | null {
  const decoded = decode(pathname)
  if (decoded === null || !decoded.startsWith('/')) return null
  const names = decoded.split('/').slice(1)
  if (!names.slice(0, -1).every(isPlainName)) return null
  const last = names.at(-1) ?? ''
  if (last === '') return 'index.html'
  if (!isPlainName(last)) return null
  return extensionOf(last) === '' ? 'index.html' : names.join('/')
}

/** Whether the name of this file changes with its content, so that it may be kept for ever. */
export function isLasting(file: string): boolean {
  return file.startsWith('assets/')
}

/** The report that `/reports/STUDY?lang=ja&theme=dark` asks for, or null where the address is not one of a report. */
export function reportOf(pathname: string, parameter: (name: string) => string | null): ReportRequest | null {
  const study = decode(/^\/reports\/([^/]+)$/.exec(pathname)?.[1] ?? '')
  if (study === null || study === '') return null
  const input = { study, language: parameter('lang') ?? 'en', theme: parameter('theme') ?? 'light' }
  const checked = reportRequest.safeParse(input)
  if (checked.success) return checked.data
  const [sentence = 'reports: expected a study, got none'] = problemsOf({ route: 'reports', issues: checked.error.issues, input })
  throw new Refusal('invalid-input', sentence)
}

/** A whole page that says one thing, in both languages: for whoever has no page yet. */
export function sentencePage({ en, ja }: { readonly en: string; readonly ja: string }): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Kagami</title><p>${escaped(en)}</p><p lang="ja">${escaped(ja)}</p></html>\n`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? '')

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null // a broken escape names no file
  }
}

/** Letters, digits and a few signs, not starting with a dot: no `..`, backslash, colon, NUL or hidden file. */
const isPlainName = (name: string): boolean => /^[\p{L}\p{N}_@+~-][\p{L}\p{N}._@+~-]*$/u.test(name)

const extensionOf = (path: string): string => /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
