/**
 * Where an installed TensorFlow stands: in the user's folder of data, found by every project, in Node and in Electron.
 *
 *   ENGINES/tensorflow.json       names the folder that counts; replaced by one rename, so it is the old one or the new one
 *   ENGINES/tensorflow-VERSION-…  an installation: `lib/` with libraries and addon, `install.json`, licences
 *
 * The variable KAGAMI_TENSORFLOW names the folder of an installation instead: for one that several people share, and for one that is being proved.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { variant } from '#core/contract/engines.ts'
import { Refusal } from '#core/contract/errors.ts'

export const folderVariable = 'KAGAMI_TENSORFLOW'
export const addonName = 'tfjs_binding.node'

/** What an installation says of itself; `proof` comes when it has been proved. */
export const installRecord = z.strictObject({
  format: z.literal(1),
  version: z.string(), // of the wheel
  variant,
  wheels: z.array(z.strictObject({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  addonSha256: z.string(),
  compiler: z.string(), // what it says of its version
  installedMs: z.number(),
  bytes: z.number(), // on disk
  proof: z.strictObject({ device: z.string(), size: z.number(), error: z.number(), bound: z.number(), gflops: z.number() }).nullable(),
})
export type InstallRecord = z.infer<typeof installRecord>

export const pointer = z.strictObject({ folder: z.string() })

export type Installed = { readonly folder: string; readonly record: InstallRecord }

type Environment = Readonly<Record<string, string | undefined>>

/** The user's folder for engines. The standard of Linux's desktops says that a relative XDG_DATA_HOME is to be ignored. */
export function enginesFolder(
  env: Environment = process.env,
  { platform = process.platform, home = homedir() }: { readonly platform?: string; readonly home?: string } = {},
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Kagami', 'engines')
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Kagami', 'engines')
  const xdg = env['XDG_DATA_HOME']
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'share'), 'kagami', 'engines')
}

/** The installation that counts; null where there is none, or none that can be read. */
export function installedTensorflow(env: Environment = process.env): Installed | null {
  const named = env[folderVariable]
  if (named !== undefined && named !== '') return readInstallation(named)
  return installationIn(enginesFolder(env))
}

/** The installation that counts. Fails: 'engine-unavailable' with what to do where there is none. */
export function requireTensorflow(): Installed {
  const installed = installedTensorflow()
  if (installed === null)
    throw new Refusal('engine-unavailable', 'tensorflow: not installed; `kagami engine install tensorflow` installs it')
  return installed
}

/** The installation of one folder of engines. */
export function installationIn(engines: string): Installed | null {
  const found = pointer.safeParse(jsonIn(join(engines, 'tensorflow.json')))
  return found.success ? readInstallation(join(engines, found.data.folder)) : null
}

function readInstallation(folder: string): Installed | null {
  const record = installRecord.safeParse(jsonIn(join(folder, 'install.json')))
  return record.success ? { folder, record: record.data } : null
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null // not there, or cut off: no installation either way
  }
}
