/** Trainers as child processes of this one. Electron's main process has its own launcher: it may not fork itself. */
import { fork, type ChildProcess } from 'node:child_process'
import { trainerEnvironment, trainerFlags } from './environment.ts'
import { isFromTrainer } from './messages.ts'
import type { Launcher, LauncherHandlers, TrainerHandle } from './protocol.ts'

export type ForkOptions = {
  readonly entry?: URL // the module that serves; core/trainer/main.ts
  readonly node?: string // the Node that runs it; this one
  readonly env?: Readonly<Record<string, string>> // added to this process's own
}

const stderrKept = 4096 // characters
/** How long after its exit a process's last messages and words are waited for: a grandchild may hold its pipes open. */
const drainMs = 1_000

export function forkLauncher({ entry, node = process.execPath, env = {} }: ForkOptions = {}): Launcher {
  const path = entry ?? new URL('./main.ts', import.meta.url)
  return { launch: (handlers) => launch(() => start(path, { node, env }), handlers) }
}

function start(entry: URL, { node, env }: { readonly node: string; readonly env: Readonly<Record<string, string>> }): ChildProcess {
  return fork(entry, [], {
    execPath: node,
    execArgv: [...trainerFlags], // a debugger's port or a test runner's flags are not the trainer's
    env: { ...process.env, ...env, ...trainerEnvironment({ ...process.env, ...env }) },
    serialization: 'advanced', // the default, JSON, loses NaN, ±∞, −0 and typed arrays
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

function launch(startProcess: () => ChildProcess, handlers: LauncherHandlers): TrainerHandle {
  const child = startProcess()
  let stderr = ''
  let hasExited = false
  const keep = (text: string) => (stderr = (stderr + text).slice(-stderrKept))
  const tell = () => {
    if (hasExited) return
    hasExited = true
    child.stderr?.destroy() // held open by a grandchild, it would keep this process alive
    handlers.exited({ code: child.exitCode, signal: child.signalCode, stderr })
  }
  child.stderr?.setEncoding('utf8').on('data', keep)
  child.on('message', (message: unknown) => {
    if (hasExited) return
    if (isFromTrainer(message)) return handlers.message(message)
    keep('\nthe trainer sent a message of an unknown kind\n')
    child.kill('SIGKILL')
  })
  // `exit` may come before the last messages; `close` comes when the channel and stderr have been read to their ends.
  child.on('exit', () => void setTimeout(tell, drainMs).unref())
  child.on('close', tell)
  child.on('error', (error) => {
    keep(`\n${error.message}\n`)
    if (child.pid === undefined) tell() // the process never started: neither `exit` nor `close` need come
  })
  return {
    pid: child.pid ?? null,
    // A process that dies closes the channel under a message; the exit tells it, with its code.
    send: (message) => void child.send(message, () => undefined),
    kill: (signal) => void child.kill(signal),
  }
}
