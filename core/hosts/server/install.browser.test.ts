/**
 * TensorFlow's installation on the page, in both languages, against the real program with a stand-in index and compiler: begun, reloaded, stopped, refused, removed.
 * axe finds nothing in either theme, and the console stays silent.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium, withoutChromium } from '#core/testing/browser.ts'
import { compilerIn, installationRecord, startIndex, wheelName, wheelOf, type Index } from '#core/testing/installer/standIns.ts'
import { findings, serveProject, type Served } from '#core/testing/servedPage.ts'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import en from '../../../resources/messages/en/page.json' with { type: 'json' }
import ja from '../../../resources/messages/ja/page.json' with { type: 'json' }

const isAble = chromiumPath !== null && process.platform === 'linux'

describe.skipIf(!isAble)(`TensorFlow on the page${chromiumPath === null ? ` (${withoutChromium})` : ''}`, () => {
  let place: TestFolder
  let index: Index
  let served: Served
  let browser: Browser
  let entry: string | null // the printed address opens one window; the others have its cookies
  let state: Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['storageState']>> | undefined
  beforeAll(async () => {
    place = temporaryFolder()
    compilerIn(place.folder, `[ -e ${JSON.stringify(place.path('slow'))} ] && exec sleep 60; echo "$@" > "$out"`)
    index = await startIndex([{ name: wheelName(), bytes: wheelOf() }])
    served = await serveProject(place.path('a.kagami'), { XDG_DATA_HOME: place.path('data'), KAGAMI_TENSORFLOW: '', PIP_INDEX_URL: index.url, PATH: `${place.folder}:${process.env['PATH'] ?? ''}`, CXX: '' }) // prettier-ignore
    entry = served.url
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await served.stop()
    await index.close()
    place.remove()
  })

  async function openEngines(locale: 'en' | 'ja', theme: 'light' | 'dark'): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ locale, colorScheme: theme, reducedMotion: 'reduce', ...(state === undefined ? {} : { storageState: state }) }) // prettier-ignore
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => void (['error', 'warning'].includes(message.type()) && complaints.push(message.text())))
    page.on('pageerror', (error) => void complaints.push(error.message))
    if (entry !== null) await page.goto(entry)
    entry = null
    state = await context.storageState()
    await page.goto(new URL('/engines', served.url).href)
    return { page, complaints }
  }

  /** A record, and a file of 2.5 MB beside it. */
  function plant(): void {
    const folder = join('data', 'kagami', 'engines')
    const name = 'tensorflow-2.21.0-cpu'
    mkdirSync(place.path(join(folder, name, 'lib')), { recursive: true })
    place.write(join(folder, name, 'lib', 'library'), new Uint8Array(2_500_000))
    place.write(join(folder, name, 'install.json'), JSON.stringify(installationRecord({ bytes: 2.5e6 })))
    place.write(join(folder, 'tensorflow.json'), JSON.stringify({ folder: name }))
  }

  test.each([
    ['en', 'light', en.page.install],
    ['ja', 'dark', ja.page.install],
  ] as const)('is begun, stopped, refused in a sentence, and removed: %s, %s', async (locale, theme, words) => {
    const { page, complaints } = await openEngines(locale, theme)
    const panel = page.getByRole('region', { name: words.title })
    const button = (name: string) => panel.getByRole('button', { name, exact: true })
    await panel.getByText(words.gives).waitFor()
    expect(await findings(page)).toEqual([])

    place.write('slow', '') // so long that the page can be reloaded, and the work stopped, in its middle
    await button(words.install).or(button(words.goOn)).press('Enter')
    const compiling = panel.locator('[aria-current=step]', { hasText: words.stages.compile })
    await compiling.waitFor()
    expect(await page.locator(':focus').getAttribute('id')).toBe('installation-title') // the button has gone
    await page.reload()
    await compiling.waitFor()
    expect(await panel.getByRole('progressbar').getAttribute('aria-valuetext')).toContain(words.stages.compile)
    expect(await findings(page)).toEqual([])
    await panel.getByRole('button', { name: words.cancel }).click()
    await panel.getByText(words.stopped).waitFor()

    rmSync(place.path('slow')) // what the compiler writes now is no addon: the proof, in a trainer of its own, finds that out
    await button(words.goOn).or(button(words.install)).click()
    await panel.getByRole('alert').getByText(words.notDone).waitFor()
    expect(await panel.getByRole('alert').innerText()).toContain('engine install: expected a product as float64 has it, got: tensorflow: expected an addon that loads') // prettier-ignore
    expect(await findings(page)).toEqual([])

    await panel.getByText(words.more).click()
    await panel.getByLabel(words.from).fill('other.whl')
    await button(words.install).or(button(words.goOn)).click()
    await panel.getByText('from: expected the absolute path of a wheel, got "other.whl"').waitFor()

    plant()
    await page.reload()
    await panel.getByText('100 GFLOP/s', { exact: false }).waitFor()
    expect(await findings(page)).toEqual([])
    await button(words.remove).press('Enter')
    await page.keyboard.press('Escape') // the focus is on the harmless answer
    expect((await page.locator(':focus').innerText()).trim()).toBe(words.remove)
    await page.keyboard.press('Enter')
    expect(await findings(page)).toEqual([])
    await button(words.removeYes).click()
    await panel.getByText(words.gives).waitFor()
    expect(await panel.getByRole('status').innerText()).toMatch(/2\.[5-9]/) // MB: the file beside the record, and what was fetched
    expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([]) // Chromium itself tells of a refused call
    await page.context().close()
  })
})
