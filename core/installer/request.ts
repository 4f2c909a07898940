/**
 * One GET over HTTP, with the machine's own settings: those of pip (PIP_PROXY, PIP_CERT), else the usual ones (HTTPS_PROXY, NO_PROXY; SSL_CERT_FILE,
 * REQUESTS_CA_BUNDLE), beside the certificates that Node trusts. Not `fetch`, which reads a proxy only where Node was started with a switch.
 */
import { existsSync, readFileSync } from 'node:fs'
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, get as httpsGet } from 'node:https'
import { getCACertificates } from 'node:tls'
import { Refusal, quote } from '#core/contract/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type Ask = {
  readonly env: Environment
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

const redirectsFollowed = 5
const silentMs = 60_000

/**
 * The answer's head; its body is still to be read. Redirects are followed, never from HTTPS to HTTP.
 * Fails: 'engine-unavailable' where nothing answers.
 */
export async function request(url: URL, { env, headers = {}, signal }: Ask): Promise<IncomingMessage> {
  let at = url
  for (let i = 0; i <= redirectsFollowed; i += 1) {
    const answer = await one(at, { env, headers, signal })
    const { statusCode = 0 } = answer
    const { location } = answer.headers
    if (statusCode < 300 || statusCode > 399 || location === undefined) return answer
    answer.destroy()
    const next = new URL(location, at)
    if (at.protocol === 'https:' && next.protocol !== 'https:') throw unreachable(at, `a redirect to ${quote(next.protocol)}`)
    at = next
  }
  throw unreachable(url, `more than ${redirectsFollowed} redirects`)
}

/** The refusal of an address that gave no file. */
export function unreachable(url: URL, got: string): Refusal {
  return new Refusal(
    'engine-unavailable',
    `network: expected an answer from ${url.host}, got ${got}; \`--from FILE\` installs from a wheel that was fetched elsewhere`,
  )
}

function one(url: URL, { env, headers, signal }: Ask): Promise<IncomingMessage> {
  const proxyEnv = proxiesOf(env)
  const options = { headers: { 'user-agent': 'kagami', ...headers }, ...(signal === undefined ? {} : { signal }) }
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signal?.aborted === true ? error : unreachable(url, wordsOf(error)))
    const asked =
      url.protocol === 'https:'
        ? httpsGet(url, { ...options, agent: new HttpsAgent({ proxyEnv, ...trustedBy(env) }) }, resolve)
        : httpGet(url, { ...options, agent: new HttpAgent({ proxyEnv }) }, resolve)
    asked.on('error', fail)
    asked.setTimeout(silentMs, () => asked.destroy(new Error(`nothing for ${silentMs / 1_000} s`)))
  })
}

function wordsOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : quote(error.message, 120)
}

/** The variables that Node's agents read, with pip's own proxy before the others. */
function proxiesOf(env: Environment): Record<string, string> {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy']
  const given = Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  const own = env['PIP_PROXY']
  return own === undefined ? given : { ...given, HTTP_PROXY: own, HTTPS_PROXY: own, http_proxy: own, https_proxy: own }
}

function trustedBy(env: Environment): { ca?: string[] } {
  const file = env['PIP_CERT'] ?? env['REQUESTS_CA_BUNDLE'] ?? env['SSL_CERT_FILE']
  return file !== undefined && existsSync(file) ? { ca: [...getCACertificates('default'), readFileSync(file, 'utf8')] } : {}
}
