import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { describeLauncher } from '#core/testing/trainers/conformance.ts'
import { lastWords, linesBeforeDeath, trainSpec, type Behaviour, type Death } from '#core/testing/trainers/fixtureJobs.ts'
import { textWith } from '#core/testing/trainers/textWith.ts'
import { monotonicClock } from './clock.ts'
import { forkLauncher } from './fork.ts'
import { runJob, type JobEnd, type JobHandlers, type JobOptions } from './parent.ts'

const entry = new URL('../testing/trainers/fixtureTrainer.ts', import.meta.url)
const launcher = forkLauncher({ entry })

describeLauncher('fork', launcher)

const deaths = ['exit', 'kill', 'abort', 'throw', 'reject'] as const
const told: Readonly<Record<Death, string>> = {
  exit: 'exit code 3',
  kill: 'signal SIGKILL',
  abort: 'signal SIGABRT',
  throw: 'exit code 70', // bugExitCode
  reject: 'exit code 70',
}

function play(behaviour: Behaviour, options: Partial<JobOptions> = {}) {
  return runJob({ launcher, spec: trainSpec(behaviour), folder: '/', clock: monotonicClock, on: {}, ...options })
}

function expectCrash(end: JobEnd, how: string, state: string): void {
  expect(end).toMatchObject({ kind: 'crashed', refusal: { code: 'trainer-crashed', message: textWith(`got ${how}`) } })
  expect(end.kind === 'crashed' && end.refusal.message).toContain(`while ${state}`)
  expect(end.kind === 'crashed' && end.refusal.message).toContain(lastWords)
}

describe('a trainer that dies', () => {
  test.each(deaths)('by %s before it is ready leaves a sentence', async (death) => {
    const dying = forkLauncher({ entry, env: { KAGAMI_FIXTURE_DEATH: death } })
    expectCrash(await play('ends', { launcher: dying }).finished, death === 'throw' ? 'exit code 1' : told[death], 'starting')
  })

  test.each(deaths)('by %s with its job not begun leaves a sentence', async (death) => {
    expectCrash(await play(`dies-when-ready:${death}`).finished, told[death], 'ready')
  })

  test.each(deaths)('by %s at work leaves a sentence', async (death) => {
    expectCrash(await play(`dies-when-running:${death}`).finished, told[death], 'running')
  })

  test.each(deaths)('by %s while it is being stopped leaves a sentence', async (death) => {
    const job = play(`dies-when-stopping:${death}`, { on: { began: () => job.stop() } })
    expectCrash(await job.finished, told[death], 'stopping')
  })

  test('names the versions that it ran', async () => {
    const end = await play('dies-when-running:kill').finished
    expect(end.versions).toEqual({ node: process.versions.node, program: textWith(/^\d+\.\d+\.\d+$/) })
  })

  test('by a SIGKILL from outside is told within 2 s', async () => {
    let killedMs = 0
    const kill = () => {
      killedMs = performance.now()
      process.kill(job.pid ?? 0, 'SIGKILL')
    }
    const job = play('ignores-stop', { on: { began: kill } })
    const end = await job.finished
    expect(end).toMatchObject({ kind: 'crashed', refusal: { message: textWith('signal SIGKILL while running') } })
    expect(performance.now() - killedMs).toBeLessThan(2_000) // what the design promises; no measure of speed
  })

  test.skipIf(process.platform !== 'linux')('is heard to its last message by a parent that was busy when it died', async () => {
    const lines: string[] = []
    const stopAndBeBusy = () => {
      job.stop()
      while (isAlive(job.pid ?? 0)); // the end and the last messages then wait together
    }
    const job = play('talks-and-dies-when-stopped', { on: { began: stopAndBeBusy, log: ({ text }) => void lines.push(text) } })
    expect(await job.finished).toMatchObject({ kind: 'crashed' })
    expect(lines).toEqual(Array.from({ length: linesBeforeDeath }, (_, index) => `line ${index + 1}`))
  })

  test('has every message handled that it sent before', async () => {
    const kinds: string[] = []
    const slowly = async (message: { readonly kind: string }) => {
      await new Promise((resolve) => setImmediate(resolve))
      kinds.push(message.kind)
    }
    const on: JobHandlers = { ready: slowly, began: slowly }
    await play('dies-when-running:exit', { on }).finished
    expect(kinds).toEqual(['ready', 'began'])
  })
})

describe('a trainer that does not stop', () => {
  const graces = { stopGraceMs: 50, killGraceMs: 50 }

  test('is ended by SIGTERM after the grace', async () => {
    const job = play('ignores-stop', { ...graces, on: { began: () => job.stop() } })
    const sentence = 'got signal SIGTERM while stopping, sent because it did not stop'
    expect(await job.finished).toMatchObject({ kind: 'crashed', refusal: { message: textWith(sentence) } })
  })

  test('is ended by SIGKILL if it ignores SIGTERM', async () => {
    const job = play('ignores-stop-and-SIGTERM', { ...graces, on: { began: () => job.stop() } })
    const sentence = 'got signal SIGKILL while stopping, sent because it did not stop'
    expect(await job.finished).toMatchObject({ kind: 'crashed', refusal: { message: textWith(sentence) } })
  })

  test('is ended in the middle of a computation', async () => {
    const job = play('computes-for-ever', { ...graces, on: { began: () => job.stop() } })
    expect(await job.finished).toMatchObject({ kind: 'crashed', refusal: { message: textWith('SIGTERM') } })
  })

  test('is told silent when it computes without a word', async () => {
    const end = await play('computes-for-ever', { silentAfterMs: 2_000 }).finished
    expect(end).toMatchObject({ kind: 'silent', refusal: { code: 'trainer-silent', message: textWith('within 2 s') } })
  })
})

test('a Node that does not exist is told as a crash', async () => {
  const end = await play('ends', { launcher: forkLauncher({ entry, node: '/nowhere/node' }) }).finished
  expect(end).toMatchObject({ kind: 'crashed', refusal: { message: textWith(/while starting.*ENOENT/) } })
})

test('an entry that does not exist is told as a crash', async () => {
  const end = await play('ends', { launcher: forkLauncher({ entry: new URL('./nowhere.ts', import.meta.url) }) }).finished
  expect(end.kind).toBe('crashed')
  expect(end.stderr).toContain('Cannot find module')
})

test('SIGINT, which a terminal sends to the whole group, leaves the trainer at work', async () => {
  const job = play('waits-for-stop', {
    on: {
      began: () => {
        process.kill(job.pid ?? 0, 'SIGINT')
        job.stop()
      },
    },
  })
  expect(await job.finished).toMatchObject({ kind: 'ended', stopped: true })
})

test('after the answer the process is gone', async () => {
  const job = play('ends')
  await job.finished
  expect(isAlive(job.pid ?? 0)).toBe(false)
})

test('a trainer whose parent is killed is gone within a second', async () => {
  const parent = spawn(process.execPath, [new URL('../testing/trainers/dyingParent.ts', import.meta.url).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const trainer = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(String(text)))))
  expect(isAlive(trainer)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(trainer), { timeout: 1_000, interval: 10 }).toBe(false)
})

/** Whether a process runs; one that has ended and whose parent has not asked yet (a zombie) does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false // no such process
  }
}
