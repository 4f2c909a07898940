import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { fakeClock } from '#core/testing/trainers/fakeClock.ts'
import { trainSpec } from '#core/testing/trainers/fixtureJobs.ts'
import { scriptedTrainer, turn } from '#core/testing/trainers/scriptedTrainer.ts'
import { textWith } from '#core/testing/trainers/textWith.ts'
import { runJob, type JobOptions } from './parent.ts'
import { nextState, states, transitions, type State, type StateEvent } from './parentStates.ts'
import { protocol, type FromTrainer } from './protocol.ts'

const said = {
  ready: { kind: 'ready', protocol, versions: { node: 'n' } },
  refused: { kind: 'refused', refusal: { code: 'conflict', message: 'other' } },
  began: { kind: 'began', job: 'train', engine: 'cpu', device: 'd', versions: {}, step: 0, predictions: [] },
  progress: { kind: 'progress', job: 'train', batch: 1, step: 1, rows: { steps: Float64Array.of(1), values: {} } },
  artifact: { kind: 'artifact', job: 'train', what: 'checkpoint', step: 1, path: 'p', sha256: 's', bytes: 1 },
  runsEnded: { kind: 'runsEnded', job: 'train', runs: [] },
  alive: { kind: 'alive', job: 'train' },
  ended: {
    kind: 'ended',
    job: 'train',
    stopped: false,
    result: { kind: 'train', trainingMs: 1, programs: { made: 1, reused: 0, ms: 0.5 }, steps: 1 },
  },
  failed: { kind: 'failed', job: 'train', refusal: { code: 'invalid-input', message: 'no' } },
  log: { kind: 'log', level: 'info', text: 't' },
} satisfies { readonly [K in FromTrainer['kind']]: Extract<FromTrainer, { kind: K }> }

function started(options: Partial<JobOptions> = {}) {
  const trainer = scriptedTrainer()
  const clock = fakeClock()
  const job = runJob({ launcher: trainer.launcher, spec: trainSpec('ends'), folder: '/f', clock, on: {}, ...options })
  return { ...trainer, clock, job, heardKinds: () => trainer.heard.map(({ kind }) => kind) }
}

/** A conversation that has come to a state. */
async function inState(state: State, options: Partial<JobOptions> = {}) {
  const talk = started(options)
  if (state !== 'starting') await talk.say(said.ready)
  if (['running', 'stopping', 'leaving'].includes(state)) await talk.say(said.began)
  if (state === 'stopping') talk.job.stop()
  if (state === 'leaving') await talk.say(said.ended)
  return talk
}

describe('the table of states', () => {
  const livingStates = states.filter((state) => Object.keys(transitions[state]).length > 0)

  test('leads from idle through every state of a life to stopped', () => {
    const life: readonly StateEvent[] = ['launched', 'ready', 'began', 'stop', 'ended', 'exited']
    const path = life.reduce<State[]>((path, event) => [...path, nextState(path.at(-1) ?? 'crashed', event) ?? 'crashed'], ['idle'])
    expect(path).toEqual(['idle', 'starting', 'ready', 'running', 'stopping', 'leaving', 'stopped'])
  })

  test('ends in stopped or crashed whenever the process ends, and crashed exactly where no answer is known', () => {
    const ends = livingStates.filter((state) => state !== 'idle').map((state) => [state, nextState(state, 'exited')])
    expect(Object.fromEntries(ends)).toEqual({
      ...{ starting: 'crashed', ready: 'crashed', running: 'crashed', stopping: 'crashed' },
      ...{ leaving: 'stopped', dismissed: 'stopped' },
    })
  })

  test('has no way out of stopped and crashed', () => {
    expect(states.filter((state) => !livingStates.includes(state))).toEqual(['stopped', 'crashed'])
  })

  test('hears of training only between began and the answer', () => {
    const heardIn = (kind: StateEvent) => states.filter((state) => nextState(state, kind) !== null)
    expect(heardIn('progress')).toEqual(['running', 'stopping'])
    expect(heardIn('runsEnded')).toEqual(['running', 'stopping'])
    expect(heardIn('ended')).toEqual(['ready', 'running', 'stopping'])
    expect(heardIn('failed')).toEqual(['ready', 'running', 'stopping'])
    expect(heardIn('ready')).toEqual(['starting'])
  })

  test('reaches every state', () => {
    const reached = new Set<State>(['idle'])
    for (const state of reached) for (const next of Object.values(transitions[state])) reached.add(next)
    expect([...reached].toSorted()).toEqual([...states].toSorted())
  })
})

