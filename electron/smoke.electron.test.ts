/** The desktop program itself, where Electron's binary and a display exist; elsewhere the reason stands in the test's name. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { _electron } from 'playwright-core'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
const names: Partial<Record<string, string>> = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }
const binary = join(root, 'node_modules/electron/dist', names[process.platform] ?? 'electron')

/** Null where the program can be started. Electron is never imported to find out: its package would fetch the binary. */
function reasonToSkip(): string | null {
  if (!existsSync(binary)) return 'node_modules/electron/dist holds no binary'
  const hasDisplay = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'])
  return hasDisplay ? null : 'there is no display'
}

const reason = reasonToSkip()

describe(`desktop program${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  test.skipIf(reason !== null)('opens a confined window with the page, and the page reaches the workbench', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kagami-smoke 鏡-'))
    await promisify(execFile)(process.execPath, [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build'], { cwd: root })
    const { main } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { main: string } // ours
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [] // Chromium refuses to be root with one
    const args = [...sandbox, `--user-data-dir=${join(folder, 'data')}`, `--project=${join(folder, 'smoke.kagami')}`, join(root, main)]
    const program = await _electron.launch({ executablePath: binary, args })
    try {
      const page = await program.firstWindow()
      expect(page.url()).toMatch(/^kagami:\/\/app\//)
      await page.getByRole('heading').first().waitFor() // drawn only with an answer from the workbench
      expect(await page.evaluate('typeof require + typeof process + typeof module')).toBe('undefinedundefinedundefined')
      expect(await page.evaluate("fetch('https://example.org/').then(() => 'loaded', () => 'refused')")).toBe('refused')
      expect(await page.evaluate("window.open('https://example.org/') === null")).toBe(true)
    } finally {
      await program.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
