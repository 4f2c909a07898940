/**
 * The workbench in a browser of this machine: the built page, the contract below `/rpc`, reports below `/reports`. It listens on
 * 127.0.0.1 only; who may speak to it is decided in `guard.ts` and `session.ts` before anything is read.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AnyRouter } from '@orpc/server'
import { Refusal } from '#core/contract/errors.ts'
import { mediaType, pagePolicy, safeHeaders, sentencePage } from '#core/contract/page.ts'
import type { Log } from '#core/contract/wire.ts'
import { sendFile } from './files.ts'
import { deny } from './guard.ts'
import { serveReports, type Reports } from './reports.ts'
import { serveRpc, type Rpc } from './rpc.ts'
import { openSession, type Session } from './session.ts'

export type ServerSettings = {
  readonly router: AnyRouter
  readonly port: number // 0: any that is free
  readonly page: string | null // the folder of the built page; null serves the contract alone
  readonly token: string // exchanged once for a cookie
  readonly log: Log
}

export type RunningServer = {
  readonly url: string // with the token: what is printed and opened
  readonly port: number
  /** Ends streams, then connections; a call that is still running has one second. */
  close(): Promise<void>
}

const graceMs = 1_000

/** Fails with `conflict` when the port is taken, and with `invalid-input` when it is none or needs rights that are missing. */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const { router, page, token, log } = settings
  const closing = new AbortController()
  const server = createServer()
  const port = await listen(server, settings.port)
  const parts: Parts = {
    port,
    page,
    session: openSession(token, port),
    rpc: serveRpc(router, { closing: closing.signal, log }),
    reports: serveReports(router, log),
  }
  const pending = new Set<Promise<void>>()
  server.on('request', (request, response) => {
    const answered = answer(request, response, parts).catch((error: unknown) => fail(response, error, log))
    pending.add(answered)
    void answered.finally(() => pending.delete(answered))
  })
  return {
    url: `http://127.0.0.1:${port}/?token=${encodeURIComponent(token)}`,
    port,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      closing.abort()
      await settledWithin(pending, graceMs)
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Refusal('invalid-input', `port: expected a whole number in 0 … 65535, got ${port}`)
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EADDRINUSE') throw new Refusal('conflict', `port: expected a free port, got ${port}, which another program holds`)
    if (code === 'EACCES') throw new Refusal('invalid-input', `port: expected a port that this user may open, got ${port}`)
    throw error
  }
  return (server.address() as AddressInfo).port // a TCP server that listens has an address with a port
}

type Parts = {
  readonly port: number
  readonly page: string | null
  readonly session: Session
  readonly rpc: Rpc
  readonly reports: Reports
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  for (const [name, value] of Object.entries(safeHeaders)) response.setHeader(name, value)
  const denial = deny(request.headers, parts.port)
  if (denial) return sendText(response, denial.status, denial.sentence)
  const url = addressOf(request)
  if (url === null) return sendText(response, 400, 'expected an address of this server')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const token = url.pathname === '/' && request.method === 'GET' ? url.searchParams.get('token') : null
  const isOpen = parts.session.isOpen(request.headers.cookie)
  if (token !== null) return enter(response, { token, isOpen, session: parts.session, isPrefetch: 'sec-purpose' in request.headers })
  if (!isOpen) return sendSentence(response, 401, closedDoor)
  if (isBelow(url.pathname, '/rpc')) return parts.rpc(request, response)
  if (!isRead) return sendText(response, 405, 'expected GET')
  if (isBelow(url.pathname, '/reports')) return parts.reports(request, response, url)
  if (parts.page === null) return sendText(response, 404, 'no page is served here')
  return sendFile(request, response, { folder: parts.page, pathname: url.pathname })
}

const isBelow = (pathname: string, prefix: string): boolean => pathname === prefix || pathname.startsWith(`${prefix}/`)

/** Null for what no browser sends: an absolute address, or none. Only path and query are ever used. */
function addressOf({ url = '' }: IncomingMessage): URL | null {
  return url.startsWith('/') && !url.startsWith('//') ? URL.parse(`http://127.0.0.1${url}`) : null
}

const closedDoor = {
  en: 'This address is not open to you: open the one that the program printed at its start. Its token works once; start the program again for a new one.',
  ja: 'このアドレスは開けません。プログラムが起動時に表示したアドレスを開いてください。トークンは一度だけ使えます。新しいトークンは再起動すると発行されます。',
}

type Entry = { readonly token: string; readonly isOpen: boolean; readonly session: Session; readonly isPrefetch: boolean }

/** The first visit: the token leaves the address bar and a cookie stays, so that a reload keeps the page. */
function enter(response: ServerResponse, { token, isOpen, session, isPrefetch }: Entry): void {
  if (isPrefetch) return sendText(response, 503, 'expected a visit, got a prefetch') // it would use up the token
  const cookie = isOpen ? null : session.exchange(token)
  if (!isOpen && cookie === null) return sendSentence(response, 401, closedDoor)
  if (cookie !== null) response.setHeader('set-cookie', cookie)
  response.writeHead(303, { location: '/', 'cache-control': 'no-store' }).end()
}

function sendText(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': mediaType('.txt'), 'cache-control': 'no-store' }).end(`${sentence}\n`)
}

function sendSentence(response: ServerResponse, status: number, sentence: { readonly en: string; readonly ja: string }): void {
  const headers = { 'content-type': mediaType('.html'), 'cache-control': 'no-store', 'content-security-policy': pagePolicy }
  response.writeHead(status, headers).end(sentencePage(sentence))
}

/** A bug of the server itself: the text goes to the log, the connection learns that there was one. */
function fail(response: ServerResponse, error: unknown, log: Log): void {
  if (response.destroyed) return // whoever asked is gone, and with them the reason
  log(`bug in the local server: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  if (response.headersSent) response.destroy()
  else sendText(response, 500, 'a bug of this program; its text is in the log')
}

async function settledWithin(pending: ReadonlySet<Promise<void>>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([Promise.allSettled(pending), timeUp])
  clearTimeout(timer)
}