describe('a message out of place', () => {
  const kinds = Object.keys(said) as (keyof typeof said)[] // the keys of the literal above
  const misplaced = (['starting', 'ready', 'running', 'stopping', 'leaving'] as const).flatMap((state) =>
    kinds.filter((kind) => nextState(state, kind) === null).map((kind) => ({ state, kind })),
  )

  test.each(misplaced)('$kind while $state is a bug: the trainer is killed', async ({ state, kind }) => {
    const talk = await inState(state)
    await talk.say(said[kind])
    expect(talk.signals).toEqual(['SIGKILL'])
    await talk.exit()
    const answered = state === 'leaving' // the answer was there already, and it counts
    expect(await talk.job.finished).toMatchObject(answered ? { kind: 'ended' } : { kind: 'crashed', refusal: { code: 'internal' } })
  })

  test('a batch before the acknowledgement of the last one is a bug', async () => {
    const talk = await inState('running', { on: { progress: () => new Promise(() => undefined) } })
    await talk.say(said.progress, { ...said.progress, batch: 2 })
    expect(talk.signals).toEqual(['SIGKILL'])
  })

  test('a message about another job is a bug', async () => {
    const talk = await inState('running')
    await talk.say({ ...said.artifact, job: 'another' })
    await talk.exit()
    expect(await talk.job.finished).toMatchObject({ refusal: { code: 'internal', message: textWith('one about another') } })
  })

  test('a trainer that is ready with another protocol is a bug, and gets no job', async () => {
    const talk = started()
    await talk.say({ ...said.ready, protocol: protocol + 1 })
    await talk.exit()
    expect(talk.heardKinds()).toEqual(['hello'])
    expect(await talk.job.finished).toMatchObject({ kind: 'crashed', refusal: { code: 'internal' } })
  })
})

describe('a job', () => {
  test('is started when the trainer is ready, and sent away after its answer', async () => {
    const talk = started()
    expect(talk.heard).toEqual([{ kind: 'hello', protocol, folder: '/f' }])
    await talk.say(said.ready)
    expect(talk.heard.at(-1)).toEqual({ kind: 'start', job: 'train', spec: trainSpec('ends') })
    await talk.say(said.began, said.ended)
    expect(talk.heardKinds()).toEqual(['hello', 'start', 'shutdown'])
    await talk.exit({ code: 0 })
    expect(await talk.job.finished).toEqual({
      ...{ kind: 'ended', stopped: false, result: said.ended.result },
      ...{ versions: { node: 'n' }, stderr: '' },
    })
  })

  test('that was refused by its trainer has failed', async () => {
    const talk = started()
    await talk.say(said.refused)
    await talk.exit({ code: 0 })
    expect(await talk.job.finished).toMatchObject({ kind: 'failed', refusal: said.refused.refusal, versions: null })
  })

  test('keeps its answer when its process dies on the way out', async () => {
    const talk = await inState('leaving')
    await talk.exit({ code: 134 })
    expect(await talk.job.finished).toMatchObject({ kind: 'ended' })
  })

  test('does not finish before its process is gone', async () => {
    const talk = await inState('leaving')
    const first = await Promise.race([talk.job.finished.then(() => 'finished'), turn().then(() => 'a turn')])
    expect(first).toBe('a turn')
  })

  test('whose launcher throws has failed with its refusal', async () => {
    const launch = () => {
      throw new Refusal('engine-unavailable', 'none')
    }
    const job = runJob({ launcher: { launch }, spec: trainSpec('ends'), folder: '/', clock: fakeClock(), on: {} })
    expect(await job.finished).toMatchObject({ kind: 'failed', refusal: { code: 'engine-unavailable' } })
    job.stop()
    job.kill()
  })
})

