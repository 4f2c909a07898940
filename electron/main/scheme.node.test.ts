import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { ReportRequest } from '#core/contract/index.ts'
import { privilegedScheme, serveScheme } from './scheme.ts'

let folder: string
let handle: (request: Request) => Promise<Response>
const asked: ReportRequest[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kagami-scheme 鏡-'))
  await mkdir(join(folder, 'renderer', 'assets'), { recursive: true })
  await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html><title>Kagami</title>')
  await writeFile(join(folder, 'renderer', 'assets', 'a.js'), 'export {}')
  await writeFile(join(folder, 'secret.js'), 'secret')
  handle = serveScheme({
    folder: join(folder, 'renderer'),
    makeReport: async (request) => {
      asked.push(request)
      if (request.study === 'gone') throw new Refusal('not-found', 'study: expected one of this project, got "gone"')
      return { html: '<!doctype html><title>鏡</title>' }
    },
  })
})
afterAll(() => rm(folder, { recursive: true }))

const get = (address: string, method = 'GET'): Promise<Response> => handle(new Request(address, { method }))

describe('kagami://app', () => {
  test('serves the page and its files under the page’s policy', async () => {
    const page = await get('kagami://app/')
    expect(await page.text()).toBe('<!doctype html><title>Kagami</title>')
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; /)
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await get('kagami://app/assets/a.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(await (await get('kagami://app/compare/0a1b')).text()).toContain('Kagami')
  })

  test.each([
    'kagami://app/../secret.js',
    'kagami://app/%2e%2e/secret.js',
    'kagami://app/..%2fsecret.js',
    'kagami://app/assets/..%5c..%5csecret.js',
    'kagami://app//etc/passwd.js',
    'kagami://app/missing.js',
    'kagami://other/index.html',
    'https://app/index.html',
  ])('%s is not found', async (address) => {
    const response = await get(address)
    expect([response.status, await response.text()]).toEqual([404, 'no such file\n'])
  })

  test('only reading is possible', async () => {
    expect((await get('kagami://app/', 'POST')).status).toBe(404)
  })

  test('a report is made by the contract and can load nothing', async () => {
    const response = await get('kagami://app/reports/0a1b?lang=ja&theme=dark')
    expect(await response.text()).toBe('<!doctype html><title>鏡</title>')
    expect(asked.at(-1)).toEqual({ study: '0a1b', language: 'ja', theme: 'dark' })
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:;/,
    )
  })

  test('a refused report is a sentence', async () => {
    const response = await get('kagami://app/reports/gone')
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('study: expected one of this project')])
    expect((await get('kagami://app/reports/0a1b?lang=xx')).status).toBe(400)
  })

  test('the scheme may fetch and is secure, and does not bypass the policy', () => {
    expect(privilegedScheme).toMatchObject({ scheme: 'kagami', privileges: { standard: true, secure: true } })
    expect(privilegedScheme.privileges?.bypassCSP).toBeUndefined()
  })
})
