import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installationRecord } from '#core/testing/installer/standIns.ts'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { defaultEngine } from './defaultEngine.ts'

let place: TestFolder
beforeEach(() => void (place = temporaryFolder()))
afterEach(() => place.remove())

const linux = { platform: 'linux', arch: 'x64' } as const

function install(): void {
  mkdirSync(place.path('kagami/engines/a'), { recursive: true })
  place.write('kagami/engines/a/install.json', JSON.stringify(installationRecord()))
  place.write('kagami/engines/tensorflow.json', JSON.stringify({ folder: 'a' }))
}

describe('the default engine', () => {
  test('is the embedded one until TensorFlow is installed', () => {
    const env = { XDG_DATA_HOME: place.folder }
    expect(defaultEngine({ env, ...linux })).toEqual({ engine: 'wasm', reason: 'embedded' })
    install()
    expect(defaultEngine({ env, ...linux })).toEqual({ engine: 'tensorflow', reason: 'installed' })
  })

  test('is the embedded one where an installation of another platform is found, or a half one', () => {
    install()
    const env = { KAGAMI_TENSORFLOW: place.path('kagami/engines/a') }
    expect(defaultEngine({ env, ...linux }).engine).toBe('tensorflow')
    for (const other of [{ arch: 'arm64' }, { platform: 'darwin' }, { platform: 'win32' }])
      expect(defaultEngine({ env, ...linux, ...other })).toEqual({ engine: 'wasm', reason: 'embedded' })
    place.write('kagami/engines/a/install.json', '{"format":1,')
    expect(defaultEngine({ env, ...linux }).engine).toBe('wasm')
  })

  test('is what KAGAMI_ENGINE names, whatever is installed; a name that is none is refused', () => {
    install()
    const env = (name: string) => ({ XDG_DATA_HOME: place.folder, KAGAMI_ENGINE: name })
    expect(defaultEngine({ env: env('cpu'), ...linux })).toEqual({ engine: 'cpu', reason: 'set' })
    expect(defaultEngine({ env: env(''), ...linux }).engine).toBe('tensorflow')
    expect(() => defaultEngine({ env: env('torch') })).toThrow(/^KAGAMI_ENGINE: expected one of wasm, tensorflow, .*, got "torch"$/)
  })
})
