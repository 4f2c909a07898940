/** Where a report is read: the page's own origin serves it, over HTTP and in the desktop window alike. */
import type { ReportRequest } from '#core/contract/index.ts'

export function reportAddress({ study, language, theme = 'light' }: ReportRequest): string {
  return `/reports/${encodeURIComponent(study)}?${new URLSearchParams({ lang: language, theme }).toString()}`
}
