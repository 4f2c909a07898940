/**
 * What a newcomer does in the first minutes, in both languages, against the real program: start a preset, see the curves move, read the
 * verdict, compare, open the report. axe finds nothing in either theme, and the console stays silent. One training serves both languages:
 * the second window finds the study that the first one started, and starts it again when it has ended.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Cookie, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium, withoutChromium } from '#core/testing/browser.ts'
import { findings, serveProject, type Served } from '#core/testing/servedPage.ts'
import common from '../../../resources/messages/en/common.json' with { type: 'json' }
import commonJa from '../../../resources/messages/ja/common.json' with { type: 'json' }
import en from '../../../resources/messages/en/page.json' with { type: 'json' }
import ja from '../../../resources/messages/ja/page.json' with { type: 'json' }

const pictures = process.env['KAGAMI_PICTURES'] // a folder for the README's pictures; none are kept otherwise

const languages = [
  { locale: 'en', words: en.page, shared: common },
  { locale: 'ja', words: ja.page, shared: commonJa },
] as const

/** A window of one language, and what its console complained of. */
type Window = (typeof languages)[number] & { readonly context: BrowserContext; readonly page: Page; readonly complaints: readonly string[] }

/** `cookies` are those of a window before: the token in the printed address opens it once. */
async function openWindow(
  browser: Browser,
  url: string,
  { cookies = [], ...language }: (typeof languages)[number] & { cookies?: Cookie[] },
): Promise<Window> {
  const context = await browser.newContext({ locale: language.locale, viewport: { width: 1280, height: 800 } })
  await context.addCookies(cookies)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void (['error', 'warning'].includes(message.type()) && complaints.push(message.text())))
  page.on('pageerror', (error) => void complaints.push(error.message))
  await page.goto(url)
  await playButton({ page, ...language }).waitFor()
  await offersToGiveData({ page, ...language })
  expect(await findings(page)).toEqual([])
  return { ...language, context, page, complaints }
}

function playButton({ page, words }: Pick<Window, 'page' | 'words'>) {
  return page.getByRole('article', { name: words.home.cards['diabetes-lasso'] }).getByRole('button', { name: words.home.play })
}

/** A preset without its data cannot be run at once: its card says which files it needs, and leads to its text. */
async function offersToGiveData({ page, words }: Pick<Window, 'page' | 'words'>): Promise<void> {
  const card = page.getByRole('article').filter({ hasText: 'mnist-structure' })
  expect(await card.innerText()).toContain('train-images-idx3-ubyte.gz')
  expect(await card.getByRole('button').count()).toBe(0)
  expect(await card.getByRole('link', { name: words.home.give }).getAttribute('href')).toBe('/new?from=mnist-structure')
}

/** A picture for the README, where a folder is named for them. */
async function picture({ page, locale }: Window, name: string, whole = false): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name.replace('LOCALE', locale)}.png`), fullPage: whole })
}

async function seesCurvesMove(window: Window): Promise<void> {
  const { page, words } = window
  await page.getByRole('progressbar', { name: words.study.progress }).waitFor()
  const chart = page.getByRole('img').first()
  await page.waitForFunction((element) => /\d/.test(element?.getAttribute('aria-label') ?? ''), await chart.elementHandle())
  const first = await chart.getAttribute('aria-label')
  if (pictures !== undefined) await page.waitForTimeout(4_000) // a picture of a study under way; nothing is asserted on it
  await picture(window, 'study-running-LOCALE')
  await expect.poll(() => chart.getAttribute('aria-label'), { timeout: 60_000, interval: 250 }).not.toBe(first)
}

async function readsVerdict({ page, words, shared }: Window): Promise<void> {
  const verdict = page.getByRole('region', { name: words.study.verdict })
  await verdict.getByText(new RegExp(`^\\S+ ${words.verdict.holds}$`)).waitFor({ timeout: 90_000 }) // a sign, then the word
  const answer = await verdict.innerText()
  expect(answer).toContain('40')
  expect(answer).not.toContain(shared.verdict.fails)
}

async function seesBothThemes(window: Window): Promise<void> {
  const { page, words } = window
  for (const theme of ['dark', 'light'] as const) {
    const name = words.themes[theme]
    await page.emulateMedia({ reducedMotion: 'reduce' }) // a colour on its way is of neither theme
    await page.getByRole('button', { name }).or(page.getByRole('radio', { name })).first().click()
    expect(await findings(page)).toEqual([])
    await picture(window, `study-LOCALE-${theme}`)
  }
}

async function comparesAndReports({ page, words, context }: Window): Promise<void> {
  await page.getByRole('tab', { name: words.tabs.compare }).click()
  await page.getByRole('table').first().waitFor()
  expect(await findings(page)).toEqual([])

  const [report] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: words.study.report }).click()])
  await report.waitForLoadState()
  expect(await report.locator('svg').count()).toBeGreaterThanOrEqual(3)
  expect(await report.getByRole('table').count()).toBeGreaterThanOrEqual(3)
  expect(await findings(report)).toEqual([])
}

describe.skipIf(chromiumPath === null)(`first minute${chromiumPath === null ? ` (${withoutChromium})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kagami-first-minute-'))
  let browser: Browser
  let served: Served
  beforeAll(async () => {
    browser = await launchChromium()
    served = await serveProject(join(folder, 'first.kagami'))
  })
  afterAll(async () => {
    await browser.close()
    await served.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a preset runs to its verdict and its report, in a window of each language', async () => {
    const english = await openWindow(browser, served.url, languages[0])
    const cookies = await english.context.cookies()
    const japanese = await openWindow(browser, new URL('/', served.url).href, { ...languages[1], cookies })
    await playButton(english).click()
    await japanese.page.getByRole('region', { name: japanese.words.home.latest }).getByRole('link').first().click() // it appears by itself
    const windows = [english, japanese]
    await Promise.all(windows.map(seesCurvesMove))
    await Promise.all(windows.map(readsVerdict))

    await japanese.page.goBack()
    await playButton(japanese).click() // a study that has ended opens again and trains nothing
    await readsVerdict(japanese)
    for (const window of windows) {
      await picture(window, 'study-LOCALE', true)
      await seesBothThemes(window)
      await comparesAndReports(window)
      expect(window.complaints).toEqual([])
      await window.context.close()
    }
  })
})
