import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineNames } from '#core/contract/engines.ts'
import { compilerIn, startIndex, wheelName, wheelOf, type Index } from '#core/testing/installer/standIns.ts'
import { jsonOf, startKagami, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'

let place: TestFolder
let index: Index
beforeAll(async () => {
  place = temporaryFolder()
  compilerIn(place.folder)
  place.write('small.json', studyText())
  place.write('other.whl', wheelOf({ version: '2.9.1' }))
  index = await startIndex([{ name: wheelName(), bytes: wheelOf() }])
})
afterAll(async () => {
  await index.close()
  place.remove()
})

/** The command line of a user whose folder of data is empty. */
const user = () => ({ XDG_DATA_HOME: place.path('data'), KAGAMI_TENSORFLOW: '', PIP_INDEX_URL: index.url, PATH: `${place.folder}:/usr/bin:/bin` }) // prettier-ignore
const kagami = (...args: readonly string[]) => startKagami(args, place.folder, user()).answer

describe.skipIf(process.platform !== 'linux')('kagami engine (skipped but on Linux, where TensorFlow is installed)', () => {
  test('list names every engine, and what would install the one that is missing', async () => {
    const { status, stdout } = await kagami('engine', 'list')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^wasm +built in +\d+\.\d+\.\d+ .*1 thread$/m)
    expect(stdout).toMatch(/^tensorflow +not installed +`kagami engine install tensorflow` installs it$/m)
    const states = jsonOf<Record<string, unknown>[]>((await kagami('engine', 'list', '--json')).stdout)
    expect(states.map(({ engine }) => engine)).toEqual([...engineNames])
    expect(states[1]).toEqual({ engine: 'tensorflow', state: 'not-installed', version: null, variant: null, bytes: 0, device: null, folder: null, installedMs: null, compiler: null }) // prettier-ignore
  })

  test('a study for an engine that is missing is refused before its project is made', async () => {
    const { status, stderr } = await kagami('run', 'small.json', '--engine', 'tensorflow')
    expect([status, stderr]).toEqual([1, 'kagami: tensorflow: not installed; `kagami engine install tensorflow` installs it\n'])
    expect(existsSync(place.path('small.kagami'))).toBe(false)
  })

  test('a run says first which engine it takes, and why', async () => {
    const run = async (args: readonly string[], standard: string) =>
      (await startKagami(['run', 'small.json', '--set', 'training.steps=5', ...args], place.folder, { ...user(), KAGAMI_ENGINE: standard }).answer).stderr.split('\n')[0] // prettier-ignore
    expect(await run(['--project', 'a.kagami'], '')).toBe('Engine: wasm, the embedded one.')
    expect(await run(['--project', 'b.kagami'], 'cpu')).toBe('Engine: cpu, as KAGAMI_ENGINE says.')
    expect(await run(['--project', 'c.kagami', '--engine', 'cpu'], '')).toBe('Engine: cpu, as --engine says.')
    expect(await run(['--project', 'b.kagami', '--set', 'seeds.count=3'], '')).toBe('Engine: cpu, with which this project began the study.')
    expect(await run(['--project', 'd.kagami'], 'torch')).toMatch(/^kagami: KAGAMI_ENGINE: expected one of wasm, .*, got "torch"$/)
    expect(await run(['--project', 'c.kagami'], '')).toBe('') // nothing was left to train
  })

  test('install refuses in a sentence, as JSON too', async () => {
    const { status, stderr, stdout } = await kagami('engine', 'install', 'tensorflow', '--from', 'other.whl', '--json')
    const sentence = '--from: expected version >=2.21.0,<2.22, got "2.9.1"'
    expect([status, stderr, jsonOf(stdout)]).toEqual([2, `kagami: ${sentence}\n`, { error: { code: 'invalid-input', message: sentence } }])
    expect((await kagami('engine', 'install', 'torch')).stderr).toBe(
      'kagami: NAME: expected tensorflow, the one engine that is not built in, got "torch"\n',
    )
  })

  // Fetched, unpacked and compiled; what the stand-in compiler writes is no addon, so the proof, in a trainer of its own, must find that out.
  test('an addon that does not load is refused by the proof, and nothing is left', async () => {
    const { status, stderr } = await kagami('engine', 'install', 'tensorflow')
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^kagami: engine install: expected a product as float64 has it, got: tensorflow: expected an addon that loads, got ".*"?…?\n$/,
    )
    expect(jsonOf((await kagami('engine', 'remove', 'tensorflow', '--json')).stdout)).toEqual({ folder: null, bytes: expect.any(Number) })
    expect((await kagami('engine', 'remove', 'tensorflow')).stdout).toBe('tensorflow: nothing to remove\n')
  })

  test('remove says which folder it removed, and how much room that gave back', async () => {
    const engines = join('data', 'kagami', 'engines')
    const folder = place.path(join(engines, 'tensorflow-2.21.0-cpu'))
    const record = { format: 1, version: '2.21.0', variant: 'cpu', wheels: [], addonSha256: '', compiler: '', installedMs: 0, bytes: 0, proof: null } // prettier-ignore
    const plant = () => {
      mkdirSync(join(folder, 'lib'), { recursive: true })
      place.write(join(engines, 'tensorflow-2.21.0-cpu', 'lib', 'library'), new Uint8Array(2_500_000))
      place.write(join(engines, 'tensorflow-2.21.0-cpu', 'install.json'), JSON.stringify(record))
      place.write(join(engines, 'tensorflow.json'), JSON.stringify({ folder: 'tensorflow-2.21.0-cpu' }))
    }
    plant()
    const planOf = async (standard: string) => (await startKagami(['plan', 'small.json'], place.folder, { ...user(), KAGAMI_ENGINE: standard }).answer).stdout // prettier-ignore
    expect(await planOf('')).toContain('of training on tensorflow')
    expect(await planOf('cpu')).toContain('of training on cpu')
    expect((await kagami('engine', 'remove', 'tensorflow')).stdout).toBe(`tensorflow: removed ${folder}, 2.5 MB came free\n`)
    expect(existsSync(folder)).toBe(false)
    plant()
    const told = jsonOf<{ folder: string; bytes: number }>((await kagami('engine', 'remove', 'tensorflow', '--json')).stdout)
    expect(told.folder).toBe(folder)
    expect(told.bytes).toBeGreaterThanOrEqual(2_500_000)
    mkdirSync(place.path(join(engines, 'building-1'))) // what an installation that was ended by force leaves behind
    place.write(join(engines, 'building-1', 'library'), new Uint8Array(2_500_000))
    expect((await kagami('engine', 'remove', 'tensorflow')).stdout).toBe(
      `tensorflow: removed what was left of it in ${place.path(engines)}, 2.5 MB came free\n`,
    )
  })
})
