/** What every launcher of trainers does, asked of each alike. The trainers behind it serve the fixture jobs. */
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { runJob, type JobEnd, type JobHandlers } from '#core/trainer/parent.ts'
import type { FromTrainer, Job, Launcher, ToTrainer } from '#core/trainer/protocol.ts'
import { protocol } from '#core/trainer/protocol.ts'
import { trainSpec, type Behaviour } from './fixtureJobs.ts'
import { textWith } from './textWith.ts'

export function describeLauncher(name: string, launcher: Launcher): void {
  describe(`launcher ${name}`, () => {
    describeOpening(launcher)
    describeJobs(launcher)
    describeLaws(launcher)
    describeStop(launcher)
  })
}

/** Runs a fixture to its end, and keeps the kinds of the messages that its handlers were given. */
export async function playedBy(launcher: Launcher, spec: Job, on: JobHandlers = {}): Promise<{ end: JobEnd; kinds: string[] }> {
  const kinds: string[] = []
  const note = (message: { readonly kind: string }) => void kinds.push(message.kind)
  const notes: JobHandlers = { ready: note, began: note, progress: note, artifact: note, runsEnded: note, log: note }
  const end = await runJob({ launcher, spec, folder: '/nowhere', clock: monotonicClock, on: { ...notes, ...on } }).finished
  return { end, kinds }
}

/** Talks to a trainer without a parent's rules; `until` waits for the first message of a kind. */
function rawTalk(launcher: Launcher) {
  const heard: FromTrainer[] = []
  const waiting = new Map<string, () => void>()
  let tellExit: () => void = () => undefined
  const exited = new Promise<void>((resolve) => (tellExit = resolve))
  const handle = launcher.launch({
    message: (message) => {
      heard.push(message)
      waiting.get(message.kind)?.()
    },
    exited: () => tellExit(),
  })
  return {
    heard,
    send: (message: ToTrainer) => handle.send(message),
    until: (kind: FromTrainer['kind']) =>
      new Promise<void>((resolve) => (heard.some((message) => message.kind === kind) ? resolve() : waiting.set(kind, resolve))),
    leave: () => {
      handle.send({ kind: 'shutdown' })
      return exited
    },
  }
}

function describeOpening(launcher: Launcher): void {
  test('ready comes first, with the protocol and the versions', async () => {
    const talk = rawTalk(launcher)
    talk.send({ kind: 'hello', protocol, folder: '/nowhere' })
    await talk.until('ready')
    expect(talk.heard).toEqual([
      { kind: 'ready', protocol, versions: { node: process.versions.node, program: textWith(/./) } }, // one Node on this machine
    ])
    await talk.leave()
  })

  test('a parent of another protocol is refused by both numbers', async () => {
    const talk = rawTalk(launcher)
    talk.send({ kind: 'hello', protocol: 999, folder: '/nowhere' })
    await talk.until('refused')
    expect(talk.heard).toEqual([{ kind: 'refused', refusal: { code: 'conflict', message: textWith(`expected ${protocol}, got 999`) } }])
    await talk.leave()
  })

  test('a second job is refused while the first is at work', async () => {
    const talk = rawTalk(launcher)
    talk.send({ kind: 'hello', protocol, folder: '/nowhere' })
    talk.send({ kind: 'start', job: 'one', spec: trainSpec('waits-for-stop') })
    talk.send({ kind: 'start', job: 'two', spec: trainSpec('ends') })
    await talk.until('failed')
    expect(talk.heard.at(-1)).toMatchObject({ kind: 'failed', job: 'two', refusal: { code: 'conflict' } })
    talk.send({ kind: 'stop', job: 'one' })
    await talk.until('ended')
    await talk.leave()
  })

  test('a second batch waits for the acknowledgement of the first', async () => {
    const talk = rawTalk(launcher)
    talk.send({ kind: 'hello', protocol, folder: '/nowhere' })
    talk.send({ kind: 'start', job: 'one', spec: trainSpec('three-batches') })
    await talk.until('progress')
    talk.send({ kind: 'start', job: 'echo', spec: trainSpec('ends') }) // its answer comes after whatever was sent meanwhile
    await talk.until('failed')
    expect(batches(talk.heard)).toEqual([1])
    talk.send({ kind: 'acknowledge', job: 'one', batch: 1 })
    await expect.poll(() => batches(talk.heard)).toEqual([1, 2])
    await talk.leave()
  })
}

function batches(heard: readonly FromTrainer[]): number[] {
  return heard.flatMap((message) => (message.kind === 'progress' ? [message.batch] : []))
}

