import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRuns } from '#core/store/readRuns.ts'
import { kagami, openTestWorkbench, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { mirrorsOfRun } from './mirrors.ts'

let place: TestFolder
beforeEach(() => (place = temporaryFolder()))
afterEach(() => place.remove())

/** Under γ = 0.5 every coefficient dies and the loss stays above 1; under 0.05 it falls to the noise. Origin: the study's data, coefficients 1.5 and −2. */
const study = studyText({
  training: { steps: 2_000, record: { every: 100 } },
  regularisation: { weightDecay: 0.05 },
  factors: { 'regularisation.weightDecay': [0.01, 3] },
  gates: [
    { metric: 'loss', atMost: 100 },
    { metric: 'loss', atMost: 1, stopFrom: 1_000 },
  ],
})

test('a gate with stopFrom ends the runs that break it: outcome, values, verdict, comparison, report and command line say so', async () => {
  const workbench = openTestWorkbench(place.path('p.kagami'))
  const { study: id } = workbench.start({ text: study })
  await workbench.idle(id)
  const { runs } = readRuns(workbench.project.db, { study: id })
  expect(runs.map(({ outcome }) => outcome)).toEqual([
    { kind: 'reached-last-step' },
    { kind: 'reached-last-step' },
    { kind: 'stopped-by-gate', step: 1_000, gate: 1 },
    { kind: 'stopped-by-gate', step: 1_000, gate: 1 },
  ])
  for (const { values } of runs) expect(values['loss']).toBeGreaterThan(0) // a number for all of them
  expect(workbench.get(id).verdict.map(({ passed, total }) => [passed, total])).toEqual([
    [4, 4],
    [2, 4],
  ])
  const { levels } = await workbench.compare({ study: id, factor: 'regularisation.weightDecay', metric: 'loss' })
  expect(levels.map(({ n, diverged, stopped }) => [n, diverged, stopped])).toEqual([
    [2, 0, 0],
    [2, 0, 2],
  ])
  const [en, ja] = [await workbench.report({ study: id, language: 'en' }), await workbench.report({ study: id, language: 'ja' })]
  expect(en.markdown).toMatch(/2 of them stopped by a gate/)
  expect(en.markdown).toMatch(
    /A run that a gate stops is finished and counts with its values of that step: 3, seed 1 at step 1000 by gate 2/,
  )
  expect(ja.markdown).toMatch(/判定ゲートで停止したラン/)
  const { origin } = await mirrorsOfRun(workbench, { run: runs[2]?.id ?? '' })
  expect(origin).toMatchObject({ parameters: 'final', step: 1_000, steps: 2_000 }) // the parameters are those of that step
  expect(workbench.resume(id).queued).toBe(0) // they have ended
  await workbench.close()
})

test('the command line says how many were stopped, and exports the step', async () => {
  place.write('s.yaml', study)
  const { status, stdout } = await kagami(['run', 's.yaml', '--project', 'p.kagami'], place.folder)
  expect(stdout).toMatch(/^4 runs: 4 finished, 2 of them stopped by a gate, in /m)
  expect(status).toBe(0) // what gates say is the study's answer
  const { stdout: table } = await kagami(['runs', 'p.kagami'], place.folder)
  expect(table.match(/stopped at 1000 by gate 2/g)).toHaveLength(2)
  await kagami(['export', 'p.kagami', '--what', 'runs', '--out', 'runs.csv'], place.folder)
  expect(readFileSync(place.path('runs.csv'), 'utf8').match(/finished,stopped-by-gate,1000,/g)).toHaveLength(2)
  const { stdout: verified, status: same } = await kagami(['verify', 'p.kagami'], place.folder)
  expect([same, verified.match(/different/)]).toEqual([0, null])
})
