/** The entry of an installer's process on the desktop: a utility process, which runs Electron's own Node. */
import { serveInstaller } from '#core/installer/child.ts'
import { thisMachine } from '#core/installer/machine.ts'
import type { ToInstaller } from '#core/installer/messages.ts'

const { parentPort } = process

serveInstaller(
  {
    send: (message) => parentPort.postMessage(message),
    onMessage: (handler) => void parentPort.on('message', ({ data }) => handler(data as ToInstaller)), // both ends are this program
    onParentGone: () => undefined, // Electron ends its utility processes with itself
  },
  { machine: () => thisMachine(process.argv.at(-1) ?? ''), nowMs: () => Date.now(), exit: (code) => process.exit(code) },
)
