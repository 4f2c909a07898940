/** The entry of a process that serves the fixture jobs; `KAGAMI_FIXTURE_DEATH` lets it die before it says a word. */
import { ipcChannel, serveThisProcess } from '#core/trainer/childProcess.ts'
import { die, fixtureJobs, lastWords } from './fixtureJobs.ts'

const death = process.env['KAGAMI_FIXTURE_DEATH']
if (death === 'throw') throw new Error(lastWords) // before anything of ours could catch it
if (death !== undefined) die(death)
serveThisProcess(ipcChannel(), fixtureJobs)
