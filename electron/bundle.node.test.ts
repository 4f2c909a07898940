import { execFile } from 'node:child_process'
import { readFile, readdir, rm } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standInUtility } from '#core/testing/electron/utility.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { runJob } from '#core/trainer/parent.ts'
import { desktopInstaller } from './main/installer.ts'
import { utilityLauncher } from './main/launcher.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const part = `.build/desktop-${process.pid}` // inside the program: a bundle finds its packages above itself
const out = join(root, part)

beforeAll(async () => {
  const builder = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  await promisify(execFile)(process.execPath, [builder, 'build', '--logLevel', 'warn'], {
    cwd: root,
    env: { ...process.env, KAGAMI_OUT: part },
  })
})
afterAll(() => rm(out, { recursive: true, force: true }))

async function codeBelow(folder: string): Promise<string> {
  const names = await readdir(join(out, folder), { recursive: true })
  const texts = await Promise.all(names.filter((name) => name.endsWith('js')).map((name) => readFile(join(out, folder, name), 'utf8')))
  return texts.join('\n')
}

/** What a module asks Node for, now or when it gets there; only whole lines, since code also holds texts that look like an import. */
function importsOf(code: string): string[] {
  const atTop = code.matchAll(/^import (?:[\w$*{}, ]+ from )?"([^"]+)";$/gm)
  const later = code.matchAll(/\bimport\("([^"]+)"\)/g)
  return [...new Set([...atTop, ...later].map(([, name = '']) => name))]
}

describe('desktop bundle', () => {
  test('the preload is CommonJS and asks for electron alone', async () => {
    const code = await readFile(join(out, 'preload', 'index.cjs'), 'utf8')
    expect(importsOf(code)).toEqual([])
    expect([...code.matchAll(/require\(["']([^"']+)["']\)/g)].map(([, name]) => name)).toEqual(['electron'])
    expect(await readdir(join(out, 'preload'))).toEqual(['index.cjs'])
  })

  test('native addons and engines stay packages, and nothing else is missing', async () => {
    const packages = importsOf(await codeBelow('main')).filter((name) => !name.startsWith('.') && !isBuiltin(name)) // fflate names Node's modules without `node:`
    expect(packages).toEqual(expect.arrayContaining(['electron', 'better-sqlite3']))
    for (const name of packages) expect(name).toMatch(/^(electron|better-sqlite3|webgpu|@tensorflow\/.+)$/)
  })

  test('every module of it can be read: none declares a name that the bundler declares, too', async () => {
    const names = (await readdir(join(out, 'main'), { recursive: true })).filter((name) => name.endsWith('.js'))
    const complaints = await Promise.all(
      names.map((name) =>
        promisify(execFile)(process.execPath, ['--check', join(out, 'main', name)]).then(
          () => '',
          (error: unknown) => `${name}: ${String(error)}`,
        ),
      ),
    )
    expect(complaints.filter((text) => text !== '')).toEqual([])
  })

  test('only the main process’s entry asks for electron', async () => {
    expect(importsOf(await readFile(join(out, 'main', 'trainer.js'), 'utf8'))).not.toContain('electron')
  })

  test('the page has no inline script, so that its policy lets it run', async () => {
    const html = await readFile(join(out, 'renderer', 'index.html'), 'utf8')
    expect(html).toMatch(/<script type="module" crossorigin src="\/assets\//)
    expect(html.match(/<script(?![^>]* src=)/g)).toBeNull()
  })

  test('the bundled trainer proves an engine by a timed product', async () => {
    const shim = join(root, 'core/testing/electron/parentPort.ts')
    const launcher = utilityLauncher({
      fork: (entry, args, options) => standInUtility(shim, [entry, ...args], options),
      entry: join(out, 'main', 'trainer.js'),
      kill: (pid, signal) => process.kill(pid, signal),
      platform: process.platform,
    })
    const end = await runJob({ launcher, spec: { kind: 'prove', engine: 'wasm' }, folder: out, clock: monotonicClock, on: {} }).finished
    expect(end).toMatchObject({ kind: 'ended', result: { kind: 'prove', proof: { engine: 'wasm', available: true } } })
  })

  test.skipIf(process.platform !== 'linux')('the bundled installer answers (skipped but on Linux, where it installs)', async () => {
    const before = process.env['XDG_DATA_HOME']
    process.env['XDG_DATA_HOME'] = join(out, 'data') // never the user's own
    try {
      const shim = join(root, 'core/testing/electron/parentPort.ts')
      const installer = desktopInstaller({
        fork: (entry, args, options) => standInUtility(shim, [entry, ...args], options),
        entry: join(out, 'main', 'installer.js'),
        root,
        launcher: () => {
          throw new Error('nothing is proved here')
        },
      })
      expect(await installer.remove().finished).toBe(0)
      expect(await installer.state()).toMatchObject({ installed: null, needs: { folder: join(out, 'data', 'kagami', 'engines') } })
      const gone = installer.install({ variant: 'cpu', from: join(out, 'gone.whl') }, () => undefined)
      await expect(gone.finished).rejects.toThrow(/^(--from: expected a wheel, got|compiler: expected)/)
    } finally {
      if (before === undefined) delete process.env['XDG_DATA_HOME']
      else process.env['XDG_DATA_HOME'] = before
    }
  })
})
