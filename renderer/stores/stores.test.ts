import { isReactive } from 'vue'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { aRun, aSeries, aStudy, anInstallUnderWay, anInstallation, anInstalled, eightRuns } from '../testing/fixtures.ts'
import { openPage, settle, type Page } from '../testing/page.ts'
import { createStandIn, type StandIn } from '../testing/standIn.ts'
import { toProblem } from '../client/problem.ts'
import { useEngines } from './engines.ts'
import { useEvents } from './events.ts'
import { usePresets } from './presets.ts'
import { pageRows, useRuns } from './runs.ts'
import { useSeries } from './series.ts'
import { useStudies } from './studies.ts'

/** Draws what came, and lets the pauses after it pass. */
async function rest({ clock }: Page): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    await settle()
    clock.draw()
  }
  for (let turn = 0; turn < 2; turn += 1) {
    await settle()
    clock.pass()
  }
  await settle()
}

const count = (standIn: StandIn, route: string): number => standIn.calls.filter((call) => call.startsWith(route)).length

describe('studies', () => {
  test('a refused start keeps the sentence and the code of the workbench', async () => {
    const standIn = createStandIn()
    standIn.refuse('studies.start', new Refusal('invalid-input', 'training.steps: expected a whole number ≥ 1, got -5'))
    const studies = openPage(standIn).inside(useStudies)
    const problem = await studies.start({ text: 'x' }).then(() => null, toProblem)
    expect(problem).toEqual({ code: 'invalid-input', message: 'training.steps: expected a whole number ≥ 1, got -5', problems: [] })
  })

  test('a study that cannot be read has a problem, and none any more when it can', async () => {
    const standIn = createStandIn({ studies: [aStudy()] })
    const { inside, clock } = openPage(standIn)
    const studies = inside(useStudies)
    standIn.refuse('studies.get', new Refusal('store-failed', 'project: expected a readable file, got EIO'))
    await studies.refresh('abc')
    expect(studies.problems.get('abc')?.code).toBe('store-failed')
    standIn.refuse('studies.get', null)
    clock.pass()
    await settle()
    await studies.refresh('abc')
    expect(studies.problems).toEqual(new Map())
    expect(studies.known.get('abc')?.name).toBe('small')
  })

  test('a hundred changes of a study ask for it twice: at the first, and once after the pause', async () => {
    const standIn = createStandIn({ studies: [aStudy()] })
    const { inside, clock } = openPage(standIn)
    inside(useStudies)
    inside(useEvents).follow()
    await settle()
    for (let frame = 0; frame < 100; frame += 1) {
      standIn.publish({ kind: 'studyChanged', study: 'abc' })
      await settle()
      clock.draw()
    }
    await settle()
    expect(count(standIn, 'studies.get')).toBe(1)
    clock.pass()
    await settle()
    expect(count(standIn, 'studies.get')).toBe(2)
  })
})

