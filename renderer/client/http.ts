/** The workbench behind this page's own server: `/rpc` beside the page, the cookie says who asks. */
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { linkOptions } from '#core/contract/wire.ts'
import type { Client, Host } from './client.ts'

export function httpHost(origin: string): Host {
  const link = new RPCLink({
    url: `${origin}/rpc`,
    fetch: (request, init) => fetch(request, { ...init, credentials: 'same-origin' }),
    ...linkOptions(),
  })
  const client: Client = createORPCClient(link)
  return { kind: 'browser', client }
}
