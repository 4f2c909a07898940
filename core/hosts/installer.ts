/** TensorFlow's installation on Node: what the command line and the served page share. */
import { enginesFolder } from '#core/engines/tensorflow/place.ts'
import { forkInstaller } from '#core/installer/fork.ts'
import { createInstaller, type Installer } from '#core/installer/installer.ts'
import { thisMachine, type Machine } from '#core/installer/machine.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { forkLauncher } from '#core/trainer/fork.ts'
import { proveInFolder } from '#core/workbench/proofs.ts'
import { root } from './root.ts'

export function nodeInstaller(): Installer {
  let machine: Machine | undefined // asking Node for its C library takes a while
  return createInstaller({
    start: (handlers) => forkInstaller(new URL('./installerProcess.ts', import.meta.url), handlers),
    prove: (folder, signal) => proveInFolder({ launcher: (env) => forkLauncher({ env }), clock: monotonicClock, folder, signal }),
    machine: () => (machine ??= thisMachine(root)),
    engines: () => enginesFolder(),
  })
}