describe('series', () => {
  test('arrays arrive whole and are not made reactive', async () => {
    const runs = eightRuns()
    const standIn = createStandIn({ series: () => aSeries(runs, [0, 1]) })
    const opened = openPage(standIn).inside(useSeries).open({ study: 'abc', metric: 'loss' })
    await settle()
    const series = opened.series.value
    expect(series?.blocks[0]?.values).toBeInstanceOf(Float64Array)
    expect(series?.blocks[0]?.values[2]).toBe(10)
    expect(isReactive(series)).toBe(false)
  })

  test('progress of another study asks for nothing, of its own for the new rows', async () => {
    const standIn = createStandIn({ series: () => aSeries(eightRuns()) })
    const page = openPage(standIn)
    const { inside, clock } = page
    inside(useSeries).open({ study: 'abc', metric: 'loss' })
    inside(useEvents).follow()
    await rest(page)
    expect(count(standIn, 'series.read')).toBe(1)
    standIn.publish({ kind: 'progressed', study: 'other', step: 1, steps: 2 })
    await settle()
    clock.draw()
    await settle()
    expect(count(standIn, 'series.read')).toBe(1)
    standIn.publish({ kind: 'progressed', study: 'abc', step: 1, steps: 2 })
    await settle()
    clock.draw()
    await settle()
    expect(count(standIn, 'series.read')).toBe(2)
  })

  test('two readers share one answer, and the last to close ends the asking', async () => {
    const standIn = createStandIn({ series: () => aSeries(eightRuns()) })
    const page = openPage(standIn)
    const { inside } = page
    const store = inside(useSeries)
    const [one, two] = [store.open({ study: 'abc', metric: 'loss' }), store.open({ study: 'abc', metric: 'loss' })]
    inside(useEvents).follow()
    await settle()
    expect(one.series.value).toBe(two.series.value)
    one.close()
    one.close()
    two.close()
    const before = count(standIn, 'series.read')
    await rest(page)
    standIn.publish({ kind: 'progressed', study: 'abc', step: 1, steps: 2 })
    await rest(page)
    expect(count(standIn, 'series.read')).toBe(before)
  })

  test('a slow drawing is followed by a rest twice as long', async () => {
    const standIn = createStandIn({ series: () => aSeries(eightRuns()) })
    const { inside, clock } = openPage(standIn)
    inside(useSeries).open({ study: 'abc', metric: 'loss' })
    await settle()
    clock.draw()
    clock.advance(70)
    await settle()
    clock.draw()
    await settle()
    expect(clock.pass()).toEqual([140])
  })

  test('a refused reading keeps the last answer and says why', async () => {
    const standIn = createStandIn({ series: () => aSeries(eightRuns()) })
    const page = openPage(standIn)
    const { inside } = page
    const store = inside(useSeries)
    const opened = store.open({ study: 'abc', metric: 'loss' })
    await rest(page)
    standIn.refuse('series.read', new Refusal('not-found', 'series: expected a metric of the study, got "loss"'))
    store.open({ study: 'abc', metric: 'loss' })
    await settle()
    expect(opened.series.value?.metric).toBe('loss')
    expect(opened.problem.value?.message).toContain('expected a metric')
  })
})

describe('runs', () => {
  test('of a hundred thousand rows only the pages on the screen are asked for', async () => {
    const runs = Array.from({ length: 100_000 }, (_, replicate) => aRun({ id: `r${replicate}`, replicate }))
    const standIn = createStandIn({ runs })
    const store = openPage(standIn).inside(useRuns)
    await store.choose({ study: 'abc' })
    expect(store.total).toBe(100_000)
    store.show(50_010, 50_030)
    await settle()
    expect(store.row(50_020)?.replicate).toBe(50_020)
    expect(store.row(70_000)).toBeNull()
    expect(standIn.calls.filter((call) => call.startsWith('runs.list'))).toEqual([`runs.list 0+${pageRows}`, `runs.list 50000+${pageRows}`])
  })

  test('another order shows its own rows, and a late answer of the old order is dropped', async () => {
    const runs = [3, 1, 2].map((value) => aRun({ id: `r${value}`, values: { loss: value } }))
    const { inside, clock } = openPage(createStandIn({ runs }))
    const store = inside(useRuns)
    const first = store.choose({ study: 'abc', sort: 'loss' })
    const second = store.choose({ study: 'abc', sort: '-loss' })
    await settle()
    clock.pass()
    await Promise.all([first, second])
    expect([0, 1, 2].map((index) => store.row(index)?.id)).toEqual(['r3', 'r2', 'r1'])
  })
})

