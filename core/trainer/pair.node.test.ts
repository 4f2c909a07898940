import { describeLauncher } from '#core/testing/trainers/conformance.ts'
import { fixtureJobs } from '#core/testing/trainers/fixtureJobs.ts'
import { pairLauncher } from './pair.ts'

describeLauncher('pair', pairLauncher(fixtureJobs))
