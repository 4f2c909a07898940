import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { InstallProgress, Variant } from '#core/contract/engines.ts'
import { Refusal } from '#core/contract/errors.ts'
import { folderVariable, installationIn } from '#core/engines/tensorflow/place.ts'
import { compilerIn, libraries, machineOf, noise, proofOf, sha256, startIndex, wheelName, wheelOf, type Index, type IndexFile, type IndexOptions } from '#core/testing/installer/standIns.ts' // prettier-ignore
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { trainerEnvironment } from '#core/trainer/environment.ts'
import { installTensorflow, removeTensorflow, type InstallOptions } from './installTensorflow.ts'
import type { Machine } from './machine.ts'

const wheel = wheelOf()
const onIndex: IndexFile = { name: wheelName(), bytes: wheel }

let place: TestFolder
let engines: string
let index: Index | undefined
beforeEach(() => {
  place = temporaryFolder()
  compilerIn(place.folder)
  engines = place.path('data with 空白/engines')
})
afterEach(async () => {
  await index?.close()
  index = undefined
  place.remove()
})

async function serve(files: readonly IndexFile[] = [onIndex], options: IndexOptions = {}): Promise<Index> {
  await index?.close()
  index = await startIndex(files, options)
  return index
}

type Changes = Partial<Omit<InstallOptions, 'machine'>> & { readonly machine?: Partial<Machine> }

function optionsOf({ machine, ...changes }: Changes = {}): InstallOptions {
  const here = machineOf(place.folder, machine)
  const env = { ...(index === undefined ? {} : { PIP_INDEX_URL: index.url }), ...here.env }
  return {
    engines,
    variant: 'cpu',
    from: null,
    machine: { ...here, env },
    prove: async () => proofOf(),
    nowMs: () => 1_800_000_000_000,
    ...changes,
  }
}

const install = (changes?: Changes) => installTensorflow(optionsOf(changes))

async function refusalOf(changes: Changes): Promise<Refusal> {
  const error: unknown = await install(changes).then(() => null, (thrown: unknown) => thrown) // prettier-ignore
  if (!(error instanceof Refusal)) throw error
  return error
}

/** Whether what counts is whole: both libraries, byte for byte, and an addon. */
function expectWhole(): void {
  const installed = installationIn(engines)
  expect(installed).not.toBeNull()
  for (const [path, bytes] of Object.entries(libraries))
    expect(sha256(readFileSync(join(installed?.folder ?? '', path.replace('tensorflow/', 'lib/'))))).toBe(sha256(bytes))
  expect(existsSync(join(installed?.folder ?? '', 'lib', 'tfjs_binding.node'))).toBe(true)
}

const parts = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length + 1)] : [])).sort() // prettier-ignore

