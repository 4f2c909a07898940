import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resources } from '#core/hosts/node.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import { openTestWorkbench, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { openDataFiles } from './files.ts'
import { predictionsOf } from './predictions.ts'
import { figuresOf } from './reportFigures.ts'
import { allRuns } from './studies.ts'

let place: TestFolder
beforeEach(() => void (place = temporaryFolder()))
afterEach(() => place.remove())

describe('a project of another version', () => {
  test('is listed, and a study with a kind that is not known here is refused by name', async () => {
    const workbench = openTestWorkbench(place.path('a.kagami'), { jobs: 1 })
    try {
      const { study } = workbench.start({ text: studyText({ training: { steps: 20 } }) })
      await workbench.idle(study)
      const { db } = workbench.project
      db.prepare(`UPDATE studies SET resolved_json = json_set(resolved_json, '$.measure', json('["loss", "entropy"]'))`).run()
      expect(workbench.list().map(({ id }) => id)).toEqual([study])
      expect(() => workbench.resume(study)).not.toThrow() // it has finished: nothing needs to be known
      await expect(workbench.report({ study, language: 'en' })).rejects.toThrow(/measure\[1\].*entropy.*another version/)
    } finally {
      await workbench.close()
    }
  })
})

describe('data files', () => {
  test('a study that is no file names a table of the program or an absolute path of a table, nothing else', () => {
    const files = openDataFiles(null, resources)
    expect(files('resource:data/diabetes.csv')).toMatchObject({
      name: 'diabetes.csv',
      bytes: readFileSync(join(resources, 'data/diabetes.csv')),
    })
    for (const path of ['/etc/passwd', '/proc/self/environ', 'a.csv', '../a.csv', 'resource:../package.json', 'resource:/etc/passwd']) {
      expect(() => files(path), path).toThrow(/data\.path: expected/)
    }
  })
})

describe('a report', () => {
  test('draws curves of every level, however many seeds the first has', async () => {
    const workbench = openTestWorkbench(place.path('b.kagami'), { jobs: 1 })
    try {
      const text = studyText({ training: { steps: 10 }, factors: { 'regularisation.weightDecay': [0.01, 0.1, 1] }, seeds: { count: 120 } })
      const { study } = workbench.start({ text })
      await workbench.idle(study)
      const { db } = workbench.project
      const { factors, metrics } = workbench.get(study)
      const source = {
        db,
        study,
        factors,
        metrics,
        runs: allRuns(db, study),
        coefficients: readCoefficients(db, study),
        predictions: predictionsOf(db, study),
      }
      const curves = figuresOf(source, []).find((figure) => figure.kind === 'curves')
      expect(curves?.data.groups.map(({ label, lines }) => [label, lines.length])).toEqual([
        ['0.01', 66],
        ['0.1', 66],
        ['1', 66],
      ]) // 200 lines shared by three levels
    } finally {
      await workbench.close()
    }
  })
})
