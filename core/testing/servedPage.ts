/** The program as a user starts it, in a browser: served on a project of its own, and what axe finds on its page. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { root } from '#core/hosts/root.ts'

export type Served = { readonly url: string; readonly child: ChildProcess; readonly stop: () => Promise<void> }

/** Serves `project`, with more in the program's environment. */
export async function serveProject(project: string, more: Readonly<Record<string, string>> = {}): Promise<Served> {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'core', 'hosts', 'start.mjs'), 'serve', project], {
    env: { ...process.env, ...more },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = createInterface({ input: child.stderr ?? process.stdin })
  for await (const line of lines) {
    const url = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(line)?.[0]
    if (url !== undefined)
      return { url, child, stop: () => new Promise((resolve) => (child.once('exit', () => resolve()), child.kill('SIGTERM'))) }
  }
  throw new Error('the program ended before it said its address')
}

/** Serious findings of axe on the page as it is. */
export async function findings(page: Page): Promise<unknown> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } } // put there by the line above
    return (await axe.run()).violations.map(({ id, nodes }) => ({ id, html: nodes.map(({ html }) => html.slice(0, 200)) }))
  })
}
