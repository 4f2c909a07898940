/**
 * Electron's binary: found, or fetched once. It is never imported to find out, since importing it without its binary starts a fetch that
 * nobody can see or stop.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A sentence for the person who waits. */
export type Say = (sentence: string) => void

export type Machine = { readonly platform: string; readonly env: Readonly<Record<string, string | undefined>> }

export type FetchSettings = {
  readonly root: string // the program's folder, with node_modules/electron
  readonly memory: string // a folder where a refusal is remembered
  readonly say: Say
  readonly stalledAfterMs?: number
}

const stalledAfterMs = 20_000
const lookMs = 500

/** Whether a window can be shown: on Linux an X or Wayland display must be named. */
export function hasDisplay({ platform, env }: Machine): boolean {
  if (platform !== 'linux') return true
  return (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== ''
}

/** The path of the binary, or null where it is not there. */
export function findBinary(root: string, env: Machine['env']): string | null {
  const package_ = join(root, 'node_modules', 'electron')
  const named = join(package_, 'path.txt')
  if (!existsSync(named)) return null
  const path = join(env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(package_, 'dist'), readFileSync(named, 'utf8').trim())
  return existsSync(path) ? path : null
}

/**
 * Fetches the binary by Electron's own installer, with a visible line; gives up after 20 s without progress. A refusal is remembered for this
 * version of Electron, so that the next start does not wait again; deleting the file that the sentence names tries again.
 */
export async function fetchBinary(settings: FetchSettings): Promise<string | null> {
  const { root, memory, say } = settings
  const refused = join(memory, `electron-${versionOf(root)}-refused`)
  if (existsSync(refused)) return null
  say('Fetching Electron for the desktop window, once (about 110 MB) …')
  const isFetched = await install(settings)
  const binary = isFetched ? findBinary(root, {}) : null
  if (binary !== null) return binary
  mkdirSync(memory, { recursive: true })
  writeFileSync(refused, 'Electron could not be fetched; delete this file to try again.\n')
  say(`Electron could not be fetched, so the workbench opens in a browser. To try again, delete ${refused}`)
  return null
}

function versionOf(root: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}

/** Runs the installer with a temporary folder of its own, whose growth is the progress. */
function install({ root, memory, stalledAfterMs: patience = stalledAfterMs }: FetchSettings): Promise<boolean> {
  const temporary = join(memory, 'electron-fetch')
  mkdirSync(temporary, { recursive: true })
  const child = spawn(process.execPath, [join(root, 'node_modules', 'electron', 'install.js')], {
    stdio: 'ignore',
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
  })
  return new Promise((resolve) => {
    let bytes = sizeOf(temporary)
    let still = 0
    const timer = setInterval(() => {
      const now = sizeOf(temporary)
      still = now === bytes ? still + lookMs : 0
      bytes = now
      if (still >= patience) child.kill('SIGKILL')
    }, lookMs)
    const end = (isFetched: boolean) => {
      clearInterval(timer)
      rmSync(temporary, { recursive: true, force: true })
      resolve(isFetched)
    }
    child.once('error', () => end(false))
    child.once('exit', (code) => end(code === 0))
  })
}

/** Bytes below a folder; what vanishes while it is counted counts as nothing. */
function sizeOf(folder: string): number {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(folder, entry.name)
      return sum + (entry.isDirectory() ? sizeOf(path) : statSync(path).size)
    }, 0)
  } catch {
    return 0 // the installer removed it between two looks
  }
}
