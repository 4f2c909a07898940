import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { enginesFolder, installationIn, installedTensorflow, type InstallRecord } from './place.ts'

const record: InstallRecord = {
  format: 1,
  version: '2.21.0',
  variant: 'cpu',
  wheels: [],
  addonSha256: '',
  compiler: 'c++',
  installedMs: 0,
  bytes: 1,
  proof: null,
}

describe('the folder of engines', () => {
  test.each([
    ['linux', {}, '/home/me/.local/share/kagami/engines'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/kagami/engines'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/me/.local/share/kagami/engines'],
    ['darwin', { XDG_DATA_HOME: '/data' }, '/home/me/Library/Application Support/Kagami/engines'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/Kagami/engines'],
    ['win32', {}, '/home/me/AppData/Local/Kagami/engines'],
  ])('on %s with %o: %s', (platform, env, expected) => expect(enginesFolder(env, { platform, home: '/home/me' })).toBe(expected))
})

describe('the installation that counts', () => {
  let place: TestFolder
  beforeEach(() => {
    place = temporaryFolder()
  })
  afterEach(() => place.remove())

  /** An installation as far as its record. */
  function write(name: string, content: string = JSON.stringify(record)): string {
    const folder = place.path(name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'install.json'), content)
    return folder
  }

  test('is the one that the file names', () => {
    write('tensorflow-2.21.0-cpu')
    const folder = write('tensorflow-2.21.0-cpu-2')
    expect(installationIn(place.folder)).toBeNull()
    place.write('tensorflow.json', JSON.stringify({ folder: 'tensorflow-2.21.0-cpu-2' }))
    expect(installationIn(place.folder)).toEqual({ folder, record })
  })

  test.each([
    ['a file that is cut off', '{"folder"', JSON.stringify(record)],
    ['a file that names what is not there', '{"folder":"gone"}', JSON.stringify(record)],
    ['a record that is cut off', '{"folder":"a"}', '{'],
    ['a record of another format', '{"folder":"a"}', JSON.stringify({ ...record, format: 2 })],
  ])('is none with %s', (_, pointer, content) => {
    write('a', content)
    place.write('tensorflow.json', pointer)
    expect(installationIn(place.folder)).toBeNull()
  })

  test('is another where the variable names its folder', () => {
    const folder = write('elsewhere')
    expect(installedTensorflow({ KAGAMI_TENSORFLOW: folder, XDG_DATA_HOME: place.folder })).toEqual({ folder, record })
    expect(installedTensorflow({ KAGAMI_TENSORFLOW: place.path('gone') })).toBeNull()
    expect(installedTensorflow({ XDG_DATA_HOME: place.folder })).toBeNull()
  })
})