describe('an installation', () => {
  test('from the index keeps libraries, addon and licences, and says what it was made of', async () => {
    await serve()
    const told: InstallProgress[] = []
    const { folder, record, seconds } = await install({ onProgress: (progress) => void told.push(progress) })
    expect(folder).toBe(join(engines, 'tensorflow-2.21.0-cpu'))
    expect(parts(folder)).toEqual(['install.json', 'lib/libtensorflow_cc.so.2', 'lib/libtensorflow_framework.so.2', 'lib/tfjs_binding.node', 'licences/tensorflow_cpu/METADATA', 'licences/tensorflow_cpu/THIRD_PARTY_NOTICES.txt']) // prettier-ignore
    expectWhole()
    expect(record).toMatchObject({
      version: '2.21.0',
      variant: 'cpu',
      wheels: [{ name: wheelName(), bytes: wheel.length, sha256: sha256(wheel) }],
      compiler: 'stand-in c++ 1.0',
      installedMs: 1_800_000_000_000,
      proof: { device: 'stand-in processor, 1 thread', gflops: 100 },
    })
    expect(installationIn(engines)).toEqual({ folder, record })
    expect(readdirSync(engines).sort()).toEqual(['tensorflow-2.21.0-cpu', 'tensorflow.json']) // nothing that was fetched is kept
    expect(told.filter(({ done }) => done === 0).map(({ stage }) => stage)).toEqual(['find', 'fetch', 'unpack', 'compile', 'prove', 'keep'])
    expect(told.filter(({ stage }) => stage === 'fetch').at(-1)).toEqual({ stage: 'fetch', done: wheel.length, total: wheel.length })
    const unpacked = told.filter(({ stage }) => stage === 'unpack').at(-1)
    expect(unpacked?.done).toBe(unpacked?.total)
    expect(Object.keys(seconds)).toEqual(['find', 'fetch', 'unpack', 'compile', 'prove', 'keep'])
  })

  test('calls the compiler once, with the headers, the sources and the place of the libraries', async () => {
    await serve()
    const { folder } = await install()
    const call = readFileSync(join(folder, 'lib', 'tfjs_binding.node'), 'utf8')
    const building = join(engines, `building-${process.pid}`)
    for (const part of ['-O2 -std=c++17 -fPIC -shared -DNAPI_VERSION=8', `-I ${place.folder} -I ${join(building, 'include')}`, `${place.path('tfjs_backend.cc')} ${place.path('tfjs_binding.cc')}`, '-Wl,-rpath,$ORIGIN', `-L ${join(building, 'lib')}`]) expect(call).toContain(part) // prettier-ignore
  })

  test('from a file needs no network', async () => {
    const from = place.write('any name.whl', wheel)
    const { record } = await install({ from })
    expect(record.wheels).toEqual([{ name: 'tensorflow_cpu-2.21.0', bytes: wheel.length, sha256: sha256(wheel) }])
    expectWhole()
    expect(readFileSync(from).equals(wheel)).toBe(true) // the file is the user's
  })

  test('takes the newest version that is allowed, not one that was withdrawn', async () => {
    const other = (version: string, yanked = false) => ({ name: wheelName('tensorflow_cpu', version), bytes: wheelOf({ version }), yanked })
    await serve([onIndex, other('2.21.4'), other('2.21.10', true), other('2.21.5rc1'), other('2.22.0'), other('2.20.0')])
    expect((await install()).record.version).toBe('2.21.4')
  })

  test('asks the index that pip would ask', async () => {
    const { url, asked } = await serve()
    const config = place.write('pip.conf', `[global]\nindex-url = ${url.slice(0, -1)}\n`)
    await install({ machine: { env: { PATH: place.folder, PIP_CONFIG_FILE: config, PIP_INDEX_URL: undefined } } })
    expect(asked[0]).toBe('/simple/tensorflow-cpu/')
  })

  test('asks pip for its own where nothing is set, and says what to do where there is no pip', async () => {
    const { url, asked } = await serve()
    const env = { PATH: place.folder, PIP_INDEX_URL: undefined }
    const { code, message } = await refusalOf({ machine: { env } })
    expect([code, message]).toEqual([
      'engine-unavailable',
      expect.stringMatching(/^PIP_INDEX_URL: expected the address .* there is no pip .*`--from FILE`/),
    ])
    chmodSync(place.write('python3', `#!/bin/sh\necho ${url}\n`), 0o755)
    await install({ machine: { env } })
    expect(asked).toContain('/simple/tensorflow-cpu/')
  })

  test('over another one counts when it is whole, and then the other is gone', async () => {
    await serve()
    const first = await install()
    const second = await install({ from: place.write('b.whl', wheelOf({ version: '2.21.1' })), prove: async () => (expect(installationIn(engines)?.record.version).toBe('2.21.0'), proofOf()) }) // prettier-ignore
    const third = await install()
    expect([first, second, third].map(({ folder }) => existsSync(folder))).toEqual([true, false, true])
    expect(installationIn(engines)?.record.version).toBe('2.21.0')
    expect(readdirSync(engines)).toHaveLength(2)
  })

  test('for a GPU takes the wheels that the first one names, and trainers get the path of their libraries', async () => {
    const requires = ['Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5; extra == "and-cuda"', 'Requires-Dist: nvidia-nccl-cu12<3.0,>=2; extra == "and-cuda"', 'Requires-Dist: numpy>=1'] // prettier-ignore
    const nvidia = (name: string, version: string, members: readonly string[]) => {
      const project = `nvidia_${name}_cu12`
      const contents = Object.fromEntries(members.map((path) => [`nvidia/${name}/${path}`, noise(path, 100)]))
      return { name: `${project}-${version}-py3-none-manylinux_2_27_x86_64.whl`, bytes: wheelOf({ project, version, members: contents }) }
    }
    const files = [
      { name: wheelName('tensorflow'), bytes: wheelOf({ project: 'tensorflow', requires }) },
      nvidia('cublas', '12.9.1', ['lib/libcublas.so.12', 'lib/libcublas_static.a', 'include/cublas.h']),
      nvidia('cublas', '13.0.0', ['lib/libcublas.so.13']),
      nvidia('nccl', '2.27.7', ['lib/libnccl.so.2']),
    ]
    const machine = { hasNvidiaDriver: true }
    await serve(files)
    const { folder, record } = await install({ variant: 'gpu', machine })
    expect(folder).toBe(join(engines, 'tensorflow-2.21.0-gpu'))
    expect(parts(join(folder, 'nvidia'))).toEqual(['cublas/lib/libcublas.so.12', 'nccl/lib/libnccl.so.2'])
    expect(record.wheels.map(({ name }) => name)).toEqual([files[0], files[1], files[3]].map((file) => file?.name))
    expect(trainerEnvironment({ [folderVariable]: folder, LD_LIBRARY_PATH: '/opt' })).toEqual({
      LD_LIBRARY_PATH: [join(folder, 'nvidia/cublas/lib'), join(folder, 'nvidia/nccl/lib'), '/opt'].join(':'),
    })
    // The same from a folder: the wheels lie beside the one that is named.
    mkdirSync(place.path('wheels'))
    for (const { name, bytes } of files) place.write(join('wheels', name), bytes)
    const again = await install({ variant: 'gpu', machine, from: place.path(join('wheels', wheelName('tensorflow'))) })
    expect(parts(join(again.folder, 'nvidia'))).toEqual(['cublas/lib/libcublas.so.12', 'nccl/lib/libnccl.so.2'])
    rmSync(place.path('wheels/nvidia_nccl_cu12-2.27.7-py3-none-manylinux_2_27_x86_64.whl'))
    const missing = await refusalOf({ variant: 'gpu', machine, from: place.path(join('wheels', wheelName('tensorflow'))) })
    expect(missing.message).toContain('expected a wheel of nvidia-nccl-cu12<3.0,>=2 for Linux on x64, got none')
  })
})

