/** An installer's process on a machine of stand-ins. What they are comes in its environment: folder and index as JSON. */
import { serveInstaller } from '#core/installer/child.ts'
import { forkedChannel } from '#core/installer/fork.ts'
import { machineOf } from './standIns.ts'

const { folder, index } = JSON.parse(process.env['KAGAMI_STAND_INS'] ?? '{}') as Record<'folder' | 'index', string> // the test's own
const machine = machineOf(folder)

serveInstaller(forkedChannel(), {
  machine: () => ({ ...machine, env: { ...machine.env, PIP_INDEX_URL: index } }),
  nowMs: () => 1_800_000_000_000,
  exit: (code) => process.exit(code),
})