describe('messages', () => {
  test('are handled one after another, in order, whatever a handler takes', async () => {
    const order: string[] = []
    const slowly = async (message: { readonly kind: string }) => {
      order.push(`${message.kind} in`)
      await turn()
      order.push(`${message.kind} out`)
    }
    const talk = await inState('ready', { on: { began: slowly, progress: slowly, artifact: slowly } })
    await talk.say(said.began, said.progress, said.artifact)
    for (let turns = 0; turns < 4; turns++) await turn()
    expect(order).toEqual(['began in', 'began out', 'progress in', 'progress out', 'artifact in', 'artifact out'])
  })

  test('rows are acknowledged when their handler has returned, not before', async () => {
    let makeDurable: () => void = () => undefined
    const talk = await inState('running', { on: { progress: () => new Promise((resolve) => (makeDurable = resolve)) } })
    await talk.say(said.progress)
    expect(talk.heardKinds()).not.toContain('acknowledge')
    makeDurable()
    await turn()
    expect(talk.heard.at(-1)).toEqual({ kind: 'acknowledge', job: 'train', batch: 1 })
  })

  test('that came before the end of the process are handled before the job is told crashed', async () => {
    const order: string[] = []
    const on = {
      progress: async () => {
        await turn()
        order.push('rows')
      },
    }
    const talk = await inState('running', { on })
    void talk.job.finished.then(() => order.push('end'))
    void talk.say(said.progress)
    await talk.exit({ signal: 'SIGKILL' })
    await talk.job.finished
    expect(order).toEqual(['rows', 'end'])
  })

  test('a handler that throws ends the trainer: no acknowledgement, no further handler, its refusal', async () => {
    const handled: string[] = []
    const on = {
      progress: () => Promise.reject(new Refusal('store-failed', 'disk full')),
      artifact: () => void handled.push('artifact'),
    }
    const talk = await inState('running', { on })
    await talk.say(said.progress, said.artifact)
    expect(talk.heardKinds()).toEqual(['hello', 'start', 'shutdown'])
    await talk.exit({ code: 0 })
    expect(await talk.job.finished).toMatchObject({ kind: 'failed', refusal: { code: 'store-failed', message: 'disk full' } })
    expect(handled).toEqual([])
  })

  test('a handler with a bug has its stack logged', async () => {
    const logged: string[] = []
    const on = { began: () => Promise.reject(new TypeError('a bug')), log: ({ text }: { text: string }) => void logged.push(text) }
    const talk = await inState('running', { on })
    await talk.exit({ code: 0 })
    expect(await talk.job.finished).toMatchObject({ kind: 'failed', refusal: { code: 'internal', message: 'a bug' } })
    expect(logged).toEqual([textWith(/^TypeError: a bug\n\s+at /)])
  })
})

describe('stop', () => {
  test('is said once, and the answer counts', async () => {
    const talk = await inState('running')
    talk.job.stop()
    talk.job.stop()
    expect(talk.heardKinds()).toEqual(['hello', 'start', 'stop'])
    await talk.say(said.progress, { ...said.ended, stopped: true })
    await talk.exit({ code: 0 })
    expect(await talk.job.finished).toMatchObject({ kind: 'ended', stopped: true })
    talk.clock.advance(60_000)
    expect(talk.signals).toEqual([])
  })

  test('before the trainer is ready waits for it', async () => {
    const talk = started()
    talk.job.stop()
    await talk.say(said.ready)
    expect(talk.heardKinds()).toEqual(['hello', 'start', 'stop'])
  })

  test('turns to SIGTERM after 5 s and to SIGKILL after 2 s more', async () => {
    const talk = await inState('stopping')
    talk.clock.advance(4_999)
    expect(talk.signals).toEqual([])
    talk.clock.advance(1)
    expect(talk.signals).toEqual(['SIGTERM'])
    talk.clock.advance(1_999)
    expect(talk.signals).toEqual(['SIGTERM'])
    talk.clock.advance(1)
    expect(talk.signals).toEqual(['SIGTERM', 'SIGKILL'])
    await talk.exit()
    expect(await talk.job.finished).toMatchObject({
      kind: 'crashed',
      refusal: { message: 'trainer: expected an answer before its end, got signal SIGKILL while stopping, sent because it did not stop' },
    })
  })

  test('before a trainer that never gets ready turns to SIGTERM too', () => {
    const talk = started()
    talk.job.stop()
    talk.clock.advance(5_000)
    expect(talk.signals).toEqual(['SIGTERM'])
  })

  test('a trainer that does not leave after its answer is ended, and the answer counts', async () => {
    const talk = await inState('leaving')
    talk.clock.advance(7_000)
    expect(talk.signals).toEqual(['SIGTERM', 'SIGKILL'])
    await talk.exit()
    expect(await talk.job.finished).toMatchObject({ kind: 'ended' })
  })

  test('kill ends the process at once and says so', async () => {
    const talk = await inState('running')
    talk.job.kill()
    expect(talk.signals).toEqual(['SIGKILL'])
    await talk.exit()
    expect(await talk.job.finished).toMatchObject({
      kind: 'crashed',
      refusal: { message: textWith('ended by the program') },
    })
  })

  test('kill while stopping leaves no signal for later', async () => {
    const talk = await inState('stopping')
    talk.job.kill()
    talk.clock.advance(60_000)
    expect(talk.signals).toEqual(['SIGKILL'])
  })

  test('stop and kill after the end do nothing', async () => {
    const talk = await inState('leaving')
    await talk.exit({ code: 0 })
    await talk.job.finished
    talk.job.stop()
    talk.job.kill()
    talk.clock.advance(60_000)
    expect(talk.signals).toEqual([])
  })
})

