/** What `kagami bench` refuses, before anything is proved, installed or timed. */
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonOf, kagamiHere, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'

let place: TestFolder
beforeAll(() => (place = temporaryFolder()))
afterAll(() => place.remove())

test.each([
  [['e9'], 'problems: expected one of mf-1, mf-16, mf-256, e1, e5, mlp, conv, got "e9"'],
  [['e1', '--jobs', '0'], '--jobs: expected a whole number from 1 on, got "0"'],
  [['--engine', 'wasm', '--engine', 'wsam', 'e1'], '--engine: expected one of wasm, '],
  [['--html', 'bench.pdf', 'e1'], '--html: expected a name that ends in .html, got "bench.pdf"'],
])('bench %j is refused: %s', async (args, sentence) => {
  const { status, stdout } = await kagamiHere(['bench', ...args, '--json'], place.folder)
  const { error } = jsonOf<{ error: { code: string; message: string } }>(stdout)
  expect(status).toBe(2)
  expect(error.code).toBe('invalid-input')
  expect(error.message).toContain(sentence)
  expect(readdirSync(place.folder)).toEqual([])
})
