import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listArtifacts, pathOf } from '#core/store/artifacts.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks } from '#core/store/stacks.ts'
import { verifyProject } from '#core/store/verify.ts'
import {
  noisySteps,
  noisyStudy,
  openTestWorkbench,
  overheard,
  recordsOf,
  studyText,
  temporaryFolder,
  train,
  type RunRecord,
  type TestFolder,
} from '#core/testing/studies.ts'
import { machineMemory } from '#core/trainer/parentMemory.ts'
import { failureOf, type Workbench } from './workbench.ts'

let shared: TestFolder
let unbroken: Readonly<Record<string, RunRecord>>
beforeAll(async () => {
  shared = temporaryFolder()
  unbroken = await train(shared.path('unbroken.kagami'), noisyStudy)
})
afterAll(() => shared.remove())

let place: TestFolder
beforeEach(() => (place = temporaryFolder()))
afterEach(() => place.remove())

describe('a trainer that is killed', () => {
  test('three times, also in the part that was resumed, ends with the bytes of an unbroken run', async () => {
    const kills = [0.2 * noisySteps, 0.3 * noisySteps, 0.75 * noisySteps]
    const began: number[] = []
    const launcher = overheard((message, trainer) => {
      if (message.kind === 'began') began.push(message.step)
      if (message.kind !== 'progress' || message.step < (kills[0] ?? Number.POSITIVE_INFINITY)) return
      kills.shift()
      setTimeout(() => trainer.kill('SIGKILL'), 7 * kills.length) // not only in the moment after a message
    })
    const workbench = openTestWorkbench(place.path('a.kagami'), { launcher, checkpointEveryMs: 50 })
    const { study } = workbench.start({ text: noisyStudy })
    for (let kill = 1; kill <= 3; kill += 1) {
      const [end] = await workbench.idle(study)
      expect(end).toMatchObject({ state: 'interrupted', refusal: { code: 'trainer-crashed' } })
      expect(statesOf(workbench)).toEqual(Array(4).fill('interrupted'))
      expect(reasonsOf(workbench)).toEqual(Array(4).fill(end?.refusal?.message))
      expect(end?.refusal?.message).toMatch(/SIGKILL/)
      expect(verifyProject(workbench.project)).toEqual([])
      workbench.resume(study)
    }
    await workbench.idle(study)
    expect(recordsOf(workbench.project.db)).toEqual(unbroken)
    expect(began).toEqual(began.toSorted((a, b) => a - b)) // none went on from an older checkpoint than the one before
    expect([began.length, began[0], (began[3] ?? 0) > 0]).toEqual([4, 0, true])
    expect(listArtifacts(workbench.project.db).filter(({ kind }) => kind === 'checkpoint')).toHaveLength(1)
    await workbench.close()
  })

  test('before its first message leaves its runs interrupted, and takes no other stack with it', async () => {
    let hasKilled = false
    const launcher = overheard((message, trainer) => {
      if (message.kind !== 'ready' || hasKilled) return
      hasKilled = true
      trainer.kill('SIGKILL')
    })
    const workbench = openTestWorkbench(place.path('a.kagami'), { launcher, jobs: 2 })
    const text = studyText({ factors: { model: [{ kind: 'product-linear', depth: 2 }, { kind: 'linear' }] } })
    const { study } = workbench.start({ text })
    const ends = await workbench.idle(study)
    expect(ends.map(({ state }) => state).toSorted()).toEqual(['finished', 'interrupted'])
    expect(workbench.get(study).runs).toMatchObject({ finished: 2, interrupted: 2 })
    workbench.resume(study)
    await workbench.idle(study)
    expect(recordsOf(workbench.project.db)).toEqual(await train(place.path('unbroken.kagami'), text))
    await workbench.close()
  })
})

