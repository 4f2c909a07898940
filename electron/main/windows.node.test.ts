import type { MenuItemConstructorOptions, PrintToPDFOptions } from 'electron'
import { describe, expect, test } from 'vitest'
import { preventable, standInApp, standInWindow } from '#core/testing/electron/windows.ts'
import { menuTemplate } from './menu.ts'
import { printReport } from './print.ts'
import { guardQuit } from './quit.ts'
import { openPageWindow, openReportWindow } from './windows.ts'

type Made = ReturnType<typeof standInWindow>
const make = standInWindow as unknown as Parameters<typeof openReportWindow>[0] // four members of a window are used
const toldOf = (window: unknown): Made['told'] => (window as Made).told // what `make` made

describe('windows', () => {
  test('the page’s window is confined, loads our address, and is shown once drawn', async () => {
    const window = await openPageWindow(make, { preload: '/p.cjs', theme: 'dark', mayClose: () => true })
    expect(toldOf(window)).toMatchObject({
      address: 'kagami://app/',
      isShown: false,
      options: { show: false, webPreferences: { sandbox: true, preload: '/p.cjs' } },
    })
    ;(window as unknown as Made).emit('ready-to-show') // as above
    expect(toldOf(window).isShown).toBe(true)
  })

  test('it stays open while closing it is not allowed', async () => {
    let mayClose = false
    const window = (await openPageWindow(make, { preload: '/p.cjs', theme: 'light', mayClose: () => mayClose })) as unknown as Made // as above
    const closes = (): boolean => {
      const event = preventable()
      window.emit('close', event)
      return !event.defaultPrevented
    }
    expect(closes()).toBe(false)
    mayClose = true
    expect(closes()).toBe(true)
  })

  test('a report’s window has neither script nor preload', async () => {
    const window = await openReportWindow(make, 'kagami://app/reports/0a1b')
    expect(toldOf(window)).toMatchObject({
      address: 'kagami://app/reports/0a1b',
      options: { webPreferences: { javascript: false, sandbox: true } },
    })
  })
})

describe('printReport', () => {
  test('waits for the page, and prints A4 with backgrounds', async () => {
    const asked: PrintToPDFOptions[] = []
    let finish: () => void = () => undefined
    const contents = {
      isLoading: () => true,
      once: (_event: string, handler: () => void) => (finish = handler),
      printToPDF: async (options: PrintToPDFOptions) => {
        asked.push(options)
        return Buffer.from('%PDF')
      },
    }
    const printed = printReport(contents as unknown as Parameters<typeof printReport>[0]) // the three members that are used
    expect(asked).toEqual([])
    finish()
    expect((await printed).length).toBe(4)
    expect(asked).toMatchObject([{ pageSize: 'A4', printBackground: true }])
  })
})

describe('menuTemplate', () => {
  const menu = (platform: string, language: 'en' | 'ja') => menuTemplate({ platform, language, savePdf: () => undefined })
  const items = (template: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    template.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []))

  test.each(['linux', 'win32', 'darwin'])('on %s every common action has its role, in both languages', (platform) => {
    for (const language of ['en', 'ja'] as const) {
      const roles = items(menu(platform, language)).map(({ role }) => role)
      for (const role of ['copy', 'paste', 'selectAll', 'undo', 'redo', 'zoomIn', 'zoomOut', 'resetZoom', 'reload', 'close', 'quit'])
        expect(roles).toContain(role)
    }
  })

  test('in Japanese every item has a Japanese word', () => {
    for (const item of [...menu('darwin', 'ja'), ...items(menu('darwin', 'ja'))]) {
      if (item.type !== 'separator' && item.label !== 'Kagami')
        expect(item.label).toMatch(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u)
    }
  })
})

describe('guardQuit', () => {
  function desk({ busy, answer = true, fails = false }: { busy: boolean; answer?: boolean; fails?: boolean }) {
    const app = standInApp()
    const told: string[] = []
    const guard = guardQuit({
      app: app as unknown as Parameters<typeof guardQuit>[0]['app'], // `on` and `quit` are all it uses
      isBusy: () => busy,
      ask: async () => {
        told.push('asked')
        return answer
      },
      close: async () => {
        told.push('closed')
        if (fails) throw new Error('disk full')
      },
      log: (text) => told.push(text.split('\n')[0] ?? ''),
    })
    const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve)) // every promise above is kept by then
    return { app, told, guard, settled }
  }

  test('an idle program closes its project and quits without a question', async () => {
    const { app, told, settled } = desk({ busy: false })
    app.quit()
    expect(app.hasQuit()).toBe(false) // not before the project is closed
    await settled()
    expect([app.hasQuit(), told]).toEqual([true, ['closed']])
  })

  test('while runs train it asks, and quits after their checkpoints', async () => {
    const { app, told, settled } = desk({ busy: true })
    app.quit()
    app.quit() // a second wish while the question is open
    await settled()
    expect([app.hasQuit(), told]).toEqual([true, ['asked', 'closed']])
  })

  test('who wants to keep training keeps program and window, and is asked again next time', async () => {
    const { app, told, guard, settled } = desk({ busy: true, answer: false })
    expect(guard.mayClose()).toBe(false)
    await settled()
    expect([app.hasQuit(), told]).toEqual([false, ['asked']])
    app.quit()
    await settled()
    expect(told).toEqual(['asked', 'asked'])
  })

  test('closing the window quits, and is allowed once all is closed', async () => {
    const { app, guard, settled } = desk({ busy: false })
    expect(guard.mayClose()).toBe(false)
    await settled()
    expect([app.hasQuit(), guard.mayClose()]).toEqual([true, true])
  })

  test('a project that cannot be closed is told and keeps nobody in', async () => {
    const { app, told, settled } = desk({ busy: false, fails: true })
    app.quit()
    await settled()
    expect([app.hasQuit(), told]).toEqual([true, ['closed', 'closing the project: Error: disk full']])
  })
})
