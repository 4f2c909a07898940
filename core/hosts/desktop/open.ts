/** Opens the desktop window where there can be one. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '#core/contract/errors.ts'
import { fetchBinary, findBinary, hasDisplay, type Machine, type Say } from './binary.ts'

export type DesktopSettings = { readonly root: string; readonly project: string | undefined; readonly machine: Machine; readonly say: Say }

/** Runs the window until it is closed and gives its exit status; null where there can be none, after one sentence that says why. */
export async function openDesktop({ root, project, machine, say }: DesktopSettings): Promise<number | null> {
  if (!hasDisplay(machine)) {
    say('No display found: the workbench opens in a browser.')
    return null
  }
  const memory = join(root, '.build')
  const binary = findBinary(root, machine.env) ?? (await fetchBinary({ root, memory, say }))
  if (binary === null) return null
  await prepareBundle(root, say)
  const status = await run(binary, [root, ...(project === undefined ? [] : [`--project=${project}`])], machine.env)
  return status
}

/** Bundles main process, preload, trainer and page when their sources changed. */
async function prepareBundle(root: string, say: Say): Promise<void> {
  const stamp = join(root, 'out', 'sources.sha256')
  const hash = hashSources(root)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  say('Building the desktop application …')
  const status = await run(
    process.execPath,
    [join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js'), 'build', '--logLevel', 'warn'],
    process.env,
  )
  if (status !== 0) throw new Refusal('internal', `desktop: expected sources that can be built, got exit status ${status} of the build`)
  writeFileSync(stamp, hash)
}

const sources = ['electron', 'renderer', 'core', 'resources/messages', 'electron.vite.config.ts', 'package-lock.json'] as const

function hashSources(root: string): string {
  const hash = createHash('sha256')
  for (const file of sources.flatMap((source) => filesBelow(join(root, source)))) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return /\.test\.ts$/.test(path) ? [] : [path]
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => filesBelow(join(path, name)))
}

function run(program: string, args: readonly string[], env: Machine['env']): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...env } })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)))
  })
}
