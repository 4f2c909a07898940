import { describe, expect, test } from 'vitest'
import { readRuns } from '#core/store/readRuns.ts'
import { verifyProject } from '#core/store/verify.ts'
import { tensorflowSkipped, withoutTensorflow } from '#core/testing/engines.ts'
import { openTestWorkbench, overheard, recordsOf, studyText, temporaryFolder, train } from '#core/testing/studies.ts'

const kills = 20
const title = '20 random kills of the trainer, seed %i: a sentence within 2 s each, and the bytes of an unbroken run'
const engines = {
  wasm: { steps: 60_000, every: 50 },
  tensorflow: { steps: 600_000, every: 500 }, // one program of many steps: ten times as many in the time
}

/** Moments drawn by a generator that is written here, so that a failure can be repeated: x ← 48271x mod 2³¹ − 1. Source: Park and Miller, 1993. */
function momentsMs(seed: number): () => number {
  let x = seed
  return () => {
    x = (48_271 * x) % 2_147_483_647
    return 700 * (x / 2_147_483_647)
  }
}

test.each([1, 2])(`wasm, ${title}`, (seed) => killAtRandom('wasm', seed))

describe.skipIf(withoutTensorflow)(`tensorflow${tensorflowSkipped}`, () => {
  test.each([3, 4])(title, (seed) => killAtRandom('tensorflow', seed))
})

async function killAtRandom(engine: keyof typeof engines, seed: number): Promise<void> {
  const { steps: last, every } = engines[engine]
  const text = studyText({
    name: 'noisy',
    optimiser: { kind: 'sgd', learningRate: 0.01, momentum: 0.5, batch: 5 },
    training: { steps: last, record: { every } },
  })
  const place = temporaryFolder()
  const unbroken = await train(place.path('unbroken.kagami'), text, engine)
  const next = momentsMs(seed)
  let [left, killedMs] = [kills, 0]
  const steps: number[] = []
  const launcher = overheard((message, trainer) => {
    if (message.kind === 'progress' && left > 0) steps[kills - left] = message.step
    // Every fifth may die before it begins to train, the others while they do.
    if (message.kind !== (left % 5 === 0 ? 'ready' : 'began') || left === 0) return
    setTimeout(() => {
      killedMs = performance.now()
      trainer.kill('SIGKILL')
    }, next())
  })
  const workbench = openTestWorkbench(place.path('a.kagami'), { launcher, checkpointEveryMs: 50 })
  const { study } = workbench.start({ text }, engine)
  const waits: number[] = []
  for (; left > 0; left -= 1) {
    const [end] = await workbench.idle(study)
    if (end?.state === 'finished') break
    waits.push(performance.now() - killedMs)
    expect(end).toMatchObject({ state: 'interrupted', refusal: { code: 'trainer-crashed' } })
    expect(readRuns(workbench.project.db, { states: ['interrupted'] }).total).toBe(4)
    expect(verifyProject(workbench.project)).toEqual([])
    if (left === 1) left = 0 // the last part is not killed
    workbench.resume(study)
    if (left === 0) break
  }
  await workbench.idle(study)
  process.stdout.write(
    `${engine}, seed ${seed}: ${waits.length} kills at steps ${Array.from(waits, (_, i) => steps[i] ?? 'none').join(', ')}; longest wait for the sentence ${Math.max(...waits).toFixed(0)} ms\n`,
  )
  expect(waits).toHaveLength(kills)
  expect(Math.max(...waits)).toBeLessThan(2_000) // what an analyst waits for instead of a spinner
  expect(recordsOf(workbench.project.db)).toEqual(unbroken)
  await workbench.close()
  place.remove()
}
