/** What an engine is: something that computes with float32 tensors, chosen by name, never fallen back to in silence. */
import type { EngineName } from '#core/contract/engines.ts'

export type Engine = {
  readonly kind: EngineName
  /** Makes this engine the active backend of tfjs in this process. Fails: 'engine-unavailable' with the reason. */
  start(): Promise<StartedEngine>
}

export type StartedEngine = {
  readonly kind: EngineName
  readonly device: string // the hardware, in words
  readonly versions: Readonly<Record<string, string>>
}
