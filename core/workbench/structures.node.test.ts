import { createRouterClient } from '@orpc/server'
import { readdirSync, rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assert } from '#core/contract/errors.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Structure } from '#core/contract/structure.ts'
import { callerOptions } from '#core/contract/wire.ts'
import { pathOf } from '#core/store/artifacts.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks } from '#core/store/stacks.ts'
import { readCoefficients } from '#core/store/vectors.ts'
import { noisySteps, noisyStudy, openTestWorkbench, overheard, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { createRouter } from './router.ts'
import { structureOfRun } from './structures.ts'
import type { Workbench } from './workbench.ts'

const perceptron = studyText({
  name: 'network',
  model: { kind: 'perceptron', widths: [6, 5], activation: 'tanh' },
  data: { kind: 'low-rank-matrix', rows: 4, columns: 3, singularValues: [3.5, 2] },
  training: { steps: 600, record: { every: 100 } },
  factors: { 'regularisation.weightDecay': [0.001, 0.1] },
})

let place: TestFolder
let workbench: Workbench
beforeAll(async () => {
  place = temporaryFolder()
  workbench = openTestWorkbench(place.path('a.kagami'), { jobs: 2 })
  const diverging = studyText({ name: 'wild', factors: { 'optimiser.learningRate': [1e6] }, seeds: { count: 1 } })
  const turned = studyText({
    name: 'turned',
    model: { kind: 'matrix-factorisation', width: 3 },
    data: { kind: 'low-rank-matrix', rows: 4, columns: 3, singularValues: [3.5, 2] },
  })
  for (const text of [studyText(), perceptron, diverging, turned]) await workbench.idle(workbench.start({ text }).study)
})
afterAll(async () => {
  await workbench.close()
  place.remove()
})

const runsOf = (name: string): readonly Run[] => readRuns(workbench.project.db, {}).runs.filter(({ study }) => study.startsWith(`${name}-`))
const client = () =>
  createRouterClient(
    createRouter(workbench),
    callerOptions(() => undefined),
  )
const structureOf = (run: string): Promise<Structure> => client().structures.get({ run })

describe('the structure of a run', () => {
  test('of a product is that of its coefficients, never of a factor, and agrees with what training recorded', async () => {
    const stored = readCoefficients(workbench.project.db, runsOf('small')[0]?.study ?? '')
    for (const { id, study, values } of runsOf('small')) {
      const { layers, origin, mirrors, neurons } = await structureOf(id)
      expect(origin).toEqual({ kind: 'run', run: id, study, state: 'finished', parameters: 'final', step: 400, steps: 400 })
      expect([layers.map(({ name, shape }) => [name, shape]), neurons]).toEqual([[['v', [4, 1]]], []])
      const measured = stored.find(({ run }) => run === id)?.measured ?? new Float64Array()
      expect(layers[0]?.norm).toBeCloseTo(Math.hypot(...measured), 13)
      expect(layers[0]?.sparsity.map(({ share }) => share)).toEqual([3, 6, 9, 12].map((digits) => values[`sparsity-1e-${digits}`]))
      expect(layers[0]?.exactZeros).toBe(values['exact-zeros'])
      expect(mirrors.map(({ family, residual, reached, places }) => [family, residual, (reached ?? NaN) / (places ?? NaN)])).toEqual(
        ['rescaling', 'exchange'].map((family) => [family, values[`mirror-residual:${family}`], values[`mirrors-reached:${family}`]]),
      )
    }
  })

  test('of a network has its layers, its neurons and their mirrors, as recorded', async () => {
    const runs = runsOf('network')
    expect(runs).toHaveLength(4)
    for (const { id, values } of runs) {
      const { layers, neurons, mirrors, notes } = await structureOf(id)
      expect(layers.map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
        ['layer1.weight', [4, 6], 'float32'],
        ['layer1.bias', [6], 'float32'],
        ['layer2.weight', [6, 5], 'float32'],
        ['layer2.bias', [5], 'float32'],
        ['layer3.weight', [5, 3], 'float32'],
        ['layer3.bias', [3], 'float32'],
      ])
      for (const { name, spectrum } of layers) {
        if (spectrum === null) continue
        expect([spectrum.numericRank, spectrum.effectiveRank, spectrum.singularValues[0]]).toEqual(
          ['numeric-rank', 'effective-rank', 'largest-singular-value'].map((metric) => values[`${metric}:${name}`]),
        )
      }
      expect(neurons.map(({ name, activation, width }) => [name, activation, width])).toEqual([
        ['layer1', 'odd', 6],
        ['layer2', 'odd', 5],
      ])
      for (const { name, groups, survivors, vanishing, width } of neurons) {
        expect([groups, survivors]).toEqual([values[`homogeneous-groups:${name}`], values[`survivors:${name}`]])
        expect(vanishing).toHaveLength(width - (survivors ?? NaN))
      }
      for (const { family, residual } of mirrors) expect([family, residual]).toEqual([family, values[`mirror-residual:${family}`]])
      expect(mirrors.map(({ family }) => family)).toEqual([
        'permutation-layer1',
        'permutation-layer2',
        'sign-flip-layer1',
        'sign-flip-layer2',
      ])
      expect(notes).toEqual([])
    }
  })

  test('of a factorised matrix is that of the product; its inner neurons turn freely and are no neurons', async () => {
    const [run] = runsOf('turned')
    assert(run !== undefined, 'the study has runs')
    const { layers, neurons, mirrors } = await structureOf(run.id)
    expect([layers.map(({ name, shape }) => [name, shape]), neurons]).toEqual([[['product', [4, 3]]], []])
    expect(layers[0]?.spectrum?.singularValues.length).toBe(3)
    expect(mirrors.map(({ family, residual, places }) => [family, residual, places])).toEqual([
      ['rotation', run.values['mirror-residual:rotation'], null],
    ])
  })

  test('that diverged is that of its last finite weights, and says so', async () => {
    const [run] = runsOf('wild')
    assert(run?.outcome?.kind === 'diverged', 'the run diverged')
    const { layers, notes } = await structureOf(run.id)
    expect(notes).toEqual([{ kind: 'diverged', step: run.outcome.step }])
    expect(layers[0]?.norm).toBeGreaterThan(0)
  })

  test('leaves nothing in the scratch folder', async () => {
    await structureOf(runsOf('small')[0]?.id ?? '')
    expect(readdirSync(workbench.scratch).filter((name) => name.startsWith('structure-'))).toEqual([])
  })

  test('of an unknown run is refused', async () => {
    await expect(structureOf('nobody.c.1')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('"nobody.c.1"') as string }) // prettier-ignore
  })

  test('whose file is missing is refused as a damaged store', async () => {
    const own = openTestWorkbench(place.path('damaged.kagami'))
    await own.idle(own.start({ text: studyText({ seeds: { count: 1 } }) }).study)
    const [run] = readRuns(own.project.db, {}).runs
    assert(run !== undefined, 'the study has runs')
    for (const { parametersSha256 } of readStacks(own.project.db, run.study)) rmSync(pathOf(own.project, parametersSha256 ?? ''))
    await expect(structureOfRun(own, run.id)).rejects.toMatchObject({ code: 'store-failed' })
    await own.close()
  })
})

