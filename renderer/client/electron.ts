/**
 * The workbench behind a message port. The page asks the preload for it with a nonce of its own; only an answer of this very
 * window that repeats the nonce is taken, and only once.
 */
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { linkOptions } from '#core/contract/wire.ts'
import type { Client, Host } from './client.ts'

export const portWanted = 'kagami-port-wanted'
export const portGiven = 'kagami-port'

export async function electronHost(window: Window): Promise<Host> {
  const port = await askForPort(window, crypto.randomUUID())
  const client: Client = createORPCClient(new RPCLink({ port, ...linkOptions() }))
  port.start()
  return { kind: 'desktop', client }
}

function askForPort(window: Window, nonce: string): Promise<MessagePort> {
  return new Promise((resolve) => {
    function hear(event: MessageEvent<unknown>): void {
      const port = event.ports[0]
      if (event.source !== window || port === undefined || !answers(event.data, nonce)) return
      window.removeEventListener('message', hear)
      resolve(port)
    }
    window.addEventListener('message', hear)
    window.postMessage({ kind: portWanted, nonce }, window.location.origin)
  })
}

function answers(data: unknown, nonce: string): boolean {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === portGiven && 'nonce' in data && data.nonce === nonce
}
