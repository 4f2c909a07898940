/**
 * The peers' Python: a virtual environment in the user's folder of caches, made at the first use.
 *
 * It is made beside its place and renamed into it when it is whole, with the file `installed` in it. So the place is empty, or holds a whole one; what a
 * process left that was killed meanwhile is removed by the next.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import { lastLine, runChild, type Command } from './runChild.ts'
import { versionOf } from './python.ts'

export type PeersPython = {
  readonly python: string
  readonly version: string
  readonly missing: Readonly<Record<string, string>> // peer → the sentence why this platform has none
}

type Place = {
  readonly folder: string
  readonly scripts: string // where install.py and the requirements are
  readonly findPython: () => Promise<Command>
  readonly say: (sentence: string) => void
  readonly signal?: AbortSignal
}

const proofSchema = z.strictObject({ wanted: z.string(), missing: z.record(z.string(), z.string()) })
const toldSchema = z.record(z.string(), z.string().nullable())

/** The user's folder for what can be fetched again. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>, platform: string, home: string): string {
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'Kagami')
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Kagami', 'Cache')
  const xdg = env['XDG_CACHE_HOME'] // the standard says that a relative one is to be ignored
  return join(xdg !== undefined && xdg.startsWith('/') ? xdg : join(home, '.cache'), 'kagami')
}

/**
 * The peers' Python, installed when it is not there, is of another version of this program, or does not run any more.
 * Fails: 'engine-unavailable' without Python, network or room, 'cancelled' when `signal` stops it; then nothing is left of it.
 */
export async function preparePeers(place: Place): Promise<PeersPython> {
  const wanted = wantedOf(place.scripts)
  const found = await installedIn(place.folder, wanted)
  if (found !== null) return found
  removeLeftovers(place.folder)
  await install(place, wanted)
  const made = await installedIn(place.folder, wanted)
  if (made === null) throw new Refusal('engine-unavailable', `peers: expected a Python that runs in ${quote(place.folder, 300)}, got none`)
  return made
}

/** Names what is to be installed by the bytes of the script that does it and of the lists that it reads. */
function wantedOf(scripts: string): string {
  const hash = createHash('sha256')
  const files = readdirSync(scripts).filter((name) => name === 'install.py' || name.startsWith('requirements'))
  for (const name of files.sort()) hash.update(`${name}\n`).update(readFileSync(join(scripts, name)))
  return hash.digest('hex')
}

async function installedIn(folder: string, wanted: string): Promise<PeersPython | null> {
  const proof = proofIn(folder)
  if (proof?.wanted !== wanted) return null
  const python = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')
  const version = await versionOf([python])
  return version === null ? null : { python, version, missing: proof.missing }
}

function proofIn(folder: string): z.infer<typeof proofSchema> | null {
  try {
    return proofSchema.parse(JSON.parse(readFileSync(join(folder, 'installed'), 'utf8')))
  } catch {
    return null // not there, or not one of ours
  }
}

async function install({ folder, scripts, findPython, say, signal }: Place, wanted: string): Promise<void> {
  const python = await findPython()
  const part = `${folder}.part-${process.pid}`
  say(
    `Installing PyTorch, JAX and TensorFlow into ${folder}, once. It takes some minutes; on Linux 1.2 GB are fetched and 3.6 GB stay on the disk.`,
  )
  try {
    mkdirSync(dirname(folder), { recursive: true })
    const ended = await runChild(python, ['-E', '-s', '-B', join(scripts, 'install.py'), part], signal === undefined ? {} : { signal })
    if (signal?.aborted === true) throw new Refusal('cancelled', 'peers: stopped; nothing was installed')
    if (ended?.status !== 0) throw new Refusal('engine-unavailable', failureSentence(ended?.stderr ?? ''))
    const told = Object.entries(toldSchema.parse(JSON.parse(lastLine(ended.stdout))))
    const missing = Object.fromEntries(told.flatMap(([peer, sentence]) => (sentence === null ? [] : [[peer, sentence]])))
    writeFileSync(join(part, 'installed'), JSON.stringify({ wanted, missing } satisfies z.infer<typeof proofSchema>))
    if (existsSync(folder)) renameSync(folder, `${part}-before`)
    renameSync(part, folder)
    say('Installed.')
  } finally {
    for (const left of [part, `${part}-before`]) rmSync(left, { recursive: true, force: true })
  }
}

/** What an installation said that failed, as one sentence. */
export function failureSentence(stderr: string): string {
  const nothing = 'nothing was installed'
  if (/No space left|ENOSPC|Errno 28/.test(stderr)) return `peers: expected 3.6 GB of room on the disk, got a full one; ${nothing}`
  if (/NewConnectionError|ConnectionError|Timeout|ProxyError|NameResolution|Retrying/.test(stderr))
    return `peers: expected an answer from the index of Python's packages, got none; ${nothing}, try again with a network`
  return `peers: expected packages for this platform and Python, got ${quote(lastLine(stderr), 300)}; ${nothing}`
}

/** Removes what installations left that were killed. */
function removeLeftovers(folder: string): void {
  const prefix = `${basename(folder)}.part-`
  if (!existsSync(dirname(folder))) return
  for (const name of readdirSync(dirname(folder))) {
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    if (name.startsWith(prefix) && !isAlive(pid)) rmSync(join(dirname(folder), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' // it lives, and belongs to another user
  }
}
