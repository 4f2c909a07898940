/**
 * Trainers as utility processes of Electron. The main process may not fork itself: the fuse that lets it run as plain Node is off.
 * Electron tells an exit by one number and perhaps before the last messages; both are put right here.
 */
import { constants } from 'node:os'
import { trainerEnvironment, trainerFlags } from '#core/trainer/environment.ts'
import { isFromTrainer } from '#core/trainer/messages.ts'
import type { Launcher, LauncherHandlers, TrainerHandle } from '#core/trainer/protocol.ts'

/** The parts of `Electron.UtilityProcess` that are used. */
export type Utility = {
  readonly pid: number | undefined
  readonly stderr: NodeJS.ReadableStream | null
  postMessage(message: unknown): void
  kill(): boolean
  on(event: 'message', handler: (message: unknown) => void): unknown
  on(event: 'exit', handler: (code: number) => void): unknown
}
export type UtilityOptions = {
  readonly serviceName: string
  readonly stdio: 'ignore' | ('ignore' | 'pipe')[]
  readonly execArgv: string[]
  readonly env?: NodeJS.ProcessEnv // this process's own where it is left out
}

export type UtilityLauncherSettings = {
  readonly fork: (entry: string, args: string[], options: UtilityOptions) => Utility
  readonly entry: string // the bundled trainer
  /** `process.kill`. Electron's own `kill` knows no SIGKILL, and reports the exit that it caused as a good one. */
  readonly kill: (pid: number, signal: 'SIGTERM' | 'SIGKILL') => void
  readonly platform: string // process.platform
  readonly env?: Readonly<Record<string, string>> // added to this process's own
}

const stderrKept = 4096 // characters
/** After its exit a process's last messages may still come: so long a silence is taken for their end. */
const quietMs = 100
/** How long they are waited for at most; a grandchild may hold stderr open. */
const drainMs = 1_000

export function utilityLauncher(settings: UtilityLauncherSettings): Launcher {
  return { launch: (handlers) => launch(settings, handlers) }
}

function launch({ fork, entry, kill, platform, env = {} }: UtilityLauncherSettings, handlers: LauncherHandlers): TrainerHandle {
  const more = { ...env, ...trainerEnvironment({ ...process.env, ...env }) }
  const child = fork(entry, [], {
    serviceName: 'Kagami trainer',
    stdio: ['ignore', 'ignore', 'pipe'],
    execArgv: [...trainerFlags],
    ...(Object.keys(more).length === 0 ? {} : { env: { ...process.env, ...more } }),
  })
  let stderr = ''
  let isGone = false
  const keep = (text: string) => (stderr = (stderr + text).slice(-stderrKept))
  const stop = (signal: 'SIGTERM' | 'SIGKILL') => {
    if (isGone) return
    if (child.pid === undefined)
      child.kill() // not spawned yet: there is nothing that a signal could reach
    else signalIfAlive(() => kill(child.pid ?? 0, signal))
  }
  const drain = drained(child.stderr, () => handlers.exited({ ...endOf(exitCode, platform), stderr }))
  let exitCode = 0
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', keep)
  child.on('message', (message) => {
    if (drain.isOver()) return
    drain.hear()
    if (isFromTrainer(message)) return handlers.message(message)
    keep('\nthe trainer sent a message of an unknown kind\n')
    stop('SIGKILL')
  })
  child.on('exit', (code) => {
    isGone = true
    exitCode = code
    drain.begin()
  })
  return {
    get pid() {
      return isGone ? null : (child.pid ?? null) // known once it runs
    },
    send: (message) => {
      if (!isGone) child.postMessage(message)
    },
    kill: stop,
  }
}

/** A process may end between the question whether it runs and the signal. */
function signalIfAlive(send: () => void): void {
  try {
    send()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Calls `over` once: when, after `begin`, stderr has ended and nothing was heard for a while, or when time is up. */
function drained(stderr: NodeJS.ReadableStream | null, over: () => void) {
  let hasBegun = false
  let isOver = false
  let isRead = stderr === null
  let quiet: NodeJS.Timeout | undefined
  let limit: NodeJS.Timeout | undefined
  const end = () => {
    if (isOver) return
    isOver = true
    clearTimeout(quiet)
    clearTimeout(limit)
    over()
  }
  const hear = () => {
    if (!hasBegun || !isRead) return
    clearTimeout(quiet)
    quiet = setTimeout(end, quietMs)
  }
  stderr?.once('close', () => {
    isRead = true
    hear()
  })
  return {
    isOver: () => isOver,
    hear,
    begin() {
      hasBegun = true
      limit = setTimeout(end, drainMs)
      hear()
    },
  }
}

/** Death by these is told as a number below 128 on POSIX, 128 more with a core dump; our trainers leave by 0, 1 and 70 only. */
const deadly = ['SIGILL', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGSEGV', 'SIGTERM'] as const

function endOf(code: number, platform: string): { readonly code: number | null; readonly signal: string | null } {
  const signal = platform === 'win32' ? undefined : deadly.find((name) => constants.signals[name] === (code & 127))
  return signal === undefined ? { code, signal: null } : { code: null, signal }
}
