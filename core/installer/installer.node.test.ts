/** The installation behind a process of its own, as page and command line use it. What is fetched, compiled and proved are stand-ins. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installStages, type InstallProgress, type InstallStage } from '#core/contract/engines.ts'
import { type Refusal } from '#core/contract/errors.ts'
import { installationIn } from '#core/engines/tensorflow/place.ts'
import { compilerIn, installerOf, proofOf, startIndex, wheelName, wheelOf, type Index } from '#core/testing/installer/standIns.ts'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import type { Installer } from './installer.ts'
import { askHolder } from './lock.ts'

let place: TestFolder
let engines: string
let index: Index
let installer: Installer
beforeEach(async () => {
  place = temporaryFolder()
  compilerIn(place.folder)
  engines = place.path('data with 空白/engines')
  index = await startIndex([{ name: wheelName(), bytes: wheelOf() }])
  installer = installerOf({ folder: place.folder, index: index.url, engines })
})
afterEach(async () => {
  await index.close()
  place.remove()
})

const wanted = { variant: 'cpu', from: null } as const
const refusalOf = (finished: Promise<unknown>): Promise<Refusal> =>
  finished.then(
    () => {
      throw new Error('expected a refusal, got a success')
    },
    (error: unknown) => error as Refusal, // asserted by the test
  )
const halfMade = () => (existsSync(engines) ? readdirSync(engines).filter((name) => name !== 'downloads') : [])

describe.skipIf(process.platform !== 'linux')('an installation in a process of its own (skipped but on Linux, where it installs)', () => {
  test('is told stage by stage, and then counts', async () => {
    const told: InstallProgress[] = []
    const { record } = await installer.install(wanted, (progress) => void told.push(progress)).finished
    expect([...new Set(told.map(({ stage }) => stage))]).toEqual([...installStages])
    expect(told.filter(({ stage }) => stage === 'fetch').at(-1)).toEqual({
      stage: 'fetch',
      done: wheelOf().length,
      total: wheelOf().length,
    })
    const { installed, elsewhere } = await installer.state()
    expect(installed).toMatchObject({ version: '2.21.0', variant: 'cpu', bytes: record.bytes, proof: { gflops: 100 }, isRemovable: true })
    expect(elsewhere).toBeNull()
    expect(await installer.remove().finished).toBeGreaterThanOrEqual(record.bytes)
    expect((await installer.state()).installed).toBeNull()
    expect(await installer.remove().finished).toBe(0)
  })

  test.each(installStages)('that is stopped at "%s" leaves what was there before, and the next one succeeds', async (at: InstallStage) => {
    compilerIn(place.folder, at === 'compile' ? 'exec sleep 30' : undefined)
    const running = installer.install(wanted, ({ stage }) => {
      if (stage === at) running.cancel()
    })
    // A stop that comes with the last stage comes beside the rename that decides: both ends are whole.
    const end = await running.finished.then(() => null, (error: unknown) => error as Refusal) // prettier-ignore
    if (end === null) expect([at, installationIn(engines)?.record.version]).toEqual(['keep', '2.21.0'])
    else {
      expect(end).toMatchObject({ code: 'cancelled', message: 'engine install: interrupted; what was fetched is kept, and the next installation goes on from there' }) // prettier-ignore
      expect([installationIn(engines), halfMade()]).toEqual([null, []])
    }
    compilerIn(place.folder)
    await installer.install(wanted, () => undefined).finished
    expect(installationIn(engines)).not.toBeNull()
  })

  test('that is stopped while the proof runs ends the proof', async () => {
    let hasEnded = false
    const stopped = installerOf({
      ...{ folder: place.folder, index: index.url, engines },
      prove: (_, signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            hasEnded = true
            reject(new Error('ended'))
          }),
        ),
    })
    const running = stopped.install(wanted, ({ stage }) => stage === 'prove' && setTimeout(() => running.cancel(), 50))
    expect((await refusalOf(running.finished)).code).toBe('cancelled')
    expect([hasEnded, halfMade()]).toEqual([true, []])
  })

  test('beside another one is refused, and says what the other does', async () => {
    let refused: Refusal | undefined
    let seen: unknown
    const both = installerOf({
      ...{ folder: place.folder, index: index.url, engines },
      prove: async () => {
        seen = (await installer.state()).elsewhere
        refused = await refusalOf(installer.install(wanted, () => undefined).finished)
        expect((await refusalOf(installer.remove().finished)).code).toBe('conflict')
        return proofOf()
      },
    })
    await both.install(wanted, () => undefined).finished
    expect(refused).toMatchObject({
      code: 'conflict',
      message: 'engine: expected one installation at a time, got another that is under way',
    })
    expect(seen).toMatchObject({
      action: 'install',
      by: 'another-process',
      pid: expect.any(Number),
      variant: 'cpu',
      progress: { stage: 'prove', done: 0, total: 0 },
    })
    expect(await askHolder(engines)).toBeNull()
    expect(installationIn(engines)).not.toBeNull()
  })

  test('whose process dies is a sentence, and the next one succeeds', async () => {
    let pid = 0
    const running = installerOf({
      ...{ folder: place.folder, index: index.url, engines },
      prove: async () => {
        pid = (await askHolder(engines))?.pid ?? 0
        process.kill(pid, 'SIGKILL')
        return proofOf()
      },
    }).install(wanted, () => undefined)
    expect(await refusalOf(running.finished)).toMatchObject({
      code: 'trainer-crashed',
      message: 'engine install: expected its process to end with a word, got SIGKILL; what was installed before still counts',
    })
    expect((await installer.state()).installed).toBeNull()
    await installer.install(wanted, () => undefined).finished
    expect(halfMade().toSorted()).toEqual(['tensorflow-2.21.0-cpu', 'tensorflow.json'])
  })

  // The host is killed at each stage: its installer notices, puts away what is half made, and ends.
  test.each(['fetch', 'unpack', 'compile', 'prove'] as const)(
    'whose host is killed at "%s" ends, and leaves nothing half made',
    async (at) => {
      compilerIn(place.folder, at === 'compile' ? 'exec sleep 30' : undefined)
      const program = fileURLToPath(new URL('../testing/installer/host.ts', import.meta.url))
      const given = JSON.stringify({ folder: place.folder, index: index.url, engines, at })
      const host = fork(program, [given], { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: 'ignore' })
      await once(host, 'message')
      host.kill('SIGKILL')
      await once(host, 'exit')
      await expect.poll(() => askHolder(engines), { timeout: 10_000 }).toBeNull()
      await expect.poll(halfMade, { timeout: 10_000 }).toEqual([])
      expect(installationIn(engines)).toBeNull()
      compilerIn(place.folder)
      await installer.install(wanted, () => undefined).finished
      expect(installationIn(engines)).not.toBeNull()
    },
  )

  test('refuses in the sentence of its process; a path that is not absolute before it has one', async () => {
    const bad = place.write('other.whl', wheelOf({ version: '2.9.1' }))
    expect(await refusalOf(installer.install({ variant: 'cpu', from: bad }, () => undefined).finished)).toMatchObject({
      code: 'invalid-input',
      message: '--from: expected version >=2.21.0,<2.22, got "2.9.1"',
    })
    expect(() => installer.install({ variant: 'cpu', from: 'other.whl' }, () => undefined)).toThrow(
      'from: expected the absolute path of a wheel, got "other.whl"',
    )
  })
})

describe('what an installation needs', () => {
  const needs = async (machine: object) => (await installerOf({ folder: place.folder, index: index.url, engines, machine }).state()).needs

  test('is told before it begins, with what stands in its way', async () => {
    expect(await needs({})).toEqual({ fetch: 274e6, fetched: 0, disk: 854e6, free: 1e12, folder: engines, hindrance: null, gpuHindrance: expect.stringMatching(/^--gpu: expected an NVIDIA card/) }) // prettier-ignore
    expect((await needs({ platform: 'darwin', arch: 'arm64' })).hindrance).toContain('got macOS on arm64; the engine wasm computes here')
    expect((await needs({ env: { PATH: '/nowhere' } })).hindrance).toContain('compiler: expected c++, g++ or clang++, got none on PATH')
    expect((await needs({ bytesFree: async () => 1e9 })).hindrance).toMatch(/^disk: expected 1\.23 GB free in .*, got 1\.00 GB$/)
    expect((await needs({ hasNvidiaDriver: true })).gpuHindrance).toBeNull()
  })

  test.skipIf(process.platform !== 'linux')(
    'a compiler that is being written is one that does not run (skipped but on Linux)',
    async () => {
      const writing = openSync(place.path('c++'), 'r+')
      expect((await needs({})).hindrance).toMatch(/^compiler: expected one that runs, got ".*c\+\+": "spawn ETXTBSY"$/)
      closeSync(writing)
      expect((await needs({})).hindrance).toBeNull()
    },
  )

  test('counts what an installation before has fetched', async () => {
    mkdirSync(join(engines, 'downloads'), { recursive: true })
    writeFileSync(join(engines, 'downloads', 'a.part'), new Uint8Array(2e6))
    expect(await needs({})).toMatchObject({ fetched: 2e6 })
    expect(readFileSync(join(engines, 'downloads', 'a.part'))).toHaveLength(2e6) // looking changes nothing
  })

  test('an installation that KAGAMI_TENSORFLOW names is shown, and is not removed from here', async () => {
    const { folder } = await installer.install(wanted, () => undefined).finished
    const shared = installerOf({ folder: place.folder, index: index.url, engines: place.path('other'), machine: { env: { PATH: place.folder, KAGAMI_TENSORFLOW: folder } } }) // prettier-ignore
    expect((await shared.state()).installed).toMatchObject({ folder, isRemovable: false })
    expect(await shared.remove().finished).toBe(0)
    expect(existsSync(folder)).toBe(true)
  })
})
