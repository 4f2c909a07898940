/** What is known of every engine without starting it. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import type { EngineName, Variant } from '#core/contract/engines.ts'
import { installedTensorflow } from './tensorflow/place.ts'

export type EngineState = {
  readonly engine: EngineName
  readonly state: 'built-in' | 'installed' | 'not-installed'
  readonly version: string | null
  readonly variant: Variant | null // of TensorFlow
  readonly bytes: number // on disk, beside the program
  readonly device: string | null // of an installed engine as it was proved
  readonly folder: string | null
  readonly installedMs: number | null
  readonly compiler: string | null
}

const require = createRequire(import.meta.url)

/** The engines in the order in which they are listed everywhere. */
export function engineStates(): readonly EngineState[] {
  return [builtIn('wasm'), tensorflowState(), builtIn('webgpu'), builtIn('cpu')]
}

function builtIn(engine: 'wasm' | 'webgpu' | 'cpu'): EngineState {
  const manifest = require.resolve(`@tensorflow/tfjs-backend-${engine}/package.json`)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string } // npm's own field
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const device = { wasm: `${processor}, 1 thread`, webgpu: null, cpu: `${processor}, JavaScript` }[engine] // a card is found by starting
  return { engine, state: 'built-in', version, variant: null, bytes: 0, device, folder: null, installedMs: null, compiler: null }
}

function tensorflowState(): EngineState {
  const installed = installedTensorflow()
  if (installed === null) {
    const none = { version: null, variant: null, device: null, folder: null, installedMs: null, compiler: null }
    return { engine: 'tensorflow', state: 'not-installed', bytes: 0, ...none }
  }
  const { folder, record } = installed
  const { version, variant, bytes, proof, installedMs, compiler } = record
  return { engine: 'tensorflow', state: 'installed', version, variant, bytes, device: proof?.device ?? null, folder, installedMs, compiler }
}
