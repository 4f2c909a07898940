import { createRouterClient } from '@orpc/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { InstallProgress, InstallUnderWay } from '#core/contract/engines.ts'
import type { Event } from '#core/contract/events.ts'
import { Refusal } from '#core/contract/errors.ts'
import { callerOptions } from '#core/contract/wire.ts'
import { installerOf, compilerIn, proofOf, startIndex, wheelName, wheelOf, type Index } from '#core/testing/installer/standIns.ts'
import { openTestWorkbench, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { createEvents, type Events } from './events.ts'
import { createInstallations, type InstallerPart } from './installations.ts'
import { createRouter } from './router.ts'

const needs = { fetch: 274e6, fetched: 0, disk: 854e6, free: 50e9, folder: '/e', hindrance: null, gpuHindrance: null }
const elsewhere: InstallUnderWay = {
  action: 'install',
  by: 'another-process',
  pid: 7,
  variant: 'gpu',
  startedMs: 1,
  progress: { stage: 'unpack', done: 1, total: 2 },
  isStopping: false,
}

/** An installer that does what the test says, when it says so. */
function scripted(state: Partial<Awaited<ReturnType<InstallerPart['state']>>> = {}) {
  const asked: unknown[] = []
  let tell: (progress: InstallProgress) => void = () => undefined
  let settle: { resolve: (value: number) => void; reject: (error: Refusal) => void } | null = null
  const work = () => {
    const finished = new Promise<number>((resolve, reject) => (settle = { resolve, reject }))
    return { finished, cancel: () => void setImmediate(() => settle?.reject(new Refusal('cancelled', 'stopped'))) }
  }
  const part: InstallerPart = {
    state: async () => ({ installed: null, needs, elsewhere: null, ...state }),
    install: (wanted, onProgress) => {
      asked.push(wanted)
      tell = onProgress
      return work()
    },
    remove: work,
  }
  return {
    part,
    asked,
    tell: (stage: InstallProgress['stage'], done = 0, total = 0) => tell({ stage, done, total }),
    end: () => settle?.resolve(5),
    fail: (refusal: Refusal) => settle?.reject(refusal),
  }
}

function open(script: ReturnType<typeof scripted>, trainsOn: string | null = null) {
  let now = 1_000
  const heard: Omit<Event, 'cursor'>[] = []
  const events: Events = { ...createEvents(() => []), say: (event) => void heard.push(event) }
  const installations = createInstallations({ installer: script.part, events, nowMs: () => now, trainsOn: () => trainsOn })
  return { installations, heard, pass: (ms: number) => (now += ms) }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const changed = { kind: 'engineChanged', progress: null }
const at = (stage: string, done: number, total: number) => ({ kind: 'engineChanged', progress: { stage, done, total } })

describe('installations', () => {
  test('begin at once, are told sparingly, and say how they ended', async () => {
    const script = scripted()
    const { installations, heard, pass } = open(script)
    expect(await installations.state()).toMatchObject({ installed: null, underWay: null, refused: null, endedMs: null })
    const begun = await installations.install({ variant: 'gpu', from: '/a.whl' })
    expect(begun.underWay).toEqual({ action: 'install', by: 'this-workbench', pid: null, variant: 'gpu', startedMs: 1_000, progress: null, isStopping: false }) // prettier-ignore
    expect(script.asked).toEqual([{ variant: 'gpu', from: '/a.whl' }])
    script.tell('fetch')
    for (let done = 1; done < 100; done += 1) {
      pass(10) // a second of pieces: five of them are told
      script.tell('fetch', done, 100)
    }
    script.tell('fetch', 100, 100)
    expect(heard.slice(0, 3)).toEqual([changed, at('fetch', 0, 0), at('fetch', 20, 100)])
    expect(heard.at(-1)).toEqual(at('fetch', 100, 100))
    expect(heard).toHaveLength(2 + 4 + 1)
    expect((await installations.state()).underWay?.progress).toEqual({ stage: 'fetch', done: 100, total: 100 })
    pass(500)
    script.end()
    await settled()
    expect(heard.at(-1)).toEqual(changed)
    expect(await installations.state()).toMatchObject({ underWay: null, refused: null, endedMs: 2_490 })
  })

  test('that are refused keep the sentence until the next one begins', async () => {
    const script = scripted()
    const { installations } = open(script)
    await installations.install({ variant: 'cpu' })
    script.fail(new Refusal('store-failed', 'disk: expected 1.23 GB free, got 1.00 GB'))
    await settled()
    expect((await installations.state()).refused).toEqual({ code: 'store-failed', message: 'disk: expected 1.23 GB free, got 1.00 GB' })
    expect((await installations.install({ variant: 'cpu' })).refused).toBeNull()
  })

  test('one at a time, and none beside a study that trains on what it would replace', async () => {
    const script = scripted()
    const { installations } = open(script)
    await installations.install({ variant: 'cpu' })
    const busy = { code: 'conflict', message: 'engine: expected one installation at a time, got another that is under way' }
    await expect(installations.install({ variant: 'cpu' })).rejects.toMatchObject(busy)
    await expect(installations.remove()).rejects.toMatchObject(busy)
    const training = open(scripted(), 'small').installations
    const sentence = (action: string) => `engine ${action}: expected no study that trains on tensorflow, got small; stop it first`
    await expect(training.install({ variant: 'cpu' })).rejects.toThrow(sentence('install'))
    await expect(training.remove()).rejects.toThrow(sentence('remove'))
  })

  test('are stopped by whoever has the page, also when the workbench closes; those of others are not', async () => {
    const script = scripted()
    const { installations } = open(script)
    await installations.cancel() // nothing to stop
    await installations.install({ variant: 'cpu' })
    expect((await installations.cancel()).underWay).toMatchObject({ isStopping: true })
    await settled()
    expect((await installations.state()).refused?.code).toBe('cancelled')
    await installations.install({ variant: 'cpu' })
    await installations.close()
    expect((await installations.state()).underWay).toBeNull()
    const others = open(scripted({ elsewhere })).installations
    expect((await others.state()).underWay).toEqual(elsewhere)
    await expect(others.cancel()).rejects.toMatchObject({ code: 'conflict' })
  })

  test('that end while their state is read are not told as those of another process', async () => {
    const script = scripted()
    let isSlow = false
    const slow: InstallerPart = {
      ...script.part,
      state: async () => {
        const told = isSlow ? elsewhere : null // the own process, as it says of itself
        isSlow = false
        await settled()
        return { installed: null, needs, elsewhere: told }
      },
    }
    const { installations } = open({ ...script, part: slow })
    await installations.install({ variant: 'cpu' })
    isSlow = true
    const read = installations.state()
    script.end()
    expect((await read).underWay).toBeNull()
  })

  test('are removed with the bytes that came free', async () => {
    const script = scripted()
    const { installations, heard } = open(script)
    const removed = installations.remove()
    expect((await installations.state()).underWay).toMatchObject({ action: 'remove' })
    script.end()
    expect(await removed).toBe(5)
    expect(heard).toEqual([changed, changed])
  })
})

describe.skipIf(process.platform !== 'linux')('the routes over stand-ins (skipped but on Linux, where it installs)', () => {
  let place: TestFolder
  let index: Index
  beforeEach(async () => {
    place = temporaryFolder()
    compilerIn(place.folder)
    index = await startIndex([{ name: wheelName(), bytes: wheelOf() }])
  })
  afterEach(async () => {
    await index.close()
    place.remove()
  })

  const installer = () => installerOf({ folder: place.folder, index: index.url, engines: place.path('engines') })

  test('install, tell, show and remove; a closed workbench leaves nothing half made', async () => {
    const workbench = openTestWorkbench(place.path('a.kagami'), { installer: installer() })
    const client = createRouterClient(
      createRouter(workbench),
      callerOptions(() => undefined),
    )
    const stages = new Set<string>()
    const watch = async () => {
      for await (const event of await client.events.watch({ after: 0 })) {
        if (event.kind !== 'engineChanged') continue
        if (event.progress !== null) stages.add(event.progress.stage)
        else if ((await client.engines.installation()).endedMs !== null) return
      }
    }
    try {
      const watched = watch()
      expect((await client.engines.install({ variant: 'cpu' })).underWay?.by).toBe('this-workbench')
      await watched
      expect([...stages]).toEqual(['find', 'fetch', 'unpack', 'compile', 'prove', 'keep'])
      expect((await client.engines.installation()).installed).toMatchObject({ version: '2.21.0', proof: { gflops: proofOf().gflops } })
      expect((await client.engines.remove()).bytes).toBeGreaterThan(250_000)
      await expect(client.engines.install({ variant: 'cpu', from: 'a.whl' })).rejects.toMatchObject({ code: 'invalid-input' })
      expect((await client.engines.installation()).installed).toBeNull()
      await client.engines.install({ variant: 'cpu' })
    } finally {
      await workbench.close()
    }
    expect((await installer().state()).elsewhere).toBeNull()
  })

  test('a study goes on with the engine that it was begun with, whatever is the default now', async () => {
    const before = process.env['KAGAMI_ENGINE']
    const workbench = openTestWorkbench(place.path('b.kagami'))
    try {
      process.env['KAGAMI_ENGINE'] = 'cpu'
      const text = studyText({ training: { steps: 5 }, factors: {}, seeds: { count: 2 } })
      const first = workbench.start({ text })
      expect(first.engine).toEqual({ engine: 'cpu', reason: 'set' })
      await workbench.idle(first.study)
      process.env['KAGAMI_ENGINE'] = 'wasm'
      expect(workbench.start({ text }).engine).toEqual({ engine: 'cpu', reason: 'begun' })
      expect(workbench.get(first.study).engine).toBe('cpu')
      expect(() => workbench.start({ text }, 'wasm')).toThrow(/^engine: expected cpu, with which this project began .*, got wasm$/)
      expect(workbench.engineFor('0123456789ab')).toEqual({ engine: 'wasm', reason: 'set' })
    } finally {
      process.env['KAGAMI_ENGINE'] = before
      await workbench.close()
    }
  })
})
