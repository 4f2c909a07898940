import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openProject } from '#core/store/project.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks } from '#core/store/stacks.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import { kagami, openTestWorkbench, recordsOf, studyText, temporaryFolder, train, type TestFolder } from '#core/testing/studies.ts'
import type { Workbench } from './workbench.ts'

const study = (rates: readonly number[]) =>
  studyText({
    training: { steps: 2_000, record: { every: 50 } },
    regularisation: { weightDecay: 0.1 },
    factors: { 'optimiser.learningRate': rates },
  })

let place: TestFolder
beforeEach(() => (place = temporaryFolder()))
afterEach(() => place.remove())

async function trained(name: string, rates: readonly number[]): Promise<{ workbench: Workbench; id: string }> {
  const workbench = openTestWorkbench(place.path(name))
  const { study: id } = workbench.start({ text: study(rates) })
  await workbench.idle(id)
  return { workbench, id }
}

describe('runs with a learning rate of 1e6', () => {
  test('finish as diverged with the step, and leave their neighbours the bits that an ordinary rate there leaves them', async () => {
    const wild = await train(place.path('wild.kagami'), study([0.02, 1e6]))
    const tame = await train(place.path('tame.kagami'), study([0.02, 0.03]))
    const diverged = Object.values(wild).filter(({ outcome }) => outcome?.kind === 'diverged')
    expect(diverged).toHaveLength(2)
    // The first step throws the parameters to about 1e6; the product of two is then 1e12 and the next update beyond float32's 3.4e38 at the latest.
    for (const { state, outcome } of diverged) {
      expect(state).toBe('finished')
      expect(outcome?.kind === 'diverged' ? outcome.step : 0).toBeGreaterThan(0)
      expect(outcome?.kind === 'diverged' ? outcome.step : 9).toBeLessThanOrEqual(4)
    }
    const neighbours = Object.entries(wild).filter(([, { outcome }]) => outcome?.kind === 'reached-last-step')
    expect(neighbours).toHaveLength(2)
    for (const [run, record] of neighbours) expect(record).toEqual(tame[run])
  })

  test('leave their neighbours within 1e-5 of the largest coefficient of a study without them', async () => {
    const [mixed, alone] = [await trained('mixed.kagami', [0.02, 1e6]), await trained('alone.kagami', [0.02])]
    const alike = new Map(
      readCoefficients(alone.workbench.project.db, alone.id).map((one) => [one.run.slice(alone.id.length), one.measured]),
    )
    expect(readStacks(mixed.workbench.project.db, mixed.id)).toHaveLength(1)
    expect(alike.size).toBe(2)
    for (const { run, measured } of readCoefficients(mixed.workbench.project.db, mixed.id)) {
      const expected = alike.get(run.slice(mixed.id.length))
      if (expected === undefined) {
        expect(measured.every(Number.isNaN)).toBe(true) // a diverged run has no coefficients
        continue
      }
      const largest = Math.max(...expected.map(Math.abs))
      for (const [j, value] of measured.entries()) expect(Math.abs(value - (expected[j] ?? Number.NaN))).toBeLessThanOrEqual(1e-5 * largest)
    }
    await mixed.workbench.close()
    await alone.workbench.close()
  })

  test('are counted as diverged by a comparison and told by the report', async () => {
    const { workbench, id } = await trained('mixed.kagami', [0.02, 1e6])
    const { levels } = await workbench.compare({ study: id, factor: 'optimiser.learningRate', metric: 'loss' })
    expect(levels.map(({ label, n, diverged, mean }) => [label, n, diverged, mean === null])).toEqual([
      ['0.02', 2, 0, false],
      ['1000000', 0, 2, true],
    ])
    const { html, markdown } = await workbench.report({ study: id, language: 'en' })
    expect(html).toMatch(/diverged/)
    expect(markdown).toMatch(/diverged/)
    expect(readRuns(workbench.project.db, { study: id, sort: '-loss' }).runs.map(({ values }) => Number.isNaN(values['loss']))).toEqual([
      false,
      false,
      true,
      true,
    ])
    await workbench.close()
  })

  test('are a success of the command line, which says the word and the step', async () => {
    place.write('wild.yaml', study([0.02, 1e6]))
    const { status, stdout } = await kagami(['run', 'wild.yaml', '--project', 'wild.kagami'], place.folder)
    expect(stdout).toMatch(/^4 runs: 4 finished, 2 of them diverged, in /m)
    expect(status).toBe(0)
    const { stdout: table } = await kagami(['runs', 'wild.kagami'], place.folder)
    const steps = Object.values(readAll(place.path('wild.kagami'))).flatMap(({ outcome }) =>
      outcome?.kind === 'diverged' ? [outcome.step] : [],
    )
    expect(table.match(/diverged at \d+/g)).toEqual(steps.map((step) => `diverged at ${step}`))
  })
})

function readAll(folder: string) {
  const project = openProject(folder, { mode: 'read' })
  try {
    return recordsOf(project.db)
  } finally {
    project.close()
  }
}
