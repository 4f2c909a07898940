import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSampleRouter } from '#core/testing/transports/sampleRouter.ts'
import { createTestRouter } from '#core/testing/transports/testRouter.ts'
import { bodyLimit } from './rpc.ts'
import { startServer, type RunningServer } from './server.ts'

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }
type Asked = { readonly method?: string; readonly headers?: OutgoingHttpHeaders; readonly body?: string | Buffer }

/** Sends exactly these headers, as no browser would let a page do; the path is sent as it is written. */
async function ask(port: number, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage] // the event's one argument
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += String(piece)
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

/** A matcher stands where a text is. */
const like = (pattern: RegExp): unknown => expect.stringMatching(pattern)
const parsed = (text: string): unknown => JSON.parse(text)

let folder: string
let server: RunningServer
let cookie: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kagami-server 鏡-'))
  const page = join(folder, 'page')
  await mkdir(join(page, 'assets'), { recursive: true })
  await writeFile(join(page, 'index.html'), '<!doctype html><title>Kagami</title>')
  await writeFile(join(page, 'assets', 'index-1a.js'), 'export {}')
  await writeFile(join(folder, 'secret.js'), 'secret')
  server = await startServer({ router: createSampleRouter(), port: 0, page, token: 'right token', log: () => undefined })
  const entry = await ask(server.port, new URL(server.url).pathname + new URL(server.url).search)
  cookie = entry.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const asked = (path: string, options: Asked = {}): Promise<Answer> =>
  ask(server.port, path, { ...options, headers: { cookie, ...options.headers } })

