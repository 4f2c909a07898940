/** One HTML file in the dress of a report: no script, no network; styles and fonts are in it. */
import type { Language } from '#core/contract/values.ts'
import { escapeHtml } from './escape.ts'

export type HtmlFile = {
  readonly language: Language
  readonly title: string // text, not markup
  readonly policy: string // what the page may load, as a Content-Security-Policy
  readonly styles: readonly string[]
  readonly page: string // the body's markup
}

export function htmlFile({ language, title, policy, styles, page }: HtmlFile): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Kagami">
<title>${escapeHtml(title)}</title>
<style>
${styles.join('\n')}
</style>
</head>
<body>
${page}
</body>
</html>
`
}
