/** A trainer whose every word a test speaks: for what a real one never says, and for moments that a real one can't be held in. */
import type { FromTrainer, Launcher, LauncherHandlers, ToTrainer } from '#core/trainer/protocol.ts'
import { assert } from '#core/contract/errors.ts'

export type ScriptedTrainer = {
  readonly launcher: Launcher
  readonly heard: readonly ToTrainer[] // what the parent has sent
  readonly signals: readonly string[] // how the parent has tried to end it
  /** Says messages, then waits until the parent has dealt with them. */
  say(...messages: readonly FromTrainer[]): Promise<void>
  /** Ends the process; by default by the last signal. */
  exit(end?: { readonly code?: number | null; readonly signal?: string | null; readonly stderr?: string }): Promise<void>
}

export function scriptedTrainer(): ScriptedTrainer {
  const heard: ToTrainer[] = []
  const signals: string[] = []
  let handlers: LauncherHandlers | null = null
  const launched = (): LauncherHandlers => {
    assert(handlers !== null, 'a scripted trainer speaks after it was launched')
    return handlers
  }
  return {
    heard,
    signals,
    launcher: {
      launch: (given) => {
        handlers = given
        return { pid: null, send: (message) => void heard.push(structuredClone(message)), kill: (signal) => void signals.push(signal) }
      },
    },
    say: async (...messages) => {
      for (const message of messages) launched().message(message)
      await turn()
    },
    exit: async ({ code = null, signal = signals.at(-1) ?? null, stderr = '' } = {}) => {
      launched().exited({ code, signal, stderr })
      await turn()
    },
  }
}

/** One turn of the event loop: every promise that is ready has settled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