test('for the processor trainers get nothing more', async () => {
  const { folder } = await install({ from: place.write('a.whl', wheel) })
  expect(trainerEnvironment({ [folderVariable]: folder })).toEqual({})
})

describe('a fetch', () => {
  test('that breaks goes on where it ended', async () => {
    const { asked } = await serve([onIndex], { breaksAfter: [150_000, 130_000] }) // more than what a broken connection may hold unread
    await install()
    const ranges = asked.filter((path) => path.startsWith('/files/'))
    expect(ranges).toHaveLength(3)
    expect(ranges.slice(1).every((path) => / bytes=[1-9]\d*-$/.test(path))).toBe(true)
    expectWhole()
  })

  test('that was stopped goes on in the next installation', async () => {
    const stop = new AbortController()
    await serve([onIndex], { breaksAfter: [100_000] })
    const stopped = await refusalOf({ signal: stop.signal, onProgress: ({ stage, done }) => stage === 'fetch' && done > 0 && stop.abort() })
    expect(stopped).toMatchObject({ code: 'cancelled', message: 'engine install: interrupted; what was fetched is kept, and the same command goes on from there' }) // prettier-ignore
    expect(readdirSync(engines)).toEqual(['downloads'])
    const { asked } = await serve()
    await install()
    expect(asked.at(-1)).toMatch(/ bytes=[1-9]\d*-$/)
    expectWhole()
  })

  test('begins anew where the server knows no ranges', async () => {
    await serve([onIndex], { breaksAfter: [150_000], hasRanges: false })
    await install()
    expectWhole()
  })

  test('of other bytes is refused and thrown away', async () => {
    await serve([{ ...onIndex, sha256: '0'.repeat(64) }])
    const { code, message } = await refusalOf({})
    expect(code).toBe('engine-unavailable')
    expect(message).toBe(
      `${wheelName()}: expected SHA-256 ${'0'.repeat(64)}, got ${sha256(wheel)}; it was removed, the next install fetches it anew`,
    )
    expect(parts(engines)).toEqual([])
    // A part whose bytes are not those of the file is found out when it is whole.
    mkdirSync(join(engines, 'downloads'), { recursive: true })
    writeFileSync(join(engines, 'downloads', `${sha256(wheel)}.part`), noise('part', 70_000))
    await serve()
    expect((await refusalOf({})).message).toContain('it was removed')
    await install()
    expectWhole()
  })

  test('whose connections break without a byte ends', async () => {
    await serve([onIndex], { breaksAfter: [0, 0, 0, 0, 0] })
    expect((await refusalOf({})).message).toContain('got connections that break')
  })
})

