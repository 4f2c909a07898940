/** The route for mirrors on trained runs, and a study that nobody trains; the report's account of the same symmetries. */
import { createRouterClient } from '@orpc/server'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assert } from '#core/contract/errors.ts'
import type { Mirrors } from '#core/contract/mirrors.ts'
import type { Run } from '#core/contract/runs.ts'
import { callerOptions } from '#core/contract/wire.ts'
import { resources } from '#core/hosts/node.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks } from '#core/store/stacks.ts'
import { openTestWorkbench, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { mirrorsOfStudy } from './mirrors.ts'
import { symmetriesOf } from './reportSymmetries.ts'
import { createRouter } from './router.ts'
import { openSource } from './sources.ts'
import { storedStudy } from './studies.ts'
import type { Workbench } from './workbench.ts'

const network = studyText({
  name: 'network',
  model: { kind: 'perceptron', widths: [4], activation: 'tanh' },
  data: { kind: 'low-rank-matrix', rows: 4, columns: 3, singularValues: [3.5, 2] },
  training: { steps: 300, record: { every: 100 } },
  factors: { 'regularisation.weightDecay': [5] }, // above every threshold: all neurons die
  seeds: { count: 1 },
})
const removed = studyText({
  name: 'removed',
  model: { kind: 'perceptron', widths: [4], activation: 'tanh' },
  reparametrise: [{ kind: 'asymmetric-mask', parameters: 'layer1.weight', fixed: 0.5 }],
  factors: { 'regularisation.weightDecay': [0.1] },
  training: { steps: 10 },
  seeds: { count: 1 },
})

let place: TestFolder
let workbench: Workbench
beforeAll(async () => {
  place = temporaryFolder()
  workbench = openTestWorkbench(place.path('a.kagami'), { jobs: 2 })
  for (const text of [studyText(), network, removed]) await workbench.idle(workbench.start({ text }).study)
})
afterAll(async () => {
  await workbench.close()
  place.remove()
})

function runsOf(name: string): readonly Run[] {
  return readRuns(workbench.project.db, {}).runs.filter(({ study }) => study.startsWith(`${name}-`))
}
const client = () =>
  createRouterClient(
    createRouter(workbench),
    callerOptions(() => undefined),
  )
const mirrorsOf = (run: string, at?: 'start'): Promise<Mirrors> => client().mirrors.get(at === undefined ? { run } : { run, at })

describe('the mirrors of a run', () => {
  test('of products: residuals as recorded, and the conserved quantity at the rate of its decay', async () => {
    for (const { id, study, values, levels } of runsOf('small')) {
      const { mirrors, families, origin, notes } = await mirrorsOf(id)
      expect(origin).toEqual({ kind: 'run', run: id, study, state: 'finished', parameters: 'final', step: 400, steps: 400 })
      expect(mirrors.map(({ family, reflection, count, rank }) => [family, reflection, count, rank])).toEqual([
        ['rescaling', 'flip', 4, 2],
        ['exchange', 'exchange', 4, 1],
        ['exchange', 'negated-exchange', 4, 1],
      ])
      const [flip, ...exchanges] = mirrors.map(({ residual }) => residual ?? Number.NaN)
      expect(flip).toBeCloseTo(values['mirror-residual:rescaling'] ?? Number.NaN, 12)
      expect(Math.min(...exchanges)).toBeCloseTo(values['mirror-residual:exchange'] ?? Number.NaN, 12)
      const decay = levels[0]?.value
      expect(mirrors.map((row) => row.decay)).toEqual([decay, decay, decay])
      assert(typeof decay === 'number', 'the factor is the weight decay')
      expect(families[0]?.conserved).toMatchObject({ entries: 4, rate: 4 * decay, isKept: true })
      expect(notes).toEqual([])
    }
  })
  test('the conserved quantity falls from start to end as the flow says', async () => {
    // e^(−4γηT) = e^(−1.6 decay … ) with η = 0.02, T = 400: t = 8
    const [run] = runsOf('small')
    assert(run !== undefined, 'the study has runs')
    const of = async (at?: 'start') => (await mirrorsOf(run.id, at)).families[0]?.conserved?.largest ?? Number.NaN
    const [start, end] = [await of('start'), await of()]
    const decay = Number(run.levels[0]?.value)
    // a step multiplies by c² − η²g², c = 1 − 2ηγ: off the flow by a few η γ, and by η² g² of each step
    expect(end / start).toBeCloseTo(Math.exp(-4 * decay * 8), 1)
  })
  test('before training needs no parameters, and is the same point for every ask', async () => {
    const [run] = runsOf('network')
    assert(run !== undefined, 'the study has runs')
    const start = await mirrorsOf(run.id, 'start')
    expect(start.origin).toMatchObject({ parameters: 'start', step: 0, steps: 300 })
    expect(await mirrorsOf(run.id, 'start')).toEqual(start)
    const end = await mirrorsOf(run.id)
    for (const { verdict } of end.mirrors) expect(verdict).toBe('attracts')
    // full batches: off a mirror a step multiplies by 1 − η(λ + 2γ), so Λ has the sign of γ_loc − γ while η of the largest is below 2
    for (const { verdict, exponent, threshold, decay } of [...start.mirrors, ...end.mirrors]) {
      expect(exponent?.estimator).toBe('exact')
      expect(verdict).toBe((threshold?.value ?? Number.NaN) < (decay ?? Number.NaN) ? 'attracts' : 'repels')
      expect((exponent?.value ?? Number.NaN) < 0).toBe(verdict === 'attracts')
    }
  })
  test('that a mask has taken away are rejected and named, and some neurons may keep theirs', async () => {
    const [run] = runsOf('removed')
    assert(run !== undefined, 'the study has runs')
    const { mirrors, rejected, families } = await mirrorsOf(run.id)
    expect(rejected.filter(({ isExpected }) => isExpected).map(({ family, reflection }) => [family, reflection])).toEqual([
      ['sign-flip-layer1', 'flip'],
      ['permutation-layer1', 'swap'],
      ['permutation-layer1', 'negated-swap'],
    ])
    for (const { family, isFound } of families) expect(isFound).toBe(mirrors.some((row) => row.family === family))
  })
  test('a run that is not there, and one that has nothing yet, are refused; folders are gone', async () => {
    await expect(mirrorsOf('nobody')).rejects.toMatchObject({ code: 'not-found' })
    const { study } = workbench.start({
      text: studyText({ name: 'waiting', training: { steps: 4_000_000, record: { every: 1_000_000 } } }),
    })
    const [run] = runsOf('waiting')
    assert(run !== undefined, 'the study has runs')
    expect(run.state).toBe('queued')
    await expect(mirrorsOf(run.id)).rejects.toThrow(`run: expected one with parameters or a checkpoint, got ${run.id}, whose state is `)
    expect((await mirrorsOf(run.id, 'start')).mirrors).toHaveLength(3)
    workbench.stop(study)
    await workbench.idle(study)
    expect(readdirSync(workbench.scratch).filter((name) => name.startsWith('mirrors-'))).toEqual([])
  })
})

describe('the mirrors of a study that nobody trains', () => {
  const of = (where: Readonly<Record<string, string>>) => {
    const source = openSource({ text: studyText() }, resources)
    return mirrorsOfStudy(workbench.runJob, source, { where, scratch: place.path('scratch') })
  }
  test('are those of its cell at the levels, as its first seed starts', async () => {
    const { origin, mirrors } = await of({ 'regularisation.weightDecay': '0.5' })
    expect(origin).toEqual({
      kind: 'study',
      name: 'small',
      levels: [{ factor: 'regularisation.weightDecay', label: '0.5' }],
      replicate: 1,
    })
    const run = runsOf('small').find(({ replicate, levels }) => replicate === 1 && levels[0]?.label === '0.5')
    assert(run !== undefined, 'the study has the run')
    expect(mirrors).toEqual((await mirrorsOf(run.id, 'start')).mirrors)
    expect((await of({})).origin).toMatchObject({ levels: [{ label: '0.05' }] })
  })
  test.each([
    [{ model: 'x' }, 'where.model: expected one of regularisation.weightDecay, got "model"'],
    [{ 'regularisation.weightDecay': '3' }, 'where.regularisation.weightDecay: expected one of 0.05, 0.5, got "3"'],
  ])('%j is refused', async (where, sentence) => {
    await expect(Promise.resolve().then(() => of(where))).rejects.toThrow(sentence)
  })
})

describe("a report's symmetries", () => {
  const rowsOf = (name: string) => {
    const runs = runsOf(name)
    const id = runs[0]?.study ?? ''
    const shapes = new Map(readStacks(workbench.project.db, id).map((stack) => [stack.id, stack.shape]))
    return symmetriesOf(storedStudy(workbench.project, id).study.cells, { runs, shapes })
  }
  test('are those of the model, with the mirrors of the data that it has', () => {
    expect(rowsOf('small')).toMatchObject([
      { title: { en: 'Rescaling of factors' }, mirrors: 4, cells: 2, changed: 0, kept: 2, conserved: { tex: 'u^2 - w^2', kept: 2, rates: [0.2, 2] } },
      { title: { en: 'Exchange of factors' }, mirrors: 8, cells: 2, changed: 0, kept: 2, conserved: null },
    ]) // prettier-ignore
    expect(rowsOf('network').map(({ mirrors, onMirror }) => [mirrors, onMirror])).toEqual([[12, 'equal'], [4, 'zero']]) // prettier-ignore
  })
  test('count no cell that changes variables', () => {
    expect(rowsOf('removed').map(({ cells, changed, kept }) => [cells, changed, kept])).toEqual([[1, 1, 0], [1, 1, 0]]) // prettier-ignore
  })
})
