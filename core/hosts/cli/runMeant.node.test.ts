import { afterEach, beforeEach, expect, test } from 'vitest'
import { openProject, type Project } from '#core/store/project.ts'
import { sampleStudy } from '#core/store/fixtures/sampleStudy.ts'
import { insertStudy } from '#core/store/studies.ts'
import { temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { runMeant } from './runMeant.ts'

let place: TestFolder
let project: Project
beforeEach(() => {
  place = temporaryFolder()
  project = openProject(place.path('p.kagami'), { mode: 'write', create: true, nowMs: 1 })
})
afterEach(() => {
  project.close()
  place.remove()
})

const design = sampleStudy('sample', { seeds: 11, perStack: 22 })
const { id: study } = design.study
const meant = (text: string | undefined) => runMeant(project.db, text).id

test('a run is meant by its id, by the end of it that tables show, or by a start of either that only one has', () => {
  insertStudy(project.db, design)
  const run = `${study}-c1-s2`
  for (const text of [run, 'c1-s2']) expect(meant(text)).toBe(run)
  expect(meant('c1-s11')).toBe(`${study}-c1-s11`)
  expect(meant('c1-s1')).toBe(`${study}-c1-s1`) // whole, although two others begin so
})

test('what no run or several runs are called is refused in one sentence', () => {
  expect(() => meant(undefined)).toThrow('RUN: expected a run of the project, which has none, got nothing')
  insertStudy(project.db, design)
  expect(() => meant('')).toThrow('RUN: expected a run of the project, such as c0-s1, got nothing')
  expect(() => meant('c0-s')).toThrow(`RUN: expected one run, got "c0-s", with which 11 begin: ${study}-c0-s1, ${study}-c0-s2, …`)
  expect(() => meant('c9')).toThrow('RUN: expected a run of this project, got "c9"')
})
