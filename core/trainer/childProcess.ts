/**
 * Binds `child.ts` to this process. What differs between hosts is the channel alone: `ipcChannel` here, the parent port in
 * Electron.
 */
import { readFileSync, writeSync } from 'node:fs'
import { bugExitCode, serveTrainer, stackOf, type JobTable, type TrainerPort } from './child.ts'
import { isToTrainer } from './messages.ts'
import type { FromTrainer } from './protocol.ts'

/** How messages reach the parent and come from it. */
export type Channel = {
  send(message: FromTrainer): void
  onMessage(handler: (message: unknown) => void): void
  /** A host that ends its trainers itself when it goes may never call it. */
  onParentGone(handler: () => void): void
}

/**
 * Serves the parent with this process: it ends with the parent, on a bug anywhere (uncaught errors and unhandled
 * rejections, which Electron would only warn of), and not on Ctrl-C, which a terminal sends to the whole group while
 * stopping is the parent's to decide.
 */
export function serveThisProcess(channel: Channel, jobs: JobTable): void {
  const dieOfBug = (error: unknown) => {
    writeError(`trainer: ended by an error that nothing caught\n${stackOf(error)}`)
    process.exit(bugExitCode)
  }
  process.on('uncaughtException', dieOfBug)
  process.on('unhandledRejection', dieOfBug)
  process.on('SIGINT', () => undefined)
  const versions = { node: process.versions.node, program: programVersion() }
  const port: TrainerPort = {
    send: channel.send,
    onMessage: (handler) =>
      channel.onMessage((message) => (isToTrainer(message) ? handler(message) : dieOfBug('bug: a message of an unknown kind came in'))),
    onParentGone: channel.onParentGone,
    writeError,
    exit: (code) => process.exit(code),
  }
  serveTrainer(port, jobs, { versions })
}

/** The channel of a process made by `child_process.fork`. */
export function ipcChannel(): Channel {
  const send = process.send?.bind(process)
  if (send === undefined) throw new Error('trainer: expected to be started by the program, got no channel to a parent')
  return {
    // A message that can't be sent has no reader any more: `disconnect` ends the process.
    send: (message) => void send(message, undefined, undefined, () => undefined),
    onMessage: (handler) => void process.on('message', handler),
    onParentGone: (handler) => void process.on('disconnect', handler),
  }
}

/** Written at once, so that the text is out before the process ends. */
function writeError(text: string): void {
  try {
    writeSync(2, text)
  } catch {
    // The reader of stderr is gone or its pipe is full; there is nowhere left to say so.
  }
}

/** The program's version, from the package.json above this file, bundled or not. */
function programVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const version = versionIn(new URL('package.json', folder))
    if (version !== null) return version
    if (folder.pathname === new URL('..', folder).pathname) return 'unknown'
  }
}

function versionIn(file: URL): string | null {
  try {
    const text: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const isOurs = typeof text === 'object' && text !== null && 'name' in text && text.name === 'kagami'
    return isOurs && 'version' in text && typeof text.version === 'string' ? text.version : null
  } catch {
    return null // no such file: look one folder higher
  }
}
