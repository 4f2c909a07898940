/** The two kinds of window: the workbench's page, and a report. */
import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron'
import { pageAddress, pagePreferences, reportPreferences } from './security.ts'

type Shown = Pick<BrowserWindow, 'loadURL' | 'once' | 'show' | 'on'>
type Make<W> = (options: BrowserWindowConstructorOptions) => W

/** The background of `tokens.css` in either theme, so that a new window does not flash. */
const backgrounds = { light: '#f7f7f5', dark: '#15171a' } as const

export type PageWindowSettings = {
  readonly preload: string
  readonly theme: 'light' | 'dark'
  /** Asked when the user closes the window; where it answers false the window stays, and whoever asked decides what happens. */
  readonly mayClose: () => boolean
}

/** Opens the workbench; the window is shown once there is something to see. */
export async function openPageWindow<W extends Shown>(make: Make<W>, { preload, theme, mayClose }: PageWindowSettings): Promise<W> {
  const window = make({
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 640,
    show: false,
    title: 'Kagami',
    backgroundColor: backgrounds[theme],
    webPreferences: pagePreferences(preload),
  })
  window.once('ready-to-show', () => window.show())
  window.on('close', (event) => {
    if (!mayClose()) event.preventDefault()
  })
  await window.loadURL(pageAddress)
  return window
}

/** Opens a report in a window without script, preload or port; `address` is one of the scheme's `/reports/…`. */
export async function openReportWindow<W extends Shown>(make: Make<W>, address: string): Promise<W> {
  const window = make({
    width: 1000,
    height: 1200,
    show: false,
    title: 'Kagami',
    backgroundColor: backgrounds.light,
    webPreferences: reportPreferences(),
  })
  window.once('ready-to-show', () => window.show())
  await window.loadURL(address)
  return window
}
