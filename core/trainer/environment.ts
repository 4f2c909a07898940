/** What a trainer's process has in its environment and its command line beside that of its parent. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { installedTensorflow } from '#core/engines/tensorflow/place.ts'

/**
 * Flags of V8's: a young generation of at most 4 MB. The arrays of a step die young; with V8's own choice, that grows to 16 MB, they reach the old generation in their
 * tens of thousands before anyone looks, and a trainer of 200,000 small steps takes 160 MB more than it needs (trainerMemory.long.test.ts). Not slower: it fits a cache.
 */
export const trainerFlags: readonly string[] = ['--max-semi-space-size=4']

/**
 * Where TensorFlow is installed for a GPU, the folders of NVIDIA's libraries: TensorFlow looks for them by name, and the loader reads the path only when a
 * process begins. Nothing elsewhere: the addon names the folder of its own libraries itself.
 */
export function trainerEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const installed = installedTensorflow(env)
  if (installed?.record.variant !== 'gpu') return {}
  const nvidia = join(installed.folder, 'nvidia')
  const packages = existsSync(nvidia) ? readdirSync(nvidia).sort() : []
  const folders = packages.map((name) => join(nvidia, name, 'lib')).filter((folder) => existsSync(folder))
  const given = env['LD_LIBRARY_PATH']
  return { LD_LIBRARY_PATH: [...folders, ...(given === undefined || given === '' ? [] : [given])].join(':') }
}
