/** Means over the second half of training beside the theory's, from the study's text to the report. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSeries } from '#core/store/readSeries.ts'
import { openTestWorkbench, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { gateValues } from './gateValues.ts'
import { predictionsOf } from './predictions.ts'
import { theoryOfMeans } from './reportMeans.ts'
import { allRuns, storedStudy } from './studies.ts'

expect.extend({ toBeAllclose })

let place: TestFolder
beforeEach(() => void (place = temporaryFolder()))
afterEach(() => place.remove())

const gate = { metric: 'coefficient-mean', of: 'mean', atLeast: -10, atMost: 10 }
const text = studyText({
  initialValues: { u: 0.8, w: 0.7 },
  data: { kind: 'scalar', target: 1 },
  noise: { label: { kind: 'gaussian', std: 2 } },
  optimiser: { kind: 'sgd', learningRate: 0.01 },
  regularisation: { weightDecay: 0.1 },
  training: { steps: 100, record: { every: 10 } },
  measure: ['loss', 'norm'],
  factors: { 'noise.label.std': [0, 2] },
  seeds: { count: 3 },
  gates: [
    { ...gate, over: 'last-half', where: { 'noise.label.std': 2 } },
    { ...gate, where: { 'noise.label.std': 2 } },
    { ...gate, over: 'last-half', where: { 'noise.label.std': 0 } },
  ],
})

test('a prediction of means stands beside the measured mean in verdict and report, and beside no last value', async () => {
  const workbench = openTestWorkbench(place.path('means.kagami'))
  try {
    const { study } = workbench.start({ text })
    await workbench.idle(study)
    const { db } = workbench.project
    const runs = allRuns(db, study)
    const noisy = new Set(runs.filter(({ levels }) => levels[0]?.value === 2).map(({ id }) => id))
    // what was recorded after step 50, run by run
    const halves = readSeries(db, { study, metric: 'coefficient-mean', buckets: 1_000 }).blocks.flatMap((block) =>
      block.runs.flatMap((id, lane) => {
        const own = [...block.steps].flatMap((step, i) => (step > 50 ? [block.values[lane * block.steps.length + i] ?? Number.NaN] : []))
        return noisy.has(id) ? [own.reduce((sum, value) => sum + value, 0) / own.length] : []
      }),
    )
    expect(halves).toHaveLength(3)
    const measured = halves.reduce((sum, value) => sum + value, 0) / 3

    // 8.10: soft(1, .1 + .01·4)
    const [ofMean, ofLast, noiseless] = workbench.get(study).verdict
    expect(ofMean?.theory?.en).toBe('Noise and decay add up')
    expect(ofMean?.predicted).toBeAllclose(0.86)
    expect(ofMean?.value).toBeAllclose(measured)
    expect(ofLast).toMatchObject({ theory: null, predicted: null })
    expect(noiseless).toMatchObject({ theory: null, predicted: null }) // the lasso speaks of how a run ends

    const { metrics } = workbench.get(study)
    const [entry, ...more] = theoryOfMeans(storedStudy(workbench.project, study).study.cells, {
      runs,
      predictions: predictionsOf(db, study),
      metrics,
      valueOf: gateValues(db, study),
    })
    expect(more).toEqual([])
    expect(entry).toMatchObject({ oracle: '8.10', metric: { en: 'Mean of the coefficients' }, cells: [{ replicates: 3 }] })
    const [cell] = entry?.cells ?? []
    expect(cell?.predicted).toBeAllclose(0.86)
    expect(cell?.measured).toBeAllclose(measured)
    // Student's t with 2 degrees of freedom: 4.302653 standard errors
    const deviation = Math.sqrt(halves.reduce((sum, value) => sum + (value - measured) ** 2, 0) / 2)
    expect((cell?.high ?? 0) - measured).toBeAllclose((4.302653 * deviation) / Math.sqrt(3), { relative: 1e-6 })

    const { markdown } = await workbench.report({ study, language: 'en' })
    expect(markdown).toContain('Against theory: Noise and decay add up')
    expect(markdown).toContain('Theory (Noise and decay add up) gives 0.86.')
  } finally {
    await workbench.close()
  }
})
