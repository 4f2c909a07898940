/**
 * The other end of `utility.ts`: gives a forked process the `process.parentPort` that Electron's utility processes have, and serves
 * the fixture jobs over the channel that the desktop host makes of it. The channel's module is the first argument: testing knows no host.
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

const [, , module] = process.argv
assert(module !== undefined, 'parentPort.ts: expected the address of the channel’s module')
const { parentPortChannel } = (await import(module)) as ChannelModule // the test names electron/trainer/channel.ts
serveThisProcess(parentPortChannel(parentPort), fixtureJobs)
