/**
 * A trainer in this very process, for tests: each message is cloned as between processes and arrives in a later turn. What a
 * process can do and this cannot: die on its own, and be killed in the middle of a computation. `kill` cuts the channel and
 * holds the job for ever at its next call.
 */
import { serveTrainer, type JobTable, type TrainerPort } from './child.ts'
import type { Clock } from './clock.ts'
import type { FromTrainer, Launcher, LauncherHandlers, ToTrainer, TrainerHandle } from './protocol.ts'

export type PairOptions = { readonly clock?: Clock }

export function pairLauncher(jobs: JobTable, options: PairOptions = {}): Launcher {
  return { launch: (handlers) => launch(jobs, handlers, options) }
}

function launch(jobs: JobTable, handlers: LauncherHandlers, options: PairOptions): TrainerHandle {
  let stderr = ''
  let isOver = false
  let receive: (message: ToTrainer) => void = () => undefined
  let parentGone: () => void = () => undefined

  const end = (code: number | null, signal: string | null) => {
    if (isOver) return
    isOver = true
    parentGone()
    setImmediate(() => handlers.exited({ code, signal, stderr }))
  }
  const port: TrainerPort = {
    send: (message) => {
      if (isOver) return
      const copy: FromTrainer = structuredClone(message)
      setImmediate(() => handlers.message(copy)) // what was sent before an end arrives before it
    },
    onMessage: (handler) => (receive = handler),
    onParentGone: (handler) => (parentGone = handler),
    writeError: (text) => (stderr += text),
    exit: (code) => end(code, null),
  }
  serveTrainer(port, jobs, { versions: { node: process.versions.node, program: 'pair' }, ...options })
  return {
    pid: null,
    send: (message) => {
      const copy = structuredClone(message)
      setImmediate(() => isOver || receive(copy))
    },
    kill: (signal) => end(null, signal),
  }
}
