/**
 * Who may speak to the local server at all, decided before the contract. A page of another site can make the user's browser call
 * 127.0.0.1, under a name of its own too (DNS rebinding); the headers that a browser writes and a page cannot give it away.
 */
import type { IncomingHttpHeaders } from 'node:http'

export type Denial = { readonly status: 403; readonly sentence: string }

/** Null when the request comes from this server's own page, from an address bar, or from a program that is no browser. */
export function deny(headers: IncomingHttpHeaders, port: number): Denial | null {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  const { host, origin, 'sec-fetch-site': site } = headers
  if (host === undefined || !hosts.includes(host)) return no('Host', `one of ${hosts.join(', ')}`)
  if (origin !== undefined && origin !== `http://${host}`) return no('Origin', `http://${host}`)
  // `same-site` is refused too: another port of this machine is another program.
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return no('Sec-Fetch-Site', 'same-origin or none')
  return null
}

const no = (header: string, rule: string): Denial => ({ status: 403, sentence: `${header}: expected ${rule}, got another` })
