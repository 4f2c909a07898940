/** A report on paper: what the report's window shows, as PDF. */
import type { PrintToPDFOptions, WebContents } from 'electron'

/** Electron's own defaults are Letter and no backgrounds. */
const paper = {
  pageSize: 'A4',
  printBackground: true,
  preferCSSPageSize: true,
  generateTaggedPDF: true,
} as const satisfies PrintToPDFOptions

/** Waits until the page is whole; a report has everything inside it, so that this is when its last byte was read. */
export async function printReport(contents: Pick<WebContents, 'isLoading' | 'once' | 'printToPDF'>): Promise<Uint8Array> {
  if (contents.isLoading()) await new Promise<void>((resolve) => void contents.once('did-stop-loading', () => resolve()))
  return contents.printToPDF(paper)
}
