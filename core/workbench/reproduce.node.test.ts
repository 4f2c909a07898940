import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks } from '#core/store/stacks.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import { verifyProject } from '#core/store/verify.ts'
import {
  noisyStudy,
  openTestWorkbench,
  overheard,
  recordsOf,
  studyText,
  temporaryFolder,
  train,
  type TestFolder,
} from '#core/testing/studies.ts'
import { failureOf } from './workbench.ts'

let place: TestFolder
beforeEach(() => (place = temporaryFolder()))
afterEach(() => place.remove())

/** A workbench whose trainers are counted by the runs that they were given. */
function countingWorkbench(project: string) {
  const trained: string[] = []
  const launcher = overheard((message) => {
    if (message.kind === 'runsEnded') trained.push(...message.runs.map(({ run }) => run))
  })
  return { workbench: openTestWorkbench(project, { launcher }), trained }
}

describe('a study', () => {
  test('into two fresh projects gives equal series and equal parameters of every run', async () => {
    const [first, second] = [await train(place.path('a.kagami'), studyText()), await train(place.path('b.kagami'), studyText())]
    expect(Object.keys(first)).toHaveLength(4)
    expect(new Set(Object.values(first).map(({ parametersSha256 }) => parametersSha256)).size).toBe(4)
    expect(Object.values(first).map(({ state, outcome }) => [state, outcome?.kind])).toEqual(
      Array(4).fill(['finished', 'reached-last-step']),
    )
    expect(second).toEqual(first)
  })

  test('says while it trains how long it still will, and nothing afterwards', async () => {
    const said: (number | null)[] = []
    const launcher = overheard((message) => {
      if (message.kind === 'progress') said.push(workbench.get(study).secondsLeft)
    })
    const workbench = openTestWorkbench(place.path('a.kagami'), { launcher })
    const { study } = workbench.start({ text: noisyStudy })
    await workbench.idle(study)
    const [first, ...then] = said
    expect(first).toBeNull() // of no step a pace is known
    expect(then.length).toBeGreaterThan(0)
    for (const seconds of then) expect(seconds).toBeGreaterThanOrEqual(0)
    expect(workbench.get(study).secondsLeft).toBeNull()
    await workbench.close()
  })

  test('that has finished trains nothing when it is started again, and stays as it is', async () => {
    const before = await train(place.path('a.kagami'), studyText())
    const { workbench, trained } = countingWorkbench(place.path('a.kagami'))
    const { study, queued } = workbench.start({ text: studyText() })
    expect(failureOf(workbench.project, study, await workbench.idle(study))).toBeNull()
    expect([queued, trained]).toEqual([0, []])
    expect(recordsOf(workbench.project.db)).toEqual(before)
    await workbench.close()
  })

  test('that gains seeds trains the new runs only; the others keep ids, rows and hashes', async () => {
    const before = await train(place.path('a.kagami'), studyText({ seeds: { count: 2 } }))
    const { workbench, trained } = countingWorkbench(place.path('a.kagami'))
    const { study, queued } = workbench.start({ text: studyText({ seeds: { count: 4 } }) })
    await workbench.idle(study)
    const after = recordsOf(workbench.project.db)
    expect([queued, trained.length, Object.keys(after).length]).toEqual([1, 4, 8])
    expect(trained.every((run) => /\.[34]$/.test(run))).toBe(true)
    expect(Object.fromEntries(Object.entries(after).filter(([run]) => run in before))).toEqual(before)
    expect(workbench.get(study).runs.finished).toBe(8)
    expect(verifyProject(workbench.project)).toEqual([])
    await workbench.close()
  })

  test('with one level more is another study, of which the runs of the first know nothing', async () => {
    const text = (levels: number[]) => studyText({ factors: { 'regularisation.weightDecay': levels }, training: { steps: 3_000 } })
    const before = await train(place.path('a.kagami'), text([0.05, 0.5]))
    const workbench = openTestWorkbench(place.path('a.kagami'))
    const [old] = workbench.list()
    const { study } = workbench.start({ text: text([0.05, 0.2, 0.5]) })
    await workbench.idle(study)
    const { db } = workbench.project
    expect([study === old?.id, readStacks(db, study).length, readRuns(db, { study }).total]).toEqual([false, 1, 6])
    const vectorsOf = (id: string) => new Map(readCoefficients(db, id).map((one) => [one.run.slice(id.length + 1), one.measured]))
    const [first, second] = [vectorsOf(old?.id ?? ''), vectorsOf(study)]
    // The same random numbers in a stack of another height: only the last bits may differ, 5e-6 of coefficients between 1 and 2.
    for (const [run, values] of first) for (const [j, value] of values.entries()) expect(second.get(run)?.[j]).toBeCloseTo(value, 5)
    expect([first.size, second.size]).toEqual([4, 6])
    const still = Object.fromEntries(readRuns(db, { study: old?.id ?? '' }).runs.map(({ id, parametersSha256 }) => [id, parametersSha256]))
    expect(Object.values(still)).toEqual(Object.values(before).map(({ parametersSha256 }) => parametersSha256))
    await workbench.close()
  })

  test('by its order of factors or levels written otherwise finds its runs by their cells', async () => {
    const first = await train(place.path('a.kagami'), studyText({ factors: { 'regularisation.weightDecay': [0.05, 0.5] } }))
    const second = await train(place.path('b.kagami'), studyText({ factors: { 'regularisation.weightDecay': [0.5, 0.05] } }))
    expect(Object.keys(second).toSorted()).toEqual(Object.keys(first).toSorted())
  })
})
