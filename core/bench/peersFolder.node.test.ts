/** The installation with a stand-in for Python: it makes a folder with a `bin/python` that tells a version, or fails as asked. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { cacheFolder, failureSentence, preparePeers } from './peersFolder.ts'
import type { Command } from './runChild.ts'

const installs = `
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
const [folder] = process.argv.slice(-1)
mkdirSync(folder + '/bin', { recursive: true })
writeFileSync(folder + '/bin/python', '#!${process.execPath}\\nconsole.log("3.12.7")\\n')
chmodSync(folder + '/bin/python', 0o755)
console.log('progress that is no answer')
`
const whole = `${installs}console.log('{"pytorch": null, "jax": null}')\n`

let place: TestFolder
let said: string[] = []
beforeEach(() => {
  place = temporaryFolder()
  said = []
  mkdirSync(place.path('scripts'))
  place.write('scripts/install.py', '# read, not run')
  place.write('scripts/requirements.txt', 'numpy==1')
})
afterEach(() => place.remove())

/** Prepares with a stand-in of this text, in a folder with a name that needs care. */
function prepare(text: string | null, { signal }: { signal?: AbortSignal } = {}) {
  const python = (): Command => {
    if (text === null) throw new Refusal('engine-unavailable', 'Python: expected one, got none')
    return [process.execPath, place.write('standIn.mjs', text), '--']
  }
  return preparePeers({
    folder: place.path('キャッシュ 1/peers'),
    scripts: place.path('scripts'),
    findPython: () => Promise.resolve().then(python),
    say: (sentence) => said.push(sentence),
    ...(signal === undefined ? {} : { signal }),
  })
}
const left = () => (existsSync(place.path('キャッシュ 1')) ? readdirSync(place.path('キャッシュ 1')) : [])

describe.skipIf(process.platform === 'win32')('preparePeers', () => {
  test('installs at the first use, says so, and takes what is there at the second', async () => {
    const first = await prepare(whole)
    expect(first).toEqual({ python: place.path('キャッシュ 1/peers/bin/python'), version: '3.12.7', missing: {} })
    expect(said).toHaveLength(2)
    expect(await prepare('process.exit(9)')).toEqual(first) // what would fail is not asked
    expect(said).toHaveLength(2)
    expect(left()).toEqual(['peers'])
  })
  test('needs no Python of the system once it is installed', async () => {
    await prepare(whole)
    expect(await prepare(null)).toMatchObject({ version: '3.12.7' })
  })
  test('keeps the sentence of a peer that this platform does not have', async () => {
    const text = `${installs}console.log('{"pytorch": "no package of torch", "jax": null}')\n`
    const missing = { pytorch: 'no package of torch' }
    expect(await prepare(text)).toMatchObject({ missing })
    expect(await prepare(null)).toMatchObject({ missing })
  })
  test('installs again when the lists have changed', async () => {
    await prepare(whole)
    place.write('scripts/requirements.txt', 'numpy==2')
    await expect(prepare(null)).rejects.toThrow('got none')
    await prepare(whole)
    expect(left()).toEqual(['peers'])
    expect(await prepare(null)).toMatchObject({ version: '3.12.7' })
  })
  test('installs again when its Python does not run any more, or the proof is damaged', async () => {
    await prepare(whole)
    chmodSync(place.path('キャッシュ 1/peers/bin/python'), 0o644)
    await expect(prepare(null)).rejects.toThrow('got none')
    await prepare(whole)
    place.write('キャッシュ 1/peers/installed', '{"wanted": ')
    await expect(prepare(null)).rejects.toThrow('got none')
    expect(await prepare(whole)).toMatchObject({ version: '3.12.7' })
  })
  test('leaves nothing when it fails, and an older installation as it was', async () => {
    await expect(prepare(`${installs}console.error('ERROR: No matching distribution'); process.exit(1)`)).rejects.toThrow(
      'peers: expected packages for this platform and Python, got "ERROR: No matching distribution"; nothing was installed',
    )
    expect(left()).toEqual([])
    await prepare(whole)
    const before = readFileSync(place.path('キャッシュ 1/peers/installed'), 'utf8')
    place.write('scripts/requirements.txt', 'numpy==3')
    await expect(prepare(`${installs}process.exit(1)`)).rejects.toThrow('nothing was installed')
    expect(left()).toEqual(['peers'])
    expect(readFileSync(place.path('キャッシュ 1/peers/installed'), 'utf8')).toBe(before)
  })
  test('leaves nothing when its answer is none', async () => {
    await expect(prepare(installs)).rejects.toThrow()
    expect(left()).toEqual([])
  })
  test('leaves nothing when it is stopped', async () => {
    const stop = new AbortController()
    const waits = `${installs}setInterval(() => undefined, 1000);\n`
    const running = prepare(waits, { signal: stop.signal })
    while (!left().some((name) => existsSync(join(place.path('キャッシュ 1'), name, 'bin/python')))) await new Promise(setImmediate)
    stop.abort()
    await expect(running).rejects.toMatchObject({ code: 'cancelled', message: 'peers: stopped; nothing was installed' })
    expect(left()).toEqual([])
  })
  test('removes what a killed installation left, and nothing of one that goes on', async () => {
    for (const name of [`peers.part-${2 ** 30}`, `peers.part-${2 ** 30}-before`, `peers.part-${process.ppid}`, 'other']) {
      mkdirSync(place.path(`キャッシュ 1/${name}/bin`), { recursive: true }) // no process has the id 2³⁰
      writeFileSync(place.path(`キャッシュ 1/${name}/bin/python`), '')
    }
    await prepare(whole)
    expect(left().sort()).toEqual(['other', 'peers', `peers.part-${process.ppid}`])
  })
})

describe('failureSentence', () => {
  // Origin: pip 23.2.1 without a network, shortened; a full disk; a platform without a package
  test.each([
    [
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('Temporary failure in name resolution')'\nERROR: No matching distribution found for numpy==2.4.6\n",
      "peers: expected an answer from the index of Python's packages, got none; nothing was installed, try again with a network",
    ],
    [
      'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n',
      'peers: expected 3.6 GB of room on the disk, got a full one; nothing was installed',
    ],
    [
      'ERROR: No matching distribution found for numpy==2.4.6\n\n',
      'peers: expected packages for this platform and Python, got "ERROR: No matching distribution found for numpy==2.4.6"; nothing was installed',
    ],
    ['', 'peers: expected packages for this platform and Python, got ""; nothing was installed'],
  ])('%j', (stderr, sentence) => {
    expect(failureSentence(stderr)).toBe(sentence)
  })
})

test('cacheFolder is the one of the platform', () => {
  expect(cacheFolder({}, 'linux', '/home/me')).toBe('/home/me/.cache/kagami')
  expect(cacheFolder({ XDG_CACHE_HOME: '/fast' }, 'linux', '/home/me')).toBe('/fast/kagami')
  expect(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/me')).toBe('/home/me/.cache/kagami')
  expect(cacheFolder({ XDG_CACHE_HOME: '/fast' }, 'darwin', '/Users/me')).toBe('/Users/me/Library/Caches/Kagami')
})