describe('a study that is stopped', () => {
  test('keeps a checkpoint, goes on from it and ends with the bytes of an unbroken run', async () => {
    const began: number[] = []
    const { workbench, study } = await startAndStop(place, (step) => began.push(step))
    expect(statesOf(workbench)).toEqual(Array(4).fill('stopped'))
    expect(failureOf(workbench.project, study, [])).toMatchObject({ code: 'cancelled' })
    const [stack] = readStacks(workbench.project.db, study)
    expect(stack?.checkpoint?.step).toBe(stack?.step)
    workbench.resume(study)
    await workbench.idle(study)
    expect(began).toEqual([0, stack?.checkpoint?.step])
    expect(recordsOf(workbench.project.db)).toEqual(unbroken)
    await workbench.close()
  })

  test('in the moment of a checkpoint makes no second one of the same step', async () => {
    const checkpoints: number[] = []
    const launcher = overheard((message) => {
      if (message.kind !== 'artifact' || message.what !== 'checkpoint') return
      checkpoints.push(message.step)
      workbench.stop(study)
    })
    const workbench = openTestWorkbench(place.path('a.kagami'), { launcher, checkpointEveryMs: 0 }) // after every look at the messages
    const { study } = workbench.start({ text: noisyStudy })
    expect(await workbench.idle(study)).toMatchObject([{ state: 'stopped', refusal: null }])
    expect(checkpoints).toEqual([...new Set(checkpoints)])
    expect(readStacks(workbench.project.db, study)[0]?.checkpoint?.step).toBe(checkpoints.at(-1))
    await workbench.close()
  })

  test('whose checkpoint is damaged says so, starts again and ends with the same bytes', async () => {
    const began: number[] = []
    const { workbench, study, said } = await startAndStop(place, (step) => began.push(step))
    const checkpoint = readStacks(workbench.project.db, study)[0]?.checkpoint
    const path = pathOf(workbench.project, checkpoint?.sha256 ?? '')
    flipByte(path)
    workbench.resume(study)
    await workbench.idle(study)
    expect(said).toEqual([
      `${study}.stack-1: expected the bytes of its checkpoint at step ${checkpoint?.step}, got others; it starts again from step 0`,
    ])
    expect(began).toEqual([0, 0])
    expect(recordsOf(workbench.project.db)).toEqual(unbroken)
    await workbench.close()
  })

  test('before its stack began has nothing to keep, and starts from the first step', async () => {
    const workbench = openTestWorkbench(place.path('a.kagami'))
    const { study } = workbench.start({ text: studyText({ factors: { model: [{ kind: 'product-linear' }, { kind: 'linear' }] } }) })
    workbench.stop(study) // one stack starts its process, the other waits
    expect((await workbench.idle(study)).map(({ state }) => state)).toEqual(['stopped', 'stopped'])
    expect(workbench.get(study).runs.stopped).toBe(4)
    workbench.resume(study)
    await workbench.idle(study)
    expect(workbench.get(study).runs.finished).toBe(4)
    await workbench.close()
  })
})

describe.skipIf(process.platform !== 'linux')(
  'a trainer that takes more memory than its share (skipped but on Linux, where it is told)',
  () => {
    test('is ended with a sentence', async () => {
      const greedy = { totalBytes: 50e6, residentBytes: machineMemory.residentBytes } // a machine of which Node alone takes more than the share
      const workbench = openTestWorkbench(place.path('a.kagami'), { memory: greedy })
      const { study } = workbench.start({ text: studyText({ training: { steps: 10_000_000, record: { every: 100_000 } } }) })
      const [end] = await workbench.idle(study)
      expect(end).toMatchObject({ state: 'failed', refusal: { code: 'trainer-crashed' } })
      expect(end?.refusal?.message).toMatch(/^trainer: expected at most 0\.0 GB of memory \(80 % of this machine's\), got 0\.\d GB$/)
      expect(reasonsOf(workbench)).toEqual(Array(4).fill(end?.refusal?.message))
      await workbench.close()
    })
  },
)

describe('a damaged data file of a study', () => {
  test('is not trained from, and heals when the study is started with the whole file again', async () => {
    place.write('t.csv', 'a,b,y\n1,2,3\n2,1,4\n3,5,9\n4,4,8\n5,1,7\n')
    const source = { text: studyText({ data: { kind: 'csv', path: 't.csv', target: 'y' } }), folder: place.folder }
    const workbench = openTestWorkbench(place.path('a.kagami'))
    const { study } = workbench.start(source)
    workbench.stop(study)
    await workbench.idle(study)
    const data = listArtifacts(workbench.project.db).find(({ kind }) => kind === 'data')
    flipByte(pathOf(workbench.project, data?.sha256 ?? ''))
    expect(() => workbench.resume(study)).toThrow(
      /^data.path: expected the bytes of "t.csv" with SHA-256 [0-9a-f]{64}, got a damaged artifact$/,
    )
    workbench.start(source)
    await workbench.idle(study)
    expect(workbench.get(study).runs.finished).toBe(4)
    expect(verifyProject(workbench.project)).toEqual([])
    await workbench.close()
  })
})

/** The noisy study, stopped in its middle. */
async function startAndStop({ path }: TestFolder, onBegan: (step: number) => void) {
  const said: string[] = []
  let hasStopped = false
  const launcher = overheard((message) => {
    if (message.kind === 'began') onBegan(message.step)
    if (message.kind !== 'progress' || message.step < noisySteps / 3 || hasStopped) return
    hasStopped = true
    workbench.stop(study)
  })
  const workbench = openTestWorkbench(path('a.kagami'), { launcher, log: (text) => said.push(text) })
  const { study } = workbench.start({ text: noisyStudy })
  await workbench.idle(study)
  return { workbench, study, said }
}

function statesOf({ project }: Workbench): string[] {
  return Object.values(recordsOf(project.db)).map(({ state }) => state)
}

function reasonsOf({ project }: Workbench): (string | null)[] {
  return readRuns(project.db, {}).runs.map(({ reason }) => reason)
}

function flipByte(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1
  writeFileSync(path, bytes)
}
