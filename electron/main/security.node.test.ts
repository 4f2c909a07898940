import { describe, expect, test } from 'vitest'
import { preventable, standInApp, standInContents, standInSession } from '#core/testing/electron/windows.ts'
import { confineContents, confineSession, isOurPage, pagePreferences, reportPreferences } from './security.ts'

describe('windows’ rights', () => {
  const confined = {
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
    nodeIntegrationInSubFrames: false,
  }

  test('the page is sandboxed, isolated and without Node; its preload is the only bridge', () => {
    expect(pagePreferences('/out/preload/index.cjs')).toMatchObject({ ...confined, preload: '/out/preload/index.cjs' })
  })

  test('a report can run no script and has no preload', () => {
    const preferences = reportPreferences()
    expect(preferences).toMatchObject({ ...confined, javascript: false })
    expect(preferences).not.toHaveProperty('preload')
  })

  test.each([
    ['kagami://app/', true],
    ['kagami://app/compare/0a1b', true],
    ['kagami://app.evil/', false],
    ['kagami://evil/', false],
    ['https://app/', false],
    ['file:///app/', false],
    ['', false],
  ])('%j is our page: %j', (address, isOurs) => {
    expect(isOurPage(address)).toBe(isOurs)
  })
})

describe('confineSession', () => {
  const session = standInSession()
  confineSession(session as unknown as Parameters<typeof confineSession>[0]) // the four members that are used

  test.each(['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fileSystem', 'hid', 'serial', 'usb'])(
    '%s is denied',
    (permission) => {
      expect(session.isGranted(permission)).toBe(false)
    },
  )

  test.each([
    ['kagami://app/assets/index.js', true],
    ['data:font/woff2;base64,AAAA', true],
    ['blob:kagami://app/1', true],
    ['devtools://devtools/bundled/a.html', true],
    ['https://example.org/', false],
    ['http://127.0.0.1:80/', false],
    ['ws://127.0.0.1/', false],
    ['file:///etc/passwd', false],
    ['kagami://other/', false],
    ['blob:https://example.org/1', false],
  ])('%s loads: %j', (address, isLoaded) => {
    expect(session.isLoaded(address)).toBe(isLoaded)
  })
})

describe('confineContents', () => {
  function confined() {
    const opened: string[] = []
    const app = standInApp()
    confineContents(app as unknown as Parameters<typeof confineContents>[0], (address) => opened.push(address)) // `on` is all it uses
    const contents = standInContents()
    app.emit('web-contents-created', preventable(), contents)
    return { contents, opened }
  }

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])('%s is prevented', (name) => {
    expect(confined().contents.isPrevented(name)).toBe(true)
  })

  test.each([
    'https://example.org/',
    'kagami://app/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'about:blank',
    'kagami://app.evil/reports/1',
  ])('%s opens no window', (url) => {
    const { contents, opened } = confined()
    expect(contents.opens(url)).toBe('deny')
    expect(opened).toEqual([])
  })

  test('a report is opened by the program and not by the page', () => {
    const { contents, opened } = confined()
    expect(contents.opens('kagami://app/reports/0a1b?lang=ja')).toBe('deny')
    expect(opened).toEqual(['kagami://app/reports/0a1b?lang=ja'])
  })
})
