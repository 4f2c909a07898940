/** A report at an address of its own, so that the page can link to it: the contract's `reports.make`, called in this process. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { call, getRouter, isProcedure, unlazy, type AnyRouter } from '@orpc/server'
import { Refusal, codes, toRecord } from '#core/contract/errors.ts'
import { mediaType, pagePolicy, reportOf, reportPolicy, sentencePage } from '#core/contract/page.ts'
import type { ReportRequest } from '#core/contract/index.ts'
import { callerOptions, type Log } from '#core/contract/wire.ts'

export type Reports = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>

export function serveReports(router: AnyRouter, log: Log): Reports {
  return async (_request, response, url) => {
    response.setHeader('cache-control', 'no-store')
    response.setHeader('content-type', mediaType('.html'))
    try {
      const wanted = reportOf(url.pathname, (name) => url.searchParams.get(name))
      if (wanted === null) throw new Refusal('not-found', 'reports: expected /reports/STUDY, got another address')
      const html = await makeReport(router, wanted, log)
      response.writeHead(200, { 'content-security-policy': reportPolicy }).end(html)
    } catch (error) {
      const { code, message } = toRecord(error)
      const page = sentencePage({ en: `No report was made. ${message}`, ja: `レポートを作成できませんでした。${message}` })
      response.writeHead(codes[code].http, { 'content-security-policy': pagePolicy }).end(page)
    }
  }
}

async function makeReport(router: AnyRouter, request: ReportRequest, log: Log): Promise<string> {
  const { default: procedure } = await unlazy(getRouter(router, ['reports', 'make']))
  if (!isProcedure(procedure)) throw new Refusal('not-found', 'reports.make: expected a workbench that makes reports, got one without')
  const report: unknown = await call(procedure, request, { path: ['reports', 'make'], context: {}, ...callerOptions(log) })
  if (typeof report === 'object' && report !== null && 'html' in report && typeof report.html === 'string') return report.html
  throw new Error('bug: reports.make answered without html')
}
