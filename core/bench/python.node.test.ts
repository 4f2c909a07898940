import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { findPython, pythonCommands, versionOf } from './python.ts'
import type { Command } from './runChild.ts'

let place: TestFolder
beforeAll(() => (place = temporaryFolder()))
afterAll(() => place.remove())

/** A program that answers a probe as a Python of this version does. */
function standIn(version: string, status = 0): Command {
  const text = `console.log(${JSON.stringify(version)}); process.exitCode = ${status}`
  return [process.execPath, place.write(`python-${version}-${status}.mjs`, text)]
}
const nowhere: Command = ['/nowhere/python3']

describe('findPython', () => {
  test('takes the first that is there and new enough', async () => {
    const found = standIn('3.12.1')
    expect(await findPython([nowhere, standIn('2.7.18'), standIn('3.10.9'), found, standIn('3.13.0')])).toBe(found)
  })
  test.each([
    ['none on PATH', () => [nowhere], 'expected 3.11 or newer as "/nowhere/python3" (KAGAMI_PYTHON names another), got none'],
    ['one that is too old', () => [standIn('3.9.2')], 'got 3.9.2'],
    ['a Python 4, of which nothing is known', () => [standIn('4.0.0')], 'got 4.0.0'],
    [
      'one that cannot make an environment',
      () => [standIn('3.11.2', 3)],
      'got 3.11.2 without venv and ensurepip (Debian: apt-get install python3-venv)',
    ],
    ['one that only says where to get it', () => [standIn('Python was not found', 1)], 'got none'],
  ])('refuses %s in one sentence', async (_, commands, sentence) => {
    const refusal = await findPython(commands()).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'engine-unavailable' })
    expect(String(refusal)).toContain(sentence)
    expect(String(refusal)).not.toContain('\n')
  })
})

test('pythonCommands looks on PATH by the names of the platform, unless KAGAMI_PYTHON names one', () => {
  expect(pythonCommands({}, 'linux')).toEqual([['python3'], ['python']])
  expect(pythonCommands({ KAGAMI_PYTHON: '' }, 'win32')).toEqual([['py', '-3'], ['python']])
  expect(pythonCommands({ KAGAMI_PYTHON: '/opt/鏡 python' }, 'linux')).toEqual([['/opt/鏡 python']])
})

test('versionOf is null for what does not run', async () => {
  expect(await versionOf(standIn('3.14.0'))).toBe('3.14.0')
  expect(await versionOf(standIn('3.14.0', 1))).toBeNull()
  expect(await versionOf(nowhere)).toBeNull()
})