function describeJobs(launcher: Launcher): void {
  test('numbers and arrays arrive as they are', async () => {
    const request = {
      numbers: [NaN, Infinity, -Infinity, -0, 5e-324, 2 ** 53 - 1],
      doubles: Float64Array.of(NaN, -Infinity, -0, 1 / 3),
      floats: Float32Array.of(Math.fround(0.1), -0),
      bytes: Uint8Array.of(0, 255),
      empty: new Float64Array(0),
      text: 'かがみ 🪞',
      nothing: null,
    }
    const { end } = await playedBy(launcher, { kind: 'compare', request })
    // toStrictEqual compares by Object.is: −0 is not 0, NaN is NaN; and a Float32Array is no Float64Array
    expect(end).toMatchObject({ kind: 'ended', stopped: false })
    expect(end.kind === 'ended' && end.result).toStrictEqual({ kind: 'compare', comparison: request })
  })

  test('a million values arrive as they are', async () => {
    const request = Float64Array.from({ length: 1_000_000 }, (_, index) => Math.sin(index))
    const { end } = await playedBy(launcher, { kind: 'compare', request })
    expect(end.kind === 'ended' && end.result).toStrictEqual({ kind: 'compare', comparison: request })
  })

  test('a job that trains says began, rows, files, ends of runs, and ends', async () => {
    const { end, kinds } = await playedBy(launcher, trainSpec('ends'))
    expect(kinds).toEqual(['ready', 'began', 'progress', 'artifact', 'runsEnded'])
    expect(end).toMatchObject({
      kind: 'ended',
      stopped: false,
      result: { kind: 'train', trainingMs: 1, programs: { made: 1, reused: 0, ms: 0.5 }, steps: 3 },
    })
    expect(end.versions).toMatchObject({ node: process.versions.node })
  })

  test('every row arrives, in batches that count from 1', async () => {
    const heard: FromTrainer[] = []
    await playedBy(launcher, trainSpec('three-batches'), { progress: (message) => void heard.push(message) })
    expect(heard).toStrictEqual(
      [1, 2, 3].map((step) => ({
        ...{ kind: 'progress', job: 'train', batch: step, step },
        rows: { steps: Float64Array.of(step), values: { loss: Float64Array.of(0, 1) } },
      })),
    )
  })

  test('a refusal arrives with its code, sentence and problems', async () => {
    const { end } = await playedBy(launcher, trainSpec('refuses'))
    expect(end).toMatchObject({
      kind: 'failed',
      refusal: { code: 'invalid-input', message: 'a: expected b, got c', problems: ['first', 'second'] },
    })
  })

  test('a bug of the job is answered as internal, its stack on stderr', async () => {
    const { end } = await playedBy(launcher, trainSpec('breaks'))
    expect(end).toMatchObject({ kind: 'failed', refusal: { code: 'internal', message: 'a bug of the fixture' } })
    expect(end.stderr).toMatch(/TypeError: a bug of the fixture\n\s+at /)
  })
}

function describeLaws(launcher: Launcher): void {
  const broken: readonly (readonly [Behaviour, RegExp])[] = [
    ['forgets-a-run', /without an end of the runs a/],
    ['ends-a-run-twice', /the end of b twice/],
    ['ends-a-stranger', /the end of not-a/],
    ['ends-runs-before-began', /began before it says the end of a run/],
    ['rows-of-a-wrong-shape', /progress of loss holds 3 values instead of steps × runs = 2/],
    ['progress-before-began', /began before it says progress/],
    ['does-not-await-progress', /awaits its progress/],
    ['result-of-another-kind', /a train job gave back a result of kind report/],
    ['says-a-function', /could not be cloned/],
  ]
  test.each(broken)('a job that %s fails as a bug', async (behaviour, sentence) => {
    const { end } = await playedBy(launcher, trainSpec(behaviour))
    expect(end).toMatchObject({ kind: 'failed', refusal: { code: 'internal', message: textWith(sentence) } })
  })
}

function describeStop(launcher: Launcher): void {
  const stoppedWhenBegun = async (behaviour: Behaviour) => {
    const job = runJob({ launcher, spec: trainSpec(behaviour), folder: '/', clock: monotonicClock, on: { began: () => job.stop() } })
    return job.finished
  }

  test('a running job that is stopped ends stopped, runs without an end', async () => {
    expect(await stoppedWhenBegun('waits-for-stop')).toMatchObject({ kind: 'ended', stopped: true, result: { kind: 'train' } })
  })

  test('a stop that finds every run ended stops nothing', async () => {
    expect(await stoppedWhenBegun('ends-in-full-when-stopped')).toMatchObject({ kind: 'ended', stopped: false })
  })

  test('a job stopped before its trainer is ready ends stopped', async () => {
    const job = runJob({ launcher, spec: trainSpec('waits-for-stop'), folder: '/', clock: monotonicClock, on: {} })
    job.stop()
    expect(await job.finished).toMatchObject({ kind: 'ended', stopped: true })
  })

  test('a killed job ends with a sentence', async () => {
    const job = runJob({ launcher, spec: trainSpec('waits-for-stop'), folder: '/', clock: monotonicClock, on: { began: () => job.kill() } })
    expect(await job.finished).toMatchObject({
      kind: 'crashed',
      refusal: { code: 'trainer-crashed', message: 'trainer: expected an answer before its end, got ended by the program while running' },
    })
  })

  test('a handler that throws ends the trainer and fails the job with its refusal', async () => {
    const { end } = await playedBy(launcher, trainSpec('three-batches'), {
      progress: () => Promise.reject(new Refusal('store-failed', 'disk full')),
    })
    expect(end).toMatchObject({ kind: 'failed', refusal: { code: 'store-failed', message: 'disk full' } })
  })
}
