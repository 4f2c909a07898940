/** TensorFlow's installation on the desktop: in a utility process, since the main process may not fork itself. */
import { enginesFolder } from '#core/engines/tensorflow/place.ts'
import { createInstaller, type Installer, type InstallerHandlers, type InstallerProcess } from '#core/installer/installer.ts'
import { thisMachine, type Machine } from '#core/installer/machine.ts'
import type { FromInstaller } from '#core/installer/messages.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import type { Launcher } from '#core/trainer/protocol.ts'
import { proveInFolder } from '#core/workbench/proofs.ts'
import type { Utility, UtilityOptions } from './launcher.ts'

export type DesktopInstallerSettings = {
  readonly fork: (entry: string, args: string[], options: UtilityOptions) => Utility
  readonly entry: string // the bundled installer
  readonly root: string // the program's folder, in whose packages Node's headers may be
  readonly launcher: (env: Readonly<Record<string, string>>) => Launcher
}

export function desktopInstaller({ fork, entry, root, launcher }: DesktopInstallerSettings): Installer {
  let machine: Machine | undefined // asking Node for its C library takes a while
  return createInstaller({
    start: (handlers) =>
      startUtility(() => fork(entry, [root], { serviceName: 'Kagami installer', stdio: 'ignore', execArgv: [] }), handlers),
    prove: (folder, signal) => proveInFolder({ launcher, clock: monotonicClock, folder, signal }),
    machine: () => (machine ??= thisMachine(root)),
    engines: () => enginesFolder(),
  })
}

function startUtility(start: () => Utility, { message, exited }: InstallerHandlers): InstallerProcess {
  const child = start()
  let isGone = false
  child.on('message', (said) => message(said as FromInstaller)) // both ends are this program
  child.on('exit', (code) => {
    isGone = true
    exited(`exit status ${code}`)
  })
  return {
    send: (said) => {
      if (!isGone) child.postMessage(said)
    },
    kill: () => void child.kill(),
  }
}
