/** The conversation with a peer, whose place a program takes that answers as peers/measure.py does, or does not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { startPeer } from './peerProcess.ts'

let place: TestFolder
beforeAll(() => (place = temporaryFolder()))
afterAll(() => place.remove())

const isReady = `console.log('{"version": "2.15.0+cu132", "compileSeconds": 5.5}')\n`
const answers = (line: string) => `${isReady}process.stdin.on('data', () => console.log(${JSON.stringify(line)}))\n`

function start(text: string, answerMs = 60_000) {
  const file = place.write('peer.mjs', text)
  return startPeer([process.execPath, file], { args: ['--way', 'scan'], env: process.env, clock: monotonicClock, answerMs })
}

/** The sentence of a refusal. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  const refusal = await work.then(
    () => null,
    (error: unknown) => error,
  )
  expect(refusal).toMatchObject({ name: 'Refusal', code: 'engine-unavailable' })
  return refusal instanceof Error ? refusal.message : ''
}

describe('a peer', () => {
  test('tells its version, and how long it took to start and compile', async () => {
    const peer = await start(isReady)
    expect(peer).toMatchObject({ version: '2.15.0+cu132', compileSeconds: 5.5 })
    expect(peer.startSeconds).toBeGreaterThan(0)
    await peer.close()
  })
  test('is asked in JSON lines for steps and for seconds', async () => {
    const echo = `${isReady}process.stdin.on('data', (text) => console.log(JSON.stringify(
      'steps' in JSON.parse(text) ? { steps: JSON.parse(text).steps + 7, losses: [0.5, null] } : { steps: 30, seconds: JSON.parse(text).seconds, processorSeconds: 1 })))\n`
    const peer = await start(echo)
    expect(await peer.train(500)).toEqual({ steps: 507, losses: [0.5, Number.NaN] }) // JSON has no NaN
    expect(await peer.time(1.5)).toEqual({ steps: 30, seconds: 1.5, processorSeconds: 1 })
    await peer.close()
  })
  test('ends when its stdin does', async () => {
    const peer = await start(`${isReady}process.stdin.on('end', () => process.exit(0)).resume()\n`)
    await peer.close()
    expect(await refusalOf(peer.time(1))).toBe('expected an answer, got "an end with exit status 0"')
  })
})

describe('one sentence tells of a peer that', () => {
  test('cannot be started', async () => {
    const work = startPeer(['/nowhere/python'], { args: [], env: {}, clock: monotonicClock })
    expect(await refusalOf(work)).toBe('expected an answer, got "spawn /nowhere/python ENOENT"')
  })
  test('cannot import what it needs', async () => {
    const text = `console.error('Traceback (most recent call last):\\n  …\\nModuleNotFoundError: No module named \\'jax\\'\\n'); process.exit(1)`
    expect(await refusalOf(start(text))).toBe(`expected an answer, got "ModuleNotFoundError: No module named 'jax'"`)
  })
  test('is killed', async () => {
    expect(await refusalOf(start(`process.kill(process.pid, 'SIGKILL'); setInterval(() => undefined, 1000)`))).toBe(
      'expected an answer, got "an end with SIGKILL"',
    )
  })
  test('says nothing', async () => {
    expect(await refusalOf(start('setInterval(() => undefined, 1000)', 50))).toBe('expected an answer within 0.05 s, got none')
  })
  test.each([
    ['no JSON', 'Segmentation fault'],
    ['no time', '{"steps": 10, "seconds": 0, "processorSeconds": 0}'],
    ['no steps', '{"steps": 0, "seconds": 1, "processorSeconds": 0}'],
    ['another answer', '{"steps": 10, "losses": []}'],
  ])('answers with %s', async (_, line) => {
    const peer = await start(answers(line))
    expect(await refusalOf(peer.time(1))).toContain('expected a line of measurements, got "')
    await peer.close()
  })
})
