/**
 * The other end of `utility.ts`: gives a forked process the `process.parentPort` that Electron's utility processes have, then imports
 * the module that is its first argument. With `fixture-jobs` as the second, that module is the desktop host's channel and the fixture
 * jobs are served over it: testing knows no host.
 */
import { assert } from '#core/contract/errors.ts'
import { serveThisProcess, type Channel } from '#core/trainer/childProcess.ts'
import { fixtureJobs } from '../trainers/fixtureJobs.ts'

type ParentPort = { on(event: 'message', handler: (event: { readonly data: unknown }) => void): void; postMessage(message: unknown): void }
type ChannelModule = { readonly parentPortChannel: (port: ParentPort) => Channel }

const parentPort: ParentPort = {
  on: (event, handler) => void process.on(event, (data: unknown) => handler({ data })),
  postMessage: (message) => void process.send?.(message, undefined, undefined, () => undefined), // a parent that is gone hears nothing
}

Object.assign(process, { parentPort })
const [, , module, jobs] = process.argv
assert(module !== undefined, 'parentPort.ts: expected the address of a module')
const loaded: unknown = await import(module)
if (jobs === 'fixture-jobs') serveThisProcess((loaded as ChannelModule).parentPortChannel(parentPort), fixtureJobs) // the test names electron/trainer/channel.ts
