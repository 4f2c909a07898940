import { describe, expect, test } from 'vitest'
import { fakeClock } from '#core/testing/trainers/fakeClock.ts'
import { fixtureJobs, trainSpec } from '#core/testing/trainers/fixtureJobs.ts'
import { turn } from '#core/testing/trainers/scriptedTrainer.ts'
import { bugExitCode, serveTrainer, type JobTable } from './child.ts'
import { aliveIntervalMs, progressIntervalMs } from './childJob.ts'
import { protocol, type FromTrainer, type Job, type ToTrainer } from './protocol.ts'

/** A served trainer with the test as its parent. */
function served(jobs: JobTable = fixtureJobs) {
  const said: FromTrainer[] = []
  const exits: number[] = []
  const clock = fakeClock()
  let errors = ''
  let hear: (message: ToTrainer) => void = () => undefined
  let parentGone: () => void = () => undefined
  const port = {
    send: (message: FromTrainer) => void said.push(structuredClone(message)),
    onMessage: (handler: (message: ToTrainer) => void) => (hear = handler),
    onParentGone: (handler: () => void) => (parentGone = handler),
    writeError: (text: string) => (errors += text),
    exit: (code: number) => void exits.push(code),
  }
  serveTrainer(port, jobs, { versions: { node: 'n', program: 'p' }, clock })
  return {
    ...{ said, exits, clock },
    errors: () => errors,
    kinds: () => said.map(({ kind }) => kind),
    tell: async (...messages: readonly ToTrainer[]) => {
      for (const message of messages) hear(message)
      await turn()
    },
    loseParent: () => parentGone(),
  }
}

const hello: ToTrainer = { kind: 'hello', protocol, folder: '/f' }
const start = (spec: Job): ToTrainer => ({ kind: 'start', job: 'j', spec })
const acknowledge = (batch: number): ToTrainer => ({ kind: 'acknowledge', job: 'j', batch })

describe('a served trainer', () => {
  test('says nothing before hello', () => {
    expect(served().said).toEqual([])
  })

  test('leaves when told to, with exit code 0, in the middle of a job too', async () => {
    const trainer = served()
    await trainer.tell(hello, start(trainSpec('waits-for-stop')), { kind: 'shutdown' })
    expect(trainer.exits).toEqual([0])
  })

  test('leaves at once when its parent is gone, and its job says no more', async () => {
    const trainer = served()
    await trainer.tell(hello, start(trainSpec('waits-for-stop')))
    trainer.loseParent()
    expect(trainer.exits).toEqual([1])
    await trainer.tell({ kind: 'stop', job: 'j' })
    await turn()
    expect(trainer.kinds()).toEqual(['ready', 'began'])
  })

  test('takes a start before hello for a bug of the parent', async () => {
    const trainer = served()
    await trainer.tell(start(trainSpec('ends')))
    expect(trainer.exits).toEqual([bugExitCode])
    expect(trainer.errors()).toMatch(/bug: the parent said start before a hello/)
  })

  test('takes a start after a hello of another protocol for a bug of the parent', async () => {
    const trainer = served()
    await trainer.tell({ ...hello, protocol: protocol + 1 }, start(trainSpec('ends')))
    expect(trainer.kinds()).toEqual(['refused'])
    expect(trainer.exits).toEqual([bugExitCode])
  })

  test('takes the acknowledgement of a batch that it has not sent for a bug of the parent', async () => {
    const trainer = served()
    await trainer.tell(hello, start(trainSpec('three-batches')), acknowledge(7))
    expect(trainer.exits).toEqual([bugExitCode])
  })

  test('gives a job its folder and its id', async () => {
    let seen: unknown = null
    const trainer = served({ ...fixtureJobs, report: ({ kind }, { folder, job }) => Promise.resolve(((seen = { folder, job }), { kind })) })
    await trainer.tell(hello, start({ kind: 'report', model: null }))
    expect(seen).toEqual({ folder: '/f', job: 'j' })
  })

  test('a job that throws what is no error is answered all the same', async () => {
    const trainer = served({ ...fixtureJobs, report: () => Promise.reject('text') }) // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- what is under test
    await trainer.tell(hello, start({ kind: 'report', model: null }))
    expect(trainer.said.at(-1)).toEqual({ kind: 'failed', job: 'j', refusal: { code: 'internal', message: 'text' } })
  })

  test('a job that throws before its first await is answered all the same', async () => {
    const trainer = served({
      ...fixtureJobs,
      report: () => {
        throw new Error('at once')
      },
    })
    await trainer.tell(hello, start({ kind: 'report', model: null }))
    expect(trainer.said.at(-1)).toEqual({ kind: 'failed', job: 'j', refusal: { code: 'internal', message: 'at once' } })
  })
})

describe('progress', () => {
  test('is held back until the batch before is acknowledged and 100 ms old', async () => {
    const trainer = served()
    await trainer.tell(hello, start(trainSpec('three-batches')))
    expect(trainer.kinds()).toEqual(['ready', 'began', 'progress'])

    trainer.clock.advance(1_000) // old enough, not acknowledged
    await turn()
    expect(trainer.kinds()).toHaveLength(3)

    await trainer.tell(acknowledge(1))
    expect(trainer.said.at(-1)).toMatchObject({ kind: 'progress', batch: 2 })

    await trainer.tell(acknowledge(2)) // acknowledged, not old enough
    trainer.clock.advance(progressIntervalMs - 1)
    await turn()
    expect(trainer.said.at(-1)).toMatchObject({ kind: 'progress', batch: 2 })

    trainer.clock.advance(1)
    await turn()
    expect(trainer.kinds().slice(-3)).toEqual(['progress', 'runsEnded', 'ended'])
  })
})

describe('pause', () => {
  test('says that the job is alive after 5 s without a word, not before', async () => {
    const trainer = served()
    await trainer.tell(hello, start(trainSpec('ignores-stop')))
    trainer.clock.advance(aliveIntervalMs - 1)
    await turn()
    expect(trainer.kinds()).toEqual(['ready', 'began'])
    trainer.clock.advance(1)
    await turn()
    await turn()
    expect(trainer.kinds()).toEqual(['ready', 'began', 'alive'])
    await trainer.tell({ kind: 'shutdown' })
  })
})
