/** A host that installs a stand-in and says when a stage is reached, to be killed there. Its argument: folder, index, engines, stage as JSON. */
import { installerOf } from './standIns.ts'

const { at, ...parts } = JSON.parse(process.argv[2] ?? '{}') as Record<'folder' | 'index' | 'engines' | 'at', string> // the test's own
const forever = new Promise<never>(() => undefined)

const installer = installerOf({ ...parts, prove: () => forever })
await installer.install({ variant: 'cpu', from: null }, ({ stage }) => {
  if (stage === at) process.send?.(stage)
}).finished