describe('silence', () => {
  test.each(['starting', 'ready', 'running'] as const)('of 30 s while %s ends the trainer, 1 ms less does not', async (state) => {
    const talk = await inState(state)
    talk.clock.advance(29_999)
    expect(talk.signals).toEqual([])
    talk.clock.advance(1)
    expect(talk.signals).toEqual(['SIGKILL'])
    await talk.exit({ stderr: 'words' })
    expect(await talk.job.finished).toMatchObject({
      ...{ kind: 'silent', stderr: 'words' },
      refusal: { code: 'trainer-silent', message: `trainer: expected a message within 30 s, got silence while ${state}; it was ended` },
    })
  })

  test('is borne for 20 times the median interval of a slow trainer', async () => {
    const talk = await inState('ready')
    for (const seconds of [7, 9, 8, 500, 1]) {
      talk.clock.advance(Math.min(seconds, 29) * 1_000) // 29 s stands for a long one: within the floor
      await talk.say(said.alive)
    }
    // intervals 7, 9, 8, 29, 1: the median is 8 s
    talk.clock.advance(159_999)
    expect(talk.signals).toEqual([])
    talk.clock.advance(1)
    expect(talk.signals).toEqual(['SIGKILL'])
  })

  test('does not count while the parent is at work on a message', async () => {
    let makeDurable: () => void = () => undefined
    const talk = await inState('running', { on: { progress: () => new Promise((resolve) => (makeDurable = resolve)) } })
    await talk.say(said.progress)
    talk.clock.advance(600_000)
    expect(talk.signals).toEqual([])
    makeDurable()
    await turn()
    talk.clock.advance(30_000)
    expect(talk.signals).toEqual(['SIGKILL'])
  })

  test('is not watched after the answer', async () => {
    const talk = await inState('leaving')
    await talk.exit({ code: 0 })
    talk.clock.advance(600_000)
    expect(talk.signals).toEqual([])
  })
})

describe('the sentence of a crash', () => {
  test('quotes the last lines that say something, not frames of stacks', async () => {
    const talk = await inState('running')
    const stderr =
      'first\n\nwhat happened: "x"\n    at f (file.ts:1:2)\n 7: 0x7f [node]\n----- Native stack trace -----\n\nNode.js v24.21.0\n'
    await talk.exit({ code: 3, stderr })
    expect(await talk.job.finished).toMatchObject({
      kind: 'crashed',
      refusal: {
        code: 'trainer-crashed',
        message: String.raw`trainer: expected an answer before its end, got exit code 3 while running; last words: "first / what happened: \"x\""`,
      },
      stderr,
    })
  })

  test('says of a SIGKILL that nobody here sent what the system may have lacked', async () => {
    const talk = await inState('running')
    await talk.exit({ signal: 'SIGKILL' })
    expect(await talk.job.finished).toMatchObject({
      refusal: {
        message: 'trainer: expected an answer before its end, got signal SIGKILL while running; a system short of memory sends it',
      },
    })
  })

  test('leaves out what TensorFlow only notes', async () => {
    const talk = await inState('running')
    const notes =
      'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\nI0000 00:00:1795568242.204122   24174 port.cc:153] oneDNN custom operations are on.\n'
    await talk.exit({ code: 1, stderr: `${notes}F0000 00:00:1 2 x.cc:1] Check failed\n` })
    expect(await talk.job.finished).toMatchObject({ refusal: { message: textWith('last words: "F0000 00:00:1 2 x.cc:1] Check failed"') } })
  })

  test('is cut at 400 signs of stderr', async () => {
    const talk = await inState('running')
    await talk.exit({ code: 1, stderr: 'x'.repeat(5_000) })
    const end = await talk.job.finished
    expect(end.kind === 'crashed' && end.refusal.message.length).toBeLessThan(520)
  })
})