describe('who may enter', () => {
  test('the token is exchanged once for a cookie that no script can read and no other site can send', async () => {
    const own = await startServer({ router: createSampleRouter(), port: 0, page: null, token: 'a b&c', log: () => undefined })
    const { pathname, search } = new URL(own.url)
    const prefetched = await ask(own.port, pathname + search, { headers: { 'sec-purpose': 'prefetch' } })
    const looked = await ask(own.port, pathname + search, { method: 'HEAD' })
    const first = await ask(own.port, pathname + search)
    const second = await ask(own.port, pathname + search)
    const given = first.headers['set-cookie']?.[0] ?? ''
    const reloaded = await ask(own.port, pathname + search, { headers: { cookie: given.split(';')[0] } })
    await own.close()
    expect([prefetched.status, looked.status, first.status, second.status, reloaded.status]).toEqual([503, 401, 303, 401, 303])
    expect(first.headers.location).toBe('/')
    expect(given).toMatch(/^kagami-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=604800$/)
    expect(given).not.toContain('a b')
  })

  test('with the cookie the page is there, again and again', async () => {
    for (const _ of [1, 2]) expect(await asked('/')).toMatchObject({ status: 200, text: '<!doctype html><title>Kagami</title>' })
  })

  test.each([
    ['no cookie', {}],
    ['another cookie', { cookie: 'kagami-1=x; theme=dark' }],
    ['a cookie of the right name', { cookie: 'kagami-PORT=AAAA' }],
  ])('%s is answered with 401 and a sentence in both languages, on page, files, reports and contract', async (_name, headers) => {
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(server.port))]))
    for (const path of ['/', '/?token=wrong', '/assets/index-1a.js', '/reports/0a1b', '/rpc/presets/list']) {
      const { status, text } = await ask(server.port, path, { headers: sent })
      expect([path, status]).toEqual([path, 401])
      expect(text).toMatch(/Its token works once.*トークンは一度だけ使えます/s)
    }
  })

  test.each([
    ['another name for this machine', { host: 'attacker.example' }],
    ['the right name with another port', { host: '127.0.0.1:1' }],
    ['another origin', { origin: 'https://attacker.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['the origin of another port', { origin: 'http://127.0.0.1:1' }],
    ['a request from another site', { 'sec-fetch-site': 'cross-site' }],
    ['a request from another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('%s is refused with 403 in spite of the cookie', async (_name, headers) => {
    for (const path of ['/', '/rpc/presets/list', '/reports/0a1b', '/?token=right%20token']) {
      expect([path, (await asked(path, { headers })).status]).toEqual([path, 403])
    }
  })

  test('localhost is the same server', async () => {
    const host = `localhost:${server.port}`
    expect((await asked('/', { headers: { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
  })

  test('no other address of this machine is listened on', async () => {
    const others = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter(({ internal, family }) => !internal && family === 'IPv4'),
    )
    for (const { address } of others) {
      const socket = connect(server.port, address)
      const [error] = (await once(socket, 'error')) as [Error & { code?: string }] // the event's one argument
      expect(error.code).toMatch(/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/)
    }
  })
})

describe('files', () => {
  test('every answer forbids guessing its type, telling its address, and framing', async () => {
    const { headers } = await asked('/')
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-type': 'text/html; charset=utf-8',
    })
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';.*frame-ancestors 'none'/)
    expect((await asked('/assets/index-1a.js')).headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': like(/immutable/),
    })
  })

  test.each(['/runs', '/compare/0a1b', '/studies/%E9%8F%A1'])('%s, a place inside the page, is the page', async (path) => {
    expect(await asked(path)).toMatchObject({ status: 200, text: like(/Kagami/) })
  })

  test.each([
    '/missing.js',
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/assets/..%2f..%2fsecret.js',
    '/..%5csecret.js',
    '/assets',
    '/%00.js',
    '/%zz.js',
  ])('%s gives nothing from outside the folder', async (path) => {
    const { status, text } = await asked(path)
    expect(text).not.toContain('secret\n')
    expect(text).not.toBe('secret')
    expect(path === '/assets' ? 200 : 404).toBe(status)
  })

  test('other methods than GET and HEAD are refused', async () => {
    expect((await asked('/', { method: 'POST' })).status).toBe(405)
    expect(await asked('/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  })
})

describe('contract', () => {
  const json = { 'content-type': 'application/json' }

  test('an unknown path is answered in the contract’s form', async () => {
    for (const path of ['/rpc', '/rpc/', '/rpc/nothing', '/rpc/presets/constructor']) {
      const { status, text } = await asked(path, { method: 'POST', headers: json, body: '{}' })
      expect([path, status, parsed(text)]).toMatchObject([path, 404, { json: { code: 'not-found', data: { code: 'not-found' } } }])
    }
  })

  test.each([
    ['text that is no JSON', '{'],
    ['a value that lies about its type', '{"json":{"study":"x"},"meta":[[21,"study"]]}'],
    ['a path into a prototype', '{"json":{},"meta":[[20,"__proto__","x"]]}'],
    ['a list for an object', '[]'],
    ['nesting a hundred thousand deep', `{"json":{"study":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`],
  ])('%s is invalid-input', async (_name, body) => {
    const { status, text } = await asked('/rpc/studies/get', { method: 'POST', headers: json, body })
    expect([status, parsed(text)]).toMatchObject([400, { json: { code: 'invalid-input', data: { code: 'invalid-input' } } }])
  })

  test('a call by GET is refused, so that no link can act', async () => {
    const { status, text } = await asked('/rpc/studies/stop?data=%7B%7D')
    expect([status, parsed(text)]).toMatchObject([405, { json: { code: 'invalid-input' } }])
  })

  test.each([
    [
      'beyond 8 MB',
      413,
      { 'content-length': bodyLimit + 1 },
      `request: expected a body of at most ${bodyLimit} bytes, got ${bodyLimit + 1}`,
    ],
    ['without its length', 411, { 'transfer-encoding': 'chunked' }, 'request: expected a body that states its length, got one without'],
  ])('a body %s is refused with %d in the contract’s form', async (_name, expected, headers, message) => {
    const body = Buffer.alloc(bodyLimit + 1, 32)
    const { status, text } = await asked('/rpc/studies/get', { method: 'POST', headers: { ...json, ...headers }, body })
    expect([status, parsed(text)]).toMatchObject([expected, { json: { code: 'invalid-input', message, data: { message } } }])
  })
})

describe('reports', () => {
  test('a report is served as a page that can run nothing and load nothing', async () => {
    const { status, headers, text } = await asked('/reports/0a1b?lang=ja&theme=dark')
    expect([status, text]).toEqual([200, '<!doctype html><title>鏡</title>'])
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    )
  })

  test('a refused report is a sentence with the code’s status', async () => {
    const { status, text } = await asked('/reports/0a1b?lang=fr')
    expect(status).toBe(400)
    expect(text).toMatch(/reports\.language: expected one of en, ja, got &quot;fr&quot;/)
    expect((await asked('/reports/')).status).toBe(404)
  })
})

describe('life', () => {
  test('a port that is taken is a conflict that names it', async () => {
    const second = startServer({ router: createSampleRouter(), port: server.port, page: null, token: 't', log: () => undefined })
    await expect(second).rejects.toMatchObject({
      code: 'conflict',
      message: `port: expected a free port, got ${server.port}, which another program holds`,
    })
  })

  test.each([-1, 65_536, 1.5, Number.NaN])('port %d is refused', async (port) => {
    const refused = startServer({ router: createSampleRouter(), port, page: null, token: 't', log: () => undefined })
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-input',
      message: `port: expected a whole number in 0 … 65535, got ${port}`,
    })
  })

  test('close lets a running call hear it, ends idle connections, frees the port, and can be called twice', async () => {
    const { router, witness } = createTestRouter()
    const own = await startServer({ router, port: 0, page: null, token: 't', log: () => undefined })
    const entry = await ask(own.port, '/?token=t')
    const given = entry.headers['set-cookie']?.[0]?.split(';')[0]
    const idle = connect(own.port, '127.0.0.1')
    await once(idle, 'connect')
    const call = ask(own.port, '/rpc/runs/hang', {
      method: 'POST',
      headers: { cookie: given, 'content-type': 'application/json' },
      body: '{}',
    })
    await witness.started
    await Promise.all([own.close(), own.close()])
    await witness.ended
    expect((await call).status).toBe(200)
    const again = await startServer({ router, port: own.port, page: null, token: 't', log: () => undefined })
    await again.close()
    idle.destroy()
  })
})
