/** `kagami://app/…`: the built page and its reports, from memory and disk, with the same policy as over HTTP and no server. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CustomScheme } from 'electron'
import { Refusal, codes, toRecord } from '#core/contract/errors.ts'
import type { ReportRequest } from '#core/contract/index.ts'
import { mediaType, pageFile, pagePolicy, reportOf, reportPolicy, safeHeaders, sentencePage } from '#core/contract/page.ts'
import { pageAddress, scheme } from './security.ts'

/** To be registered before the app is ready: an origin of its own, with the rights of https and no more. */
export const privilegedScheme: CustomScheme = {
  scheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
}

export type SchemeSettings = {
  readonly folder: string // the built page
  readonly makeReport: (request: ReportRequest) => Promise<{ readonly html: string }>
}

/** Answers a request for an address of the scheme; never fails. */
export function serveScheme({ folder, makeReport }: SchemeSettings): (request: Request) => Promise<Response> {
  return async ({ url, method }) => {
    const { host, pathname, searchParams } = new URL(url)
    if (!url.startsWith(pageAddress) || host !== 'app' || (method !== 'GET' && method !== 'HEAD')) return notFound()
    if (pathname.startsWith('/reports/')) return report(pathname, { parameter: (name) => searchParams.get(name), makeReport })
    const file = pageFile(pathname)
    const bytes = file === null ? null : await readIfThere(join(folder, file))
    if (file === null || bytes === null) return notFound()
    return new Response(bytes, { headers: { ...safeHeaders, 'content-type': mediaType(file), 'content-security-policy': pagePolicy } })
  }
}

type ReportSource = { readonly parameter: (name: string) => string | null; readonly makeReport: SchemeSettings['makeReport'] }

async function report(pathname: string, { parameter, makeReport }: ReportSource): Promise<Response> {
  const headers = { ...safeHeaders, 'content-type': mediaType('.html'), 'content-security-policy': reportPolicy }
  try {
    const wanted = reportOf(pathname, parameter)
    if (wanted === null) throw new Refusal('not-found', 'reports: expected /reports/STUDY, got another address')
    const { html } = await makeReport(wanted)
    return new Response(html, { headers })
  } catch (error) {
    const { code, message } = toRecord(error)
    const page = sentencePage({ en: `No report was made. ${message}`, ja: `レポートを作成できませんでした。${message}` })
    return new Response(page, { status: codes[code].http, headers })
  }
}

const notFound = (): Response =>
  new Response('no such file\n', { status: 404, headers: { ...safeHeaders, 'content-type': mediaType('.txt') } })

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR'))
      return null
    throw error
  }
}
