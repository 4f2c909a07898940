/** The entry of a forked installer's process. Electron has its own: `electron/installer/index.ts`. */
import { serveInstaller } from '#core/installer/child.ts'
import { forkedChannel } from '#core/installer/fork.ts'
import { thisMachine } from '#core/installer/machine.ts'
import { root } from './root.ts'

process.on('SIGINT', () => undefined) // a terminal sends it to the whole group; stopping is the parent's to decide
serveInstaller(forkedChannel(), { machine: () => thisMachine(root), nowMs: () => Date.now(), exit: (code) => process.exit(code) })
