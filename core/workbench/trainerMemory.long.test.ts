import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { EngineName } from '#core/contract/engines.ts'
import { tensorflowSkipped, withoutTensorflow } from '#core/testing/engines.ts'
import { openTestWorkbench, overheard, studyText, temporaryFolder } from '#core/testing/studies.ts'

const title = 'the memory of a trainer stays flat within 50 MB from step 1,000 to step 200,000'
const most = 50 // MB
const steps = 200_000

test.each(['wasm', 'cpu'] as const)(`%s: ${title}`, (engine) => watch(engine))

describe.skipIf(withoutTensorflow)(`tensorflow${tensorflowSkipped}`, () => {
  test(title, () => watch('tensorflow'))
})

/** Minibatches, so that every step brings numbers into the engine, and a record every 500 steps, so that numbers come out of it. */
async function watch(engine: EngineName): Promise<void> {
  const place = temporaryFolder()
  const resident: number[] = [] // MB, at each message of progress from step 1,000 on
  const launcher = overheard((message, trainer) => {
    if (message.kind === 'progress' && message.step >= 1_000 && trainer.pid !== null) resident.push(residentMb(trainer.pid))
  })
  const workbench = openTestWorkbench(place.path('a.kagami'), { launcher })
  try {
    const optimiser = { kind: 'adam', learningRate: 0.001, batch: 5 }
    const { study } = workbench.start({ text: studyText({ name: 'long', optimiser, training: { steps, record: { every: 500 } } }) }, engine)
    const [end] = await workbench.idle(study)
    expect(end).toMatchObject({ state: 'finished' })
  } finally {
    await workbench.close()
    place.remove()
  }
  const [first = Number.NaN] = resident
  const growth = Math.max(...resident) - first
  process.stdout.write(
    `${engine}: ${first.toFixed(0)} MB after the first 1,000 steps, at most ${growth.toFixed(1)} MB more until step ${steps}\n`,
  )
  expect(resident.length).toBeGreaterThan(10)
  expect(growth).toBeLessThan(most)
}

/** Memory of a process that lies in the machine's, in MB. Source: proc_pid_status(5), VmRSS. */
function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1_024
}
