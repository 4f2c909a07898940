/** The engines, each loaded when it is asked for: a process that only reads a project never pays for tfjs. */
import type { EngineName } from '#core/contract/engines.ts'
import type { StartedEngine } from './engine.ts'

const engines = {
  wasm: async () => (await import('./wasm/wasm.ts')).wasm,
  tensorflow: async () => (await import('./tensorflow/tensorflow.ts')).tensorflow,
  webgpu: async () => (await import('./webgpu/webgpu.ts')).webgpu,
  cpu: async () => (await import('./cpu/cpu.ts')).cpu,
} as const satisfies Record<EngineName, unknown>

/** Starts the engine of that name. Fails: 'engine-unavailable'; another engine is never taken instead. */
export async function startEngine(name: EngineName): Promise<StartedEngine> {
  return (await engines[name]()).start()
}
