import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fetchBinary, findBinary, hasDisplay } from './binary.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kagami 鏡 '))
  mkdirSync(join(root, 'node_modules', 'electron', 'dist'), { recursive: true })
  writeFileSync(join(root, 'node_modules', 'electron', 'package.json'), '{"version":"45.0.0"}')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** What Electron's installer does, played: a script that runs in its place. */
const installer = (script: string) => writeFileSync(join(root, 'node_modules', 'electron', 'install.js'), script)
const puts = `const fs = require('node:fs'), path = require('node:path')
fs.writeFileSync(path.join(__dirname, 'dist', 'electron'), '')
fs.writeFileSync(path.join(__dirname, 'path.txt'), 'electron')`

function fetchNow(stalledAfterMs = 20_000) {
  const said: string[] = []
  const found = fetchBinary({ root, memory: join(root, '.build'), say: (sentence) => said.push(sentence), stalledAfterMs })
  return { found, said }
}

describe('desktop', () => {
  test('a display is asked for on Linux only', () => {
    expect(hasDisplay({ platform: 'linux', env: {} })).toBe(false)
    expect(hasDisplay({ platform: 'linux', env: { DISPLAY: '' } })).toBe(false)
    expect(hasDisplay({ platform: 'linux', env: { DISPLAY: ':0' } })).toBe(true)
    expect(hasDisplay({ platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe(true)
    expect(hasDisplay({ platform: 'darwin', env: {} })).toBe(true)
  })

  test('a binary that is named but not there is not found', () => {
    expect(findBinary(root, {})).toBeNull()
    writeFileSync(join(root, 'node_modules', 'electron', 'path.txt'), 'electron')
    expect(findBinary(root, {})).toBeNull()
    writeFileSync(join(root, 'node_modules', 'electron', 'dist', 'electron'), '')
    expect(findBinary(root, {})).toBe(join(root, 'node_modules', 'electron', 'dist', 'electron'))
  })

  test('a fetch that succeeds gives the binary', async () => {
    installer(puts)
    expect(await fetchNow().found).toBe(join(root, 'node_modules', 'electron', 'dist', 'electron'))
  })

  test('a refusal is said once and remembered', async () => {
    installer('process.exit(1)')
    const first = fetchNow()
    expect(await first.found).toBeNull()
    expect(first.said.at(-1)).toMatch(/could not be fetched.*delete/)
    installer(puts)
    const second = fetchNow()
    expect(await second.found).toBeNull()
    expect(second.said).toEqual([])
  })

  test('a fetch without progress is given up', async () => {
    installer('setInterval(() => undefined, 1000)')
    const { found, said } = fetchNow(1_000)
    expect(await found).toBeNull()
    expect(said).toHaveLength(2)
  })
})
