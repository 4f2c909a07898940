/** An installer's process as a child of this one, and its channel inside. Electron's main process has its own: it may not fork itself. */
import { fork } from 'node:child_process'
import type { InstallerChannel } from './child.ts'
import type { InstallerHandlers, InstallerProcess } from './installer.ts'
import type { FromInstaller, ToInstaller } from './messages.ts'

const stderrKept = 2_000 // characters

/** Starts the module `entry`, which serves. */
export function forkInstaller(entry: URL, { message, exited }: InstallerHandlers, env: NodeJS.ProcessEnv = process.env): InstallerProcess {
  const child = fork(entry, [], {
    execArgv: ['--disable-warning=ExperimentalWarning'], // a debugger's port or a test runner's flags are not its own
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-stderrKept)))
  child.on('message', (said) => message(said as FromInstaller)) // both ends are this program
  child.on('error', (error) => exited(error.message))
  child.on('exit', (code, signal) => {
    child.stderr?.destroy() // held open by a compiler that outlives it, it would keep this process alive
    exited(signal ?? `exit status ${code}${stderr === '' ? '' : `: ${stderr.trim().split('\n').at(-1)}`}`)
  })
  return {
    send: (said) => void child.send(said, () => undefined), // a process that has died tells it by its exit
    kill: () => void child.kill('SIGTERM'),
  }
}

/** The channel of a process that `forkInstaller` has started. */
export function forkedChannel(): InstallerChannel {
  const send = process.send?.bind(process)
  if (send === undefined) throw new Error('installer: expected to be started by the program, got no channel to a parent')
  return {
    send: (message) => void send(message, undefined, undefined, () => undefined), // a parent that has gone is told by `disconnect`
    onMessage: (handler) => void process.on('message', (said) => handler(said as ToInstaller)), // both ends are this program
    onParentGone: (handler) => void process.on('disconnect', handler),
  }
}
