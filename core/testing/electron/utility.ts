/**
 * A stand-in for Electron's `utilityProcess.fork`, over `child_process.fork`. As there: `pid` is known once the process runs, an exit
 * is one number (the signal's, where one killed it), it may come before the last messages, and `kill` is SIGTERM told as 0.
 */
import { fork } from 'node:child_process'
import { constants } from 'node:os'

export type StandInOptions = { readonly stdio: 'ignore' | ('ignore' | 'pipe')[]; readonly execArgv: string[] }

export function standInUtility(entry: string, args: string[], { stdio, execArgv }: StandInOptions) {
  const pipes = typeof stdio === 'string' ? [stdio, stdio, stdio] : [...stdio]
  const child = fork(entry, args, { serialization: 'advanced', stdio: [...pipes, 'ipc'], execArgv })
  let isSpawned = false
  let wasKilled = false
  child.on('spawn', () => (isSpawned = true))
  return {
    get pid() {
      return isSpawned && child.exitCode === null && child.signalCode === null ? child.pid : undefined
    },
    stderr: child.stderr,
    postMessage: (message: unknown) => void child.send(message as object, () => undefined), // any value that can be cloned
    kill() {
      wasKilled = true
      return child.kill('SIGTERM')
    },
    on(event: 'message' | 'exit', handler: ((message: unknown) => void) | ((code: number) => void)) {
      if (event === 'message') return child.on('message', handler)
      return child.on('exit', (code, signal) => {
        const told = code ?? (signal === null ? 0 : constants.signals[signal])
        handler(wasKilled && signal === 'SIGTERM' ? 0 : told) // the event chooses the handler
      })
    },
  }
}
