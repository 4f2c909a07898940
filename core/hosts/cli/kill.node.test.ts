import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openProject, type Project } from '#core/store/project.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readSeries } from '#core/store/readSeries.ts'
import { readStacks } from '#core/store/stacks.ts'
import type { Readable } from '#core/store/statements.ts'
import { listStudies } from '#core/store/studies.ts'
import { verifyProject } from '#core/store/verify.ts'
import {
  jsonOf,
  kagami,
  recordsOf,
  startKagami,
  studyText,
  temporaryFolder,
  train,
  type RunRecord,
  type StartedCommand,
  type TestFolder,
} from '#core/testing/studies.ts'

const text = studyText({
  name: 'long',
  optimiser: { kind: 'sgd', learningRate: 0.01, batch: 5 },
  training: { steps: 20_000, record: { every: 250 } }, // so long that neither of two stacks has ended when both are seen at work, however unevenly they get the processors
  factors: { model: [{ kind: 'product-linear' }, { kind: 'linear' }] },
})
const run = ['run', 'long.yaml', '--project', 'a.kagami', '--jobs', '2', '--checkpoint-every', '0.15']

let shared: TestFolder
let unbroken: Readonly<Record<string, RunRecord>>
beforeAll(async () => {
  shared = temporaryFolder()
  unbroken = await train(shared.path('unbroken.kagami'), text)
})
afterAll(() => shared.remove())

let place: TestFolder
beforeEach(() => {
  place = temporaryFolder()
  place.write('long.yaml', text)
})
afterEach(() => place.remove())

function read<Value>(look: (project: Project<Readable>) => Value): Value {
  const project = openProject(place.path('a.kagami'), { mode: 'read' })
  try {
    return look(project)
  } finally {
    project.close()
  }
}

const stacksOf = ({ db }: Project<Readable>) => listStudies(db).flatMap(({ id }) => readStacks(db, id))

/** Waits until every stack of the project is as it is wanted, and returns the trainers that work for the command. */
async function until({ child }: StartedCommand, isReached: (stack: ReturnType<typeof stacksOf>[number]) => boolean): Promise<number[]> {
  await vi.waitFor(() => expect(read(stacksOf).map(isReached)).toEqual([true, true]), { timeout: 60_000, interval: 50 })
  const trainers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number)
  expect(trainers).toHaveLength(2)
  return trainers
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const gone = (pids: readonly number[]) => vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 10_000, interval: 20 })

describe.skipIf(process.platform !== 'linux')('the command line (skipped but on Linux, whose /proc names the trainers)', () => {
  test('killed in mid-run leaves no trainer and all that was acknowledged, and goes on to the bytes of an unbroken run', async () => {
    const started = startKagami(run, place.folder)
    const trainers = await until(started, ({ checkpoint }) => checkpoint !== null)
    const seen = read(({ db }) => listStudies(db).map(({ id }) => readSeries(db, { study: id, metric: 'loss' }).total))
    started.child.kill('SIGKILL')
    expect((await started.answer).signal).toBe('SIGKILL')
    await gone(trainers)

    read((project) => {
      expect(verifyProject(project)).toEqual([])
      expect(
        listStudies(project.db).map(({ id }) => readSeries(project.db, { study: id, metric: 'loss' }).total >= (seen[0] ?? 0)),
      ).toEqual([true])
    })
    const { stdout } = await kagami(['runs', 'a.kagami', '--json'], place.folder)
    const { runs } = jsonOf<{ runs: { state: string; reason: string }[] }>(stdout)
    expect(runs.map(({ state }) => state)).toEqual(Array(4).fill('interrupted'))
    expect(runs.every(({ reason }) => reason.includes('ended without a word'))).toBe(true)

    expect(await kagami(run, place.folder)).toMatchObject({ status: 0 })
    expect(read(({ db }) => recordsOf(db))).toEqual(unbroken)
  })

  test('interrupted once keeps a checkpoint and says so; run again it ends with the bytes of an unbroken run', async () => {
    const started = startKagami([...run, '--json'], place.folder)
    await until(started, ({ step }) => step > 0)
    started.child.kill('SIGINT')
    const { status, stdout, stderr } = await started.answer
    expect(stderr).toBe(
      'Engine: wasm, as KAGAMI_ENGINE says.\nStopping: a checkpoint is kept; run again to go on.\nkagami: study: 2 of its stacks have not finished; resume it to go on\n',
    )
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'cancelled' } })
    expect(status).toBe(1)
    expect(read(({ db }) => readRuns(db, { states: ['stopped'] }).total)).toBe(4)
    expect(read(stacksOf).map(({ step, checkpoint }) => checkpoint?.step === step && step > 0)).toEqual([true, true])

    expect(await kagami([...run, '--resume'], place.folder)).toMatchObject({ status: 0 })
    expect(read(({ db }) => recordsOf(db))).toEqual(unbroken)
  })

  test('interrupted twice ends at once, also while its trainers do not answer, and they end with it', async () => {
    const started = startKagami(run, place.folder)
    const trainers = await until(started, ({ step }) => step > 0)
    for (const pid of trainers) process.kill(pid, 'SIGSTOP')
    started.child.kill('SIGINT')
    started.child.stderr?.once('data', () => started.child.kill('SIGINT')) // the first has been heard
    expect((await started.answer).signal).toBe('SIGINT')
    for (const pid of trainers) process.kill(pid, 'SIGCONT')
    await gone(trainers)
    expect(read(verifyProject)).toEqual([])
  })
})
