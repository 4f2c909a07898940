/** The contract over HTTP: calls as JSON or forms, streams as server-sent events, everything else refused in the same form. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/node'
import { Refusal } from '#core/contract/errors.ts'
import { mediaType } from '#core/contract/page.ts'
import { serverOptions, toWire, type Log } from '#core/contract/wire.ts'

export const bodyLimit = 8 * 2 ** 20 // bytes; a study's text is far below, and a page sends nothing longer
const discardLimit = 8 * bodyLimit // bytes of a refused body that are read and forgotten, so that its writer hears the answer

export type Rpc = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Serves `router` below `/rpc`. When `closing` is aborted every stream ends and every handler's signal says so. */
export function serveRpc(router: AnyRouter, { closing, log }: { readonly closing: AbortSignal; readonly log: Log }): Rpc {
  const options = serverOptions(log)
  const handler = new RPCHandler(router, {
    ...options,
    clientInterceptors: [
      (call) => call.next({ ...call, signal: AbortSignal.any(call.signal ? [call.signal, closing] : [closing]) }),
      ...options.clientInterceptors,
    ],
  })
  return async (request, response) => {
    response.setHeader('cache-control', 'no-store')
    const refused = refuseBody(request)
    if (refused) return sendRefusal(request, response, refused)
    await handler.handle(request, response, { prefix: '/rpc', context: {} })
  }
}

type RefusedBody = { readonly status: 411 | 413; readonly sentence: string }

/** By the header alone, before a byte is read: oRPC's own limit cuts the connection, and a writer then sees a broken pipe. */
function refuseBody({ headers }: IncomingMessage): RefusedBody | null {
  if (headers['transfer-encoding'] !== undefined)
    return { status: 411, sentence: 'request: expected a body that states its length, got one without' }
  const length = Number(headers['content-length'] ?? 0)
  return length > bodyLimit ? { status: 413, sentence: `request: expected a body of at most ${bodyLimit} bytes, got ${length}` } : null
}

async function sendRefusal(request: IncomingMessage, response: ServerResponse, { status, sentence }: RefusedBody): Promise<void> {
  await discard(request)
  const error = toWire(new Refusal('invalid-input', sentence), status)
  response.writeHead(status, { 'content-type': mediaType('.json'), connection: 'close' }).end(JSON.stringify({ json: error.toJSON() }))
}

async function discard(request: IncomingMessage): Promise<void> {
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > discardLimit) request.destroy() // too much to be a mistake
  })
  await once(request, 'close')
}
