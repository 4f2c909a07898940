/** A process that installs a stand-in and tells each step, to be killed at any of them. Its argument: folder, index, engines as JSON. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installTensorflow } from '#core/installer/installTensorflow.ts'
import { machineOf, proofOf } from './standIns.ts'

const { folder, index, engines } = JSON.parse(process.argv[2] ?? '{}') as Record<'folder' | 'index' | 'engines', string> // the test's own
const machine = machineOf(folder)

await installTensorflow({
  engines,
  variant: 'cpu',
  from: null,
  machine: { ...machine, env: { ...machine.env, PIP_INDEX_URL: index } },
  prove: async (building) => {
    writeFileSync(join(building, 'proving'), '') // stays, as it would in a killed proof; a kept installation may hold it
    return proofOf()
  },
  nowMs: () => 0,
  onProgress: ({ stage }) => void process.send?.(stage),
})
