/**
 * The one door to TensorFlow's addon: `@tensorflow/tfjs-node-gpu` over a library that `kagami engine install tensorflow` has put into the user's folder.
 *
 * The package's own entry looks for the addon inside node_modules. It is not imported: its kernels and its backend are, which take the addon that they are given.
 * They call `util.isNullOrUndefined` and `util.isArray`, gone or going since Node 23 (tfjs#8609), so those are put back first.
 *
 * TensorFlow reads its settings from the environment when it is loaded, and never again. One process loads it once: several backends in one crash, it leaks
 * slowly, and it is synchronous; a job has a process of its own anyway.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import util from 'node:util'
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js'
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js'
import { Refusal, quote } from '#core/contract/errors.ts'
import { addonName } from './place.ts'

export type Addon = {
  readonly binding: TFJSBinding
  /** The backend of tfjs over it. */
  readonly makeBackend: () => NodeJSKernelBackend
  readonly packageVersion: string
}

const load = createRequire(import.meta.url) // not called `require`: the desktop’s bundler declares that name itself
const packageName = '@tensorflow/tfjs-node-gpu'

/**
 * What is set where the user has not set it: errors only, not the notes of what this processor could do; products in float32 on a GPU, where the default is a
 * type of 10 bits (TF32); kernels that give the same bits every time; convolutions by oneDNN, which TensorFlow
 * leaves out where the processor has no VNNI and which are faster there too (a third of a small network's step); a GPU's memory taken as it is needed, since several trainers share it.
 */
const settings: Readonly<Record<string, string>> = {
  TF_CPP_MIN_LOG_LEVEL: '2',
  NVIDIA_TF32_OVERRIDE: '0',
  TF_DETERMINISTIC_OPS: '1',
  TF_ENABLE_ONEDNN_OPTS: '1',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
}

/** Threads of one operation: one, so that every process gives the same bits and trainers share the cores; the variable says otherwise. */
export function threadCount(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const count = Number(env['TF_NUM_INTRAOP_THREADS'] ?? '1')
  return Number.isInteger(count) && count > 0 ? count : 1
}

/** Loads the addon that stands in `folder` beside its libraries. Fails: 'engine-unavailable' with the loader's reason. */
export function loadAddon(folder: string): Addon {
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value
  putBack()
  try {
    const binding = load(join(folder, addonName)) as TFJSBinding // built from this package's sources
    load(`${packageName}/dist/register_all_kernels`)
    const { NodeJSKernelBackend: Backend } = load(`${packageName}/dist/nodejs_kernel_backend`) as {
      NodeJSKernelBackend: new (binding: TFJSBinding, name: string) => NodeJSKernelBackend // the class that the file declares
    }
    const { version } = load(`${packageName}/dist/version`) as { version: string } // the file's only export
    return { binding, makeBackend: () => new Backend(binding, packageName), packageVersion: version }
  } catch (error) {
    if (error instanceof TypeError || !(error instanceof Error)) throw error
    throw new Refusal('engine-unavailable', `tensorflow: expected an addon that loads, got ${quote(error.message, 300)}`)
  }
}

/** Where the addon's sources are: `tfjs_backend.cc` and `tfjs_binding.cc`. */
export function addonSources(): string {
  return join(dirname(load.resolve(`${packageName}/package.json`)), 'binding')
}

/** Also where Node still has one of them, which then warns of itself. */
function putBack(): void {
  const removed = { isNullOrUndefined: (value: unknown) => value === null || value === undefined, isArray: Array.isArray }
  for (const [name, value] of Object.entries(removed)) Object.defineProperty(util, name, { value, configurable: true })
}