describe('refused in a sentence, with what counted before', () => {
  const machines: readonly [string, Partial<Machine>, Variant, string][] = [
    ['macOS', { platform: 'darwin', arch: 'arm64' }, 'cpu', 'tensorflow: expected Linux on x64, where alone it is proven, got macOS on arm64; the engine wasm computes here'],
    ['Windows', { platform: 'win32' }, 'cpu', 'got Windows on x64; the engine wasm computes here'],
    ['arm', { arch: 'arm64' }, 'cpu', 'got Linux on arm64; the engine wasm computes here'],
    ['another C library', { glibc: null }, 'cpu', 'expected Linux with glibc, for which its library is built, got another C library'],
    ['an old glibc', { glibc: '2.17' }, 'cpu', 'expected glibc 2.27 or newer, got 2.17'],
    ['no card', {}, 'gpu', '--gpu: expected an NVIDIA card with its driver, got neither /proc/driver/nvidia nor /dev/nvidiactl'],
    ['no compiler', { env: { PATH: '/nowhere' } }, 'cpu', 'compiler: expected c++, g++ or clang++, got none on PATH; on Debian `apt install g++` brings one'],
    ['a named compiler that is not there', { env: { CXX: 'c+++', PATH: '/nowhere' } }, 'cpu', 'got CXX="c+++", which is not there'],
    ['no headers of Node', { nodeHeaders: null }, 'cpu', 'compiler: expected the headers of Node (node_api.h), got none'],
  ] // prettier-ignore
  test.each(machines)('%s, before anything is written', async (_, machine, variant, sentence) => {
    await serve()
    const { code, message } = await refusalOf({ machine, variant })
    expect([code, message]).toEqual(['engine-unavailable', expect.stringContaining(sentence)])
    expect([existsSync(engines), index?.asked]).toEqual([false, []])
  })

  test('no room, with both numbers', async () => {
    await serve()
    const { code, message } = await refusalOf({ machine: { bytesFree: async () => 300_000 } })
    expect([code, message]).toEqual(['store-failed', expect.stringMatching(/^disk: expected \d\.\d MB free in ".*engines", got 0\.3 MB$/)])
    const whole = await refusalOf({ from: place.write('a.whl', wheel), machine: { bytesFree: async () => 200_000 } })
    expect(whole.message).toMatch(/^disk: expected 0\.3 MB free in ".*engines", got 0\.2 MB$/) // of a file on disk the exact size is known
  })

  const networks: readonly [string, (index: Index) => Promise<void> | void, string][] = [
    ['no network', (index) => index.close(), 'got ECONNREFUSED; `--from FILE` installs from a wheel that was fetched elsewhere'],
    ['no such project', (index) => index.answer(404, 'text/plain', ''), 'got status 404;'],
    ['an index without JSON', (index) => index.answer(200, 'text/html', '<a>'), 'got "text/html" for JSON (PEP 691);'],
    ['a broken list', (index) => index.answer(200, 'application/json', '{"files"'), 'network: expected an answer from 127.0.0.1:'],
    ['another list', (index) => index.answer(200, 'application/json', '[]'), 'got JSON of another form than that of PEP 691;'],
    ['an empty list', (index) => index.answer(200, 'application/json', '{"files":[]}'), 'expected a wheel of tensorflow-cpu>=2.21.0,<2.22 for Linux on x64, got none'],
  ] // prettier-ignore
  test.each(networks)('%s', async (_, spoil, sentence) => {
    const served = await serve()
    const first = await install()
    await spoil(served)
    expect(await refusalOf({})).toMatchObject({ code: 'engine-unavailable', message: expect.stringContaining(sentence) })
    expect(installationIn(engines)).toEqual({ folder: first.folder, record: first.record })
    index = undefined
    await served.close().catch(() => undefined) // one of them is closed already
  })

  test('an address that is none', async () => {
    const { message } = await refusalOf({ machine: { env: { PATH: place.folder, PIP_INDEX_URL: 'simple' } } })
    expect(message).toBe('PIP_INDEX_URL: expected an address of https, got "simple"')
  })

  const files: readonly [string, Uint8Array | null, string][] = [
    ['no file', null, '--from: expected a wheel, got "'],
    ['a text', new TextEncoder().encode('no wheel'), '--from: expected a zip file with its directory at the end, got none; is the file cut off?'],
    ['a wheel that is cut off', wheel.subarray(0, 1_000), '--from: expected a zip file with its directory at the end, got none'],
    ['another project', wheelOf({ project: 'numpy' }), '--from: expected a wheel of tensorflow-cpu, got "numpy"'],
    ['the one for CUDA', wheelOf({ project: 'tensorflow' }), '--from: expected a wheel of tensorflow-cpu, got "tensorflow", which --gpu takes'],
    ['another version', wheelOf({ version: '2.22.0' }), '--from: expected version >=2.21.0,<2.22, got "2.22.0"'],
    ['another platform', wheelOf({ platform: 'win_amd64' }), '--from: expected a wheel for Linux on x64, got "win_amd64"'],
    ['one without libraries', wheelOf({ members: {} }), 'wheel: expected libtensorflow_cc.so.2 and libtensorflow_framework.so.2, got 0 of them'],
    ['a damaged one', wheelOf({ damaged: 'tensorflow/libtensorflow_cc.so.2' }), 'wheel: expected "tensorflow/libtensorflow_cc.so.2" as its RECORD names it, got other content; is the file damaged?'],
  ] // prettier-ignore
  test.each(files)('--from: %s', async (_, bytes, sentence) => {
    const first = await install({ from: place.write('good.whl', wheel) })
    const from = bytes === null ? place.path('gone.whl') : place.write('other.whl', bytes)
    expect(await refusalOf({ from })).toMatchObject({ code: 'invalid-input', message: expect.stringContaining(sentence) })
    expect(installationIn(engines)).toEqual({ folder: first.folder, record: first.record })
    expect(readdirSync(engines)).toHaveLength(2)
  })

  test('a compiler that fails, with its first error', async () => {
    compilerIn(place.folder, 'echo "x.cc:1: error: no c_api.h" >&2; exit 1')
    const { code, message } = await refusalOf({ from: place.write('a.whl', wheel) })
    expect([code, message]).toEqual(['engine-unavailable', expect.stringContaining('got "x.cc:1: error: no c_api.h"')])
    expect(readdirSync(engines)).toEqual([])
  })

  test('a product that is wrong', async () => {
    const reason = 'tensorflow: expected the product within 3.1e-5 of float64, got 1.0e+0'
    const { code, message } = await refusalOf({ from: place.write('a.whl', wheel), prove: async () => proofOf({ available: false, device: null, reason }) }) // prettier-ignore
    expect([code, message]).toEqual(['engine-unavailable', `engine install: expected a product as float64 has it, got: ${reason}`])
    expect(readdirSync(engines)).toEqual([])
  })

  test('a second one beside it', async () => {
    let refused: Refusal | undefined
    const from = place.write('a.whl', wheel)
    await install({ from, prove: async () => ((refused = await refusalOf({ from })), proofOf()) })
    expect(refused).toMatchObject({
      code: 'conflict',
      message: 'engine: expected one installation at a time, got another that is under way',
    })
    expectWhole()
  })
})