describe('a run that trains', () => {
  test('has its latest checkpoint, with the step; before the first there is nothing to tell', async () => {
    let told: () => void = () => undefined
    const checkpoint = new Promise<void>((resolve) => (told = resolve))
    const early: Promise<unknown>[] = []
    const launcher = overheard((message) => {
      if (message.kind === 'began') early.push(structureOfRun(busy, readRuns(busy.project.db, {}).runs[0]?.id ?? '').catch((error: unknown) => error)) // prettier-ignore
      if (message.kind === 'progress' && readStacks(busy.project.db, study)[0]?.checkpoint != null) told()
    })
    const busy = openTestWorkbench(place.path('busy.kagami'), { launcher, checkpointEveryMs: 20 })
    const { study } = busy.start({ text: noisyStudy })
    await Promise.race([checkpoint, busy.idle(study)])
    const [run] = readRuns(busy.project.db, {}).runs
    assert(run !== undefined, 'the study has runs')
    const { origin, layers } = await structureOfRun(busy, run.id)
    assert(origin.kind === 'run', 'it is of a run')
    if (origin.parameters === 'checkpoint') expect(origin.state).toBe('running')
    expect(origin.step).toBeGreaterThan(0)
    expect(origin.step).toBeLessThanOrEqual(noisySteps)
    expect(layers[0]?.norm).toBeGreaterThan(0)
    busy.stop(study)
    await busy.idle(study)
    expect(await Promise.all(early)).toMatchObject([{ code: 'not-found', message: expect.stringMatching(/expected one with parameters or a checkpoint, got .*, whose state is (queued|running)/) as string }]) // prettier-ignore
    await busy.close()
  })

  test('and was stopped has the checkpoint that it left', async () => {
    const own = openTestWorkbench(place.path('stopped.kagami'), {
      launcher: overheard((message) => {
        if (message.kind === 'progress') own.stop(study)
      }),
    })
    const { study } = own.start({ text: noisyStudy })
    await own.idle(study)
    const [run] = readRuns(own.project.db, {}).runs
    assert(run !== undefined, 'the study has runs')
    const { origin } = await structureOfRun(own, run.id)
    const step = readStacks(own.project.db, study)[0]?.checkpoint?.step
    expect(origin).toMatchObject({ kind: 'run', state: 'stopped', parameters: 'checkpoint', step, steps: noisySteps })
    expect(step).toBeGreaterThan(0)
    expect(step).toBeLessThan(noisySteps)
    await own.close()
  })
})