describe('presets and engines', () => {
  test('presets go from empty to loading to full, and to failed with the reason', async () => {
    const standIn = createStandIn()
    const presets = openPage(standIn).inside(usePresets)
    expect(presets.state).toBe('empty')
    const loaded = presets.load()
    expect(presets.state).toBe('loading')
    await loaded
    expect(presets.state).toBe('full')
    standIn.refuse('presets.list', new Refusal('store-failed', 'presets: expected a folder, got none'))
    await presets.load()
    expect([presets.state, presets.problem?.message]).toEqual(['failed', 'presets: expected a folder, got none'])
  })

  test('a proof without numbers arrives with NaN, not with null', async () => {
    const proof = {
      engine: 'cpu',
      available: false,
      device: null,
      size: 512,
      error: Number.NaN,
      bound: 1,
      gflops: Number.NaN,
      versions: {},
      reason: 'x',
    } as const
    const engines = openPage(createStandIn({ proofs: [{ ...proof, versions: {} }] })).inside(useEngines)
    await engines.prove()
    expect(engines.proofs?.[0]?.error).toBeNaN()
  })
})

describe('the installation', () => {
  const during = { done: 30, total: 100, stage: 'fetch' } as const

  test('is read again when it changes, and goes on by what is heard', async () => {
    const standIn = createStandIn()
    const { inside, clock } = openPage(standIn)
    const engines = inside(useEngines)
    inside(useEvents).follow()
    await engines.load()
    expect([engines.installation?.installed, engines.underWay]).toEqual([null, null])
    standIn.data.installation = anInstallation({ underWay: anInstallUnderWay({ progress: { ...during, done: 10 } }) })
    standIn.publish({ kind: 'engineChanged', progress: null })
    await settle()
    clock.draw()
    await settle()
    expect(engines.underWay?.progress?.done).toBe(10) // as a page that was opened in its middle has it
    standIn.publish({ kind: 'engineChanged', progress: during })
    await settle()
    clock.draw()
    expect([engines.underWay?.progress, engines.secondsLeft]).toEqual([during, null])
    clock.advance(2_000)
    standIn.publish({ kind: 'engineChanged', progress: { ...during, done: 70 } })
    await settle()
    clock.draw()
    expect(engines.secondsLeft).toBe(1.5) // 40 in 2 s, 30 are left
    standIn.data.installation = anInstallation({ installed: anInstalled(), endedMs: 5 })
    standIn.publish({ kind: 'engineChanged', progress: null })
    await settle()
    clock.draw()
    await settle()
    expect([engines.installation?.installed?.version, engines.underWay, engines.secondsLeft]).toEqual(['2.21.0', null, null])
  })

  test('of another process has the progress that was read, not that of an own one before', async () => {
    const standIn = createStandIn({ installation: anInstallation({ underWay: anInstallUnderWay({ progress: null }) }) })
    const { inside, clock } = openPage(standIn)
    const engines = inside(useEngines)
    inside(useEvents).follow()
    await engines.load()
    await settle()
    standIn.publish({ kind: 'engineChanged', progress: during })
    await settle()
    clock.draw()
    standIn.data.installation = anInstallation({
      underWay: anInstallUnderWay({ by: 'another-process', pid: 7, progress: { stage: 'find', done: 0, total: 0 } }),
    })
    await engines.load()
    expect(engines.underWay).toMatchObject({ pid: 7, progress: { stage: 'find' } })
  })

  test('is read again after a break, and a call that is refused says why', async () => {
    const standIn = createStandIn()
    const page = openPage(standIn)
    const engines = page.inside(useEngines)
    page.inside(useEvents).follow()
    await settle()
    standIn.breakStreams()
    await rest(page)
    expect(count(standIn, 'engines.installation')).toBeGreaterThan(0)
    standIn.refuse('engines.install', new Refusal('conflict', 'engine: expected one installation at a time, got another that is under way'))
    expect((await engines.install({ variant: 'cpu' }).then(() => null, toProblem))?.code).toBe('conflict')
    standIn.data.installation = anInstallation({ installed: anInstalled({ bytes: 7 }) })
    await engines.load()
    expect(await engines.remove()).toBe(7)
    await engines.cancel()
    expect(standIn.calls).toEqual(expect.arrayContaining(['engines.install {"variant":"cpu"}', 'engines.remove', 'engines.cancel']))
  })
})
