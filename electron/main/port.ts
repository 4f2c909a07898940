/** The one door between page and workbench: a message port, given to our own page only, that carries the contract and nothing else. */
import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import { serverOptions, type Log } from '#core/contract/wire.ts'
import { portGiven, portWanted } from '../preload/names.ts'
import { isOurPage } from './security.ts'

/** The parts of `Electron.MessagePortMain` that are used. */
export type Port = {
  on(event: 'message', handler: (event: { readonly data: unknown }) => void): unknown
  on(event: 'close', handler: () => void): unknown
  postMessage(message: unknown): void
  start(): void
  close(): void
}

/** The parts of `Electron.WebFrameMain` and `IpcMainEvent` that are used. */
export type Frame<P> = {
  readonly url: string
  readonly parent: unknown
  postMessage(channel: string, message: unknown, transfer: P[]): void
}
export type PortRequest<P> = { readonly sender: { readonly id: number }; readonly senderFrame: Frame<P> | null }

export type PortOffer<P> = {
  readonly ipc: { on(channel: string, handler: (event: PortRequest<P>, nonce: unknown) => void): unknown }
  readonly makeChannel: () => { readonly port1: P; readonly port2: P } // new MessageChannelMain()
  readonly router: AnyRouter
  readonly log: Log
}

/**
 * Answers a page's request for a port. Refused, with a line in the log and no answer: a frame of another origin or inside another
 * frame, and a nonce that is malformed or was used. A page that asks again (a reload) loses the port that it had.
 */
export function offerPort<P extends Port>({ ipc, makeChannel, router, log }: PortOffer<P>): void {
  const used = new Set<string>()
  const open = new Map<number, { close(): void }>()
  ipc.on(portWanted, ({ sender, senderFrame }, nonce) => {
    if (senderFrame === null) return // the page is gone
    if (!isOurPage(senderFrame.url) || senderFrame.parent !== null) return log('port: expected the program’s own page, got another frame')
    if (typeof nonce !== 'string' || !isNonce.test(nonce) || used.has(nonce)) return log('port: expected a new nonce, got another value')
    used.add(nonce)
    open.get(sender.id)?.close()
    const { port1, port2 } = makeChannel()
    open.set(sender.id, servePort(port1, { router, log }))
    senderFrame.postMessage(portGiven, nonce, [port2])
  })
}

const isNonce = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ // crypto.randomUUID

/** Serves the router on one end of a channel. */
export function servePort(port: Port, { router, log }: { readonly router: AnyRouter; readonly log: Log }): { close(): void } {
  let isClosed = false
  let hangUp = (): void => undefined
  new RPCHandler(router, serverOptions(log)).upgrade({
    on(event: string, handler: (event?: { data: unknown }) => void) {
      if (event === 'close') hangUp = handler
      else
        port.on('message', ({ data }) =>
          isCall(data) ? handler({ data }) : log('port: expected a call of the contract, got another message'),
        )
    },
    // A stream's last words may come after the page has gone.
    postMessage: (message: unknown) => isClosed || port.postMessage(message),
  })
  const end = (): void => {
    if (isClosed) return
    isClosed = true
    hangUp()
  }
  port.on('close', end)
  port.start()
  return {
    close() {
      end()
      port.close()
    },
  }
}

/**
 * Whether a message is one of the two that our page's link sends: a call, or the end of one. oRPC reads what arrives without a
 * catch, so that any other message would end as an unhandled rejection of the main process; so would a body that is not text.
 */
function isCall(message: unknown): boolean {
  if (typeof message !== 'string') return false
  const call = parsed(message)
  if (typeof call !== 'object' || call === null || !('i' in call) || typeof call.i !== 'string') return false
  if ('t' in call) return call.t === abortSignal
  return 'p' in call && isRequest(call.p)
}

const abortSignal = 4 // MessageType.ABORT_SIGNAL of oRPC 1.16; the conformance suite fails if it moves

function isRequest(request: unknown): boolean {
  if (typeof request !== 'object' || request === null || 'h' in request || 'm' in request) return false // our links send no headers, and POST alone
  return 'u' in request && typeof request.u === 'string' && request.u.startsWith('/')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not even JSON
  }
}
