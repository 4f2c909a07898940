/**
 * What a newcomer does in the first minutes, in both languages, against the real program: start a preset, see the curves move, read the
 * verdict, compare, open the report. axe finds nothing in either theme, and the console stays silent.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium, withoutChromium } from '#core/testing/browser.ts'
import common from '../../../resources/messages/en/common.json' with { type: 'json' }
import commonJa from '../../../resources/messages/ja/common.json' with { type: 'json' }
import en from '../../../resources/messages/en/page.json' with { type: 'json' }
import ja from '../../../resources/messages/ja/page.json' with { type: 'json' }
import { root } from '../node.ts'

const pictures = process.env['KAGAMI_PICTURES'] // a folder for the README's pictures; none are kept otherwise

type Served = { readonly url: string; readonly stop: () => Promise<void> }

/** The program as a user starts it, on a project of its own. */
async function serve(folder: string): Promise<Served> {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'core', 'hosts', 'start.mjs'), 'serve', join(folder, 'first.kagami')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = createInterface({ input: child.stderr ?? process.stdin })
  for await (const line of lines) {
    const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(line)?.[0]
    if (url !== undefined)
      return { url, stop: () => new Promise((resolve) => (child.once('exit', () => resolve()), child.kill('SIGTERM'))) }
  }
  throw new Error('the program ended before it said its address')
}

/** Serious findings of axe on the page as it is. */
async function findings(page: Page): Promise<unknown> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } } // put there by the line above
    return (await axe.run()).violations.map(({ id, nodes }) => ({ id, html: nodes.map(({ html }) => html.slice(0, 200)) }))
  })
}

describe.skipIf(chromiumPath === null)(`first minute${chromiumPath === null ? ` (${withoutChromium})` : ''}`, () => {
  let browser: Browser
  beforeAll(async () => void (browser = await launchChromium()))
  afterAll(async () => browser.close())

  test.each([
    { locale: 'en', words: en.page, shared: common },
    { locale: 'ja', words: ja.page, shared: commonJa },
  ])('a preset runs to its verdict and its report ($locale)', async ({ locale, words, shared }) => {
    const folder = mkdtempSync(join(tmpdir(), 'kagami-first-minute-'))
    const served = await serve(folder)
    const context = await browser.newContext({ locale, viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    page.on('pageerror', (error) => void complaints.push(error.message))
    try {
      await page.goto(served.url)
      const card = page
        .locator('article, li, section')
        .filter({ hasText: words.home.cards['diabetes-lasso'] })
        .filter({ has: page.getByRole('button', { name: words.home.play }) })
        .last()
      expect(await findings(page)).toEqual([])
      await card.getByRole('button', { name: words.home.play }).click()

      const progress = page.getByRole('progressbar', { name: words.study.progress })
      await progress.waitFor()
      const chart = page.getByRole('img').first()
      await page.waitForFunction((element) => /\d/.test(element?.getAttribute('aria-label') ?? ''), await chart.elementHandle())
      const first = await chart.getAttribute('aria-label')
      if (pictures !== undefined) {
        await page.waitForTimeout(4_000) // a picture of a study under way; nothing is asserted on it
        await page.screenshot({ path: join(pictures, `study-running-${locale}.png`) })
      }
      await expect.poll(() => chart.getAttribute('aria-label'), { timeout: 60_000, interval: 250 }).not.toBe(first) // the curves move

      const verdict = page.getByRole('region', { name: words.study.verdict })
      await verdict.getByText(new RegExp(`^\\S+ ${words.verdict.holds}$`)).waitFor({ timeout: 90_000 }) // a sign, then the word
      const answer = await verdict.innerText()
      expect(answer).toContain('40')
      expect(answer).not.toContain(shared.verdict.fails)
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `study-${locale}.png`), fullPage: true })

      for (const theme of [words.themes.dark, words.themes.light]) {
        await page
          .getByRole('button', { name: theme })
          .or(page.getByRole('radio', { name: theme }))
          .first()
          .click()
        expect(await findings(page)).toEqual([])
        if (pictures !== undefined)
          await page.screenshot({ path: join(pictures, `study-${locale}-${theme === words.themes.dark ? 'dark' : 'light'}.png`) })
      }

      await page.getByRole('tab', { name: words.tabs.compare }).click()
      await page.getByRole('table').first().waitFor()
      expect(await findings(page)).toEqual([])

      const [report] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: words.study.report }).click()])
      await report.waitForLoadState()
      expect(await report.locator('svg').count()).toBeGreaterThanOrEqual(3)
      expect(await report.getByRole('table').count()).toBeGreaterThanOrEqual(3)
      expect(await findings(report)).toEqual([])
      expect(complaints).toEqual([])
    } finally {
      await context.close()
      await served.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
