import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mediaType, pageFile, pagePolicy, reportOf, reportPolicy, sentencePage } from './page.ts'

describe('pageFile', () => {
  test.each([
    ['/', 'index.html'],
    ['/index.html', 'index.html'],
    ['/assets/index-B1x_2.js', 'assets/index-B1x_2.js'],
    ['/runs/compare', 'index.html'],
    ['/studies/%E9%8F%A1', 'index.html'],
    ['/%E9%8F%A1.svg', '鏡.svg'],
  ])('%s means %s', (address, file) => {
    expect(pageFile(address)).toBe(file)
  })

  test.each([
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/a/..%2f..%2fsecret.js',
    '/..%5csecret.js',
    '/a\\b.js',
    '/.env',
    '/a/.git/config.js',
    '/C:/a.js',
    '/a.js:b.js',
    '/a%00.js',
    '/%zz.js',
    'a.js',
    '//host/a.js',
    '/a//b.js',
  ])('%s means no file', (address) => {
    expect(pageFile(address)).toBeNull()
  })

  test('no address climbs out of the folder', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '%2e', '%2f', '%5c', '/', '\\', 'a', 'b.js'), fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const file = pageFile(`/${parts.join('')}`)
        const names = file?.split('/') ?? []
        expect(names.some((name) => name === '..' || name === '' || /[\\:\0]/.test(name))).toBe(false)
      }),
    )
  })
})

describe('page', () => {
  test('an unknown file is bytes', () => {
    expect([mediaType('a.exe'), mediaType('a.JS')]).toEqual(['application/octet-stream', 'text/javascript; charset=utf-8'])
  })

  test('neither policy lets an inline script run or another site in', () => {
    expect(pagePolicy).toContain("script-src 'self';")
    expect(pagePolicy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/)
    expect(reportPolicy).not.toMatch(/script-src|https?:|\*|'self'/)
  })

  test('a report is asked for by study, language and theme', () => {
    const query = new Map([['lang', 'ja']])
    const parameter = (name: string): string | null => query.get(name) ?? null
    expect(reportOf('/reports/0a1b', parameter)).toEqual({ study: '0a1b', language: 'ja', theme: 'light' })
    expect(reportOf('/report', parameter)).toBeNull()
    query.set('lang', 'fr')
    expect(() => reportOf('/reports/0a1b', parameter)).toThrow('reports.language: expected one of en, ja, got "fr"')
    expect(() => reportOf('/reports/%2e%2e', parameter)).toThrow(/^reports\.study: expected text like/)
  })

  test('a sentence from outside is text on the page', () => {
    expect(sentencePage({ en: '<script>', ja: '鏡' })).toContain('&lt;script&gt;')
  })
})