describe('remove', () => {
  test('gives the room back, what was fetched too', async () => {
    const { record } = await install({ from: place.write('a.whl', wheel) })
    mkdirSync(join(engines, 'downloads'))
    writeFileSync(join(engines, 'downloads', 'a.part'), 'part')
    expect(await removeTensorflow(engines)).toBeGreaterThan(record.bytes)
    expect([installationIn(engines), readdirSync(engines)]).toEqual([null, []])
    expect(await removeTensorflow(engines)).toBe(0)
  })

  test('of nothing is nothing', async () => expect(await removeTensorflow(place.path('none'))).toBe(0))
})

describe.skipIf(process.platform !== 'linux')('a process that is killed (skipped but on Linux, where it installs)', () => {
  const program = fileURLToPath(new URL('../testing/installer/installs.ts', import.meta.url))

  /** Kills an installation when it has told of its steps `count` times; it may have ended by then. */
  async function kill(count: number): Promise<void> {
    const told = JSON.stringify({ folder: place.folder, index: index?.url, engines })
    const child = fork(program, [told], { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: 'ignore' })
    let heard = 0
    child.on('message', () => (heard += 1) === count && child.kill('SIGKILL'))
    await once(child, 'exit')
  }

  // Each step is told at its beginning, fetching and unpacking also at each piece: ten moments from the first to past the last.
  test('leaves nothing or a whole installation, and the next succeeds', { timeout: 240_000 }, async () => {
    await serve()
    for (let count = 1; count <= 19; count += 2) {
      await kill(count)
      if (installationIn(engines) !== null) expectWhole()
      if (count % 3 === 0) {
        await install()
        expectWhole()
        expect(readdirSync(engines)).toHaveLength(2)
        if (count === 9) await removeTensorflow(engines) // both over an older one and over nothing
      }
    }
  })
})
