import { afterAll, beforeAll, expect, test } from 'vitest'
import { kagami, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'

let place: TestFolder
beforeAll(() => (place = temporaryFolder()))
afterAll(() => place.remove())

test.each([
  [1, /^1 run: 1 finished, in /m],
  [2, /^2 runs: 2 finished, in /m],
])('a study of %d finished says so in the right number', async (count, sentence) => {
  place.write('s.json', studyText({ training: { steps: 10 }, factors: {}, seeds: { count } }))
  const { status, stdout } = await kagami(['run', 's.json', '--project', `${count}.kagami`], place.folder)
  expect(stdout).toMatch(sentence)
  expect(status).toBe(0)
})
