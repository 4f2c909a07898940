/** A parent that starts a busy trainer, prints the trainer's process id once the job is at work, and waits to be killed. */
import { monotonicClock } from '#core/trainer/clock.ts'
import { forkLauncher } from '#core/trainer/fork.ts'
import { runJob } from '#core/trainer/parent.ts'
import { trainSpec } from './fixtureJobs.ts'

const job = runJob({
  launcher: forkLauncher({ entry: new URL('./fixtureTrainer.ts', import.meta.url) }),
  spec: trainSpec('ignores-stop'),
  folder: '.',
  clock: monotonicClock,
  on: { began: () => void process.stdout.write(`${job.pid}\n`) },
})
