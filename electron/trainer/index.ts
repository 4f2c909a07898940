/** The entry of a trainer on the desktop: a utility process, which runs Electron's own Node. */
import { serveThisProcess } from '#core/trainer/childProcess.ts'
import { jobs } from '#core/trainer/jobs/registry.ts'
import { parentPortChannel } from './channel.ts'

serveThisProcess(parentPortChannel(process.parentPort), jobs)
