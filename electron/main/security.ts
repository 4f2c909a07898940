/** What a window may not do, whatever its page contains: leave, open, ask for devices, reach a network. */
import type { App, Session, WebContents, WebPreferences } from 'electron'

export const scheme = 'kagami'
export const pageAddress = `${scheme}://app/`

/** Compared as text: `URL` gives every scheme that it does not know the origin `null`. */
export function isOurPage(address: string): boolean {
  return address.startsWith(pageAddress)
}

/** For a window with our page. All of these but the first are Electron's defaults today; said here so that they stay. */
export function pagePreferences(preload: string): WebPreferences {
  return { preload, ...confined, javascript: true }
}

/** For a report: a page without a script, a preload or a port. */
export function reportPreferences(): WebPreferences {
  return { ...confined, javascript: false }
}

const confined = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false, // Chromium fetches its dictionaries
  devTools: true,
} as const satisfies WebPreferences

/** Every permission is refused, and every address outside the program: nothing of it needs a network. */
export function confineSession(session: Pick<Session, SessionParts>): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isInside(url) }))
}
type SessionParts = 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'webRequest'

/** The program's own addresses, and what a page makes in its own memory. */
const isInside = (address: string): boolean => /^(kagami:\/\/app\/|data:|blob:kagami:\/\/app\/|devtools:)/.test(address)

/**
 * No contents of any window navigate, open a window or attach a webview. A report's address that the page opens is handed to
 * `openReport`, which makes a window of its own for it.
 */
export function confineContents(app: Pick<App, 'on'>, openReport: (address: string) => void): void {
  app.on('web-contents-created', (_event, contents) => confine(contents, openReport))
}

function confine(contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>, openReport: (address: string) => void): void {
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith(`${pageAddress}reports/`)) openReport(url)
    return { action: 'deny' }
  })
}
