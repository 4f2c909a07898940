import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Phase, PhaseQuery } from '#core/contract/phase.ts'
import { openReader } from '#core/hosts/node.ts'
import { scratchFolder } from '#core/store/project.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { readStudy } from '#core/store/studies.ts'
import { jsonOf, kagami, openTestWorkbench, studyText, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { phaseBeside } from './phases.ts'
import { phaseQuestion } from './reportPhase.ts'
import type { Workbench } from './workbench.ts'

expect.extend({ toBeAllclose })

const decay = 'regularisation.weightDecay'
const target = 'data.target'
const rate = 'optimiser.learningRate'

// (uw − y)² + γ(u² + w²): zero for y ≤ γ, y − γ above it (theory.md 8.1). The rate 1e6 diverges.
const text = studyText({
  data: { kind: 'scalar', target: 1 },
  optimiser: { kind: 'sgd', learningRate: 0.05 },
  training: { steps: 400 },
  factors: { [target]: [1.5, 0.5], model: [{ kind: 'product-linear' }, { kind: 'linear' }], [decay]: [0.25, 1], [rate]: [0.05, 1e6] },
  gates: [{ metric: 'sparsity-1e-3', atMost: 1 }],
})
const held = { model: 'product-linear', [rate]: '0.05' }

let place: TestFolder
let workbench: Workbench
let study: string
beforeAll(async () => {
  place = temporaryFolder()
  workbench = openTestWorkbench(place.path('a.kagami'), { jobs: 2 })
  study = workbench.start({ text }).study
  await workbench.idle(study)
})
afterAll(async () => {
  await workbench.close()
  place.remove()
})

const ask = (change: Partial<PhaseQuery> = {}): Promise<Phase> =>
  phaseBeside(workbench, { study, x: target, y: decay, metric: 'coefficient-norm', where: held, ...change })

describe('a phase diagram of a project', () => {
  test('has the levels in increasing order, and in every cell the runs that are at both', async () => {
    const { x, y, cells } = await ask()
    expect([x.levels.map(({ value }) => value), y.levels.map(({ value }) => value)]).toEqual([[0.5, 1.5], [0.25, 1]]) // prettier-ignore
    const runs = readRuns(workbench.project.db, { study }).runs
    for (const { x: i, y: j, n, mean } of cells) {
      const labels = [x.levels[i]?.label, y.levels[j]?.label, 'product-linear', '0.05']
      const values = runs.filter((run) => labels.every((label) => run.levels.some((level) => level.label === label))).map(({ values }) => values['coefficient-norm'] ?? Number.NaN) // prettier-ignore
      expect(n).toBe(values.length)
      expect(mean).toBeAllclose(values.reduce((sum, value) => sum + value, 0) / values.length)
    }
  })

  test('has the theory’s boundary y = γ over it, and agrees with it', async () => {
    const { cells, boundary } = await ask()
    expect(boundary?.oracles.map(({ number }) => number)).toEqual(['8.2'])
    // of γ from .25 to 1 two thirds have a target from .5 to 1.5, of the targets half a γ: so it runs along γ, and smaller targets collapse
    expect([boundary?.along, boundary?.lines.map(({ collapses }) => collapses)]).toEqual(['y', ['below']])
    expect(boundary?.lines[0]?.points.map(({ at, value }) => at - value)).toBeAllclose(boundary?.lines[0]?.points.map(() => 0) ?? [])
    const isCollapsed = ({ mean }: Phase['cells'][number]) => (mean ?? Number.NaN) < 1e-3
    expect(cells.map(isCollapsed)).toEqual([false, false, true, false]) // of (.5, 1) alone the target lies under the decay
  })

  test('counts runs that diverged, and leaves their numbers out', async () => {
    const { cells, boundary } = await ask({ where: { ...held, [rate]: '1000000' } })
    expect(cells.map(({ n, mean, standardDeviation }) => [n, mean, standardDeviation])).toEqual(cells.map(() => [0, null, null]))
    expect(cells.every(({ diverged }) => diverged > 0)).toBe(true)
    expect(boundary?.lines).toHaveLength(1) // what the theory says does not depend on how a rate does
  })

  test('counts runs that a gate stopped, whose numbers are of the step at which it did', async () => {
    const gated = studyText({
      name: 'gated',
      data: { kind: 'scalar', target: 1 },
      optimiser: { kind: 'sgd', learningRate: 0.05 },
      training: { steps: 100, record: { every: 10 } },
      factors: { [target]: [1, 3], [decay]: [0.25, 1] },
      gates: [{ metric: 'loss', atMost: 0.3, stopFrom: 50, where: { [decay]: 1 } }],
    })
    const id = workbench.start({ text: gated }).study
    await workbench.idle(id)
    const { cells } = await phaseBeside(workbench, { study: id, x: target, y: decay, metric: 'loss' })
    // under γ = 1 the loss stays at γ² or y², at least 1; the gate does not speak about the smaller decay
    expect(cells.map(({ n, diverged, stopped }) => [n, diverged, stopped])).toEqual([[2, 0, 0], [2, 0, 0], [2, 0, 2], [2, 0, 2]]) // prettier-ignore
    expect(cells.every(({ mean }) => mean !== null)).toBe(true)
  })

  test('pools the levels of factors that are not held, and then draws no boundary; nor for a model without one', async () => {
    const { pooled, cells, boundary } = await ask({ where: { [rate]: '0.05' } })
    expect([pooled, boundary]).toEqual([['model'], null])
    expect(cells.every(({ n }) => n === 4)).toBe(true) // two models, two seeds
    expect((await ask({ where: { model: 'linear', [rate]: '0.05' } })).boundary).toBeNull()
  })

  test.each<[Partial<PhaseQuery>, string]>([
    [{ x: 'model', where: {} }, 'x: expected a factor whose levels are numbers, got "model" with the level "product-linear"'],
    [{ y: target }, `y: expected another factor than x, got "${target}" twice`],
    [{ y: 'regularisation.weightDecya' }, `got "regularisation.weightDecya"; did you mean ${decay}?`],
    [{ metric: 'los' }, 'got "los"; did you mean loss?'],
    [{ where: { [decay]: '1' } }, `where: expected factors other than x and y, got "${decay}"`],
    [{ where: { model: 'liner' } }, 'where.model: expected one of product-linear, linear, got "liner"; did you mean linear?'],
    [{ metric: '' }, 'phase.metric: expected a text of length ≥ 1, got ""'],
  ])('refuses %j with what there is', async (change, sentence) => {
    await expect(ask(change)).rejects.toThrow(sentence)
  })

  test('refuses more pairs of levels than a picture holds', async () => {
    const drawn = { uniform: { from: 0.01, to: 0.1 } } // 101 cells have 101 levels of each
    const wide = workbench.start({
      text: studyText({
        name: 'wide',
        training: { steps: 1 },
        factors: { [decay]: drawn, [rate]: drawn },
        design: { kind: 'random', cells: 101 },
      }),
    }).study
    await expect(phaseBeside(workbench, { study: wide, x: decay, y: rate, metric: 'loss' })).rejects.toThrow(
      'phase: expected at most 10000 pairs of levels, got 101 × 101 = 10201',
    )
    await workbench.idle(wide)
  })

  test('leaves nothing in the scratch folder, and is asked by a reader and by the command line alike', async () => {
    const expected = await ask()
    const reader = openReader(place.path('a.kagami'), () => undefined)
    expect(await phaseBeside(reader, { study, x: target, y: decay, metric: 'coefficient-norm', where: held })).toEqual(expected)
    reader.close()
    expect(readdirSync(scratchFolder(workbench.project)).filter((name) => name.startsWith('phase'))).toEqual([])
    const command = ['compare', 'a.kagami', '--study', study, '--by', target, '--and', decay, '--metric', 'coefficient-norm']
    const where = ['--where', 'model=product-linear', '--where', `${rate}=0.05`]
    const [json, table, csv, refused] = await Promise.all(
      [[...where, '--json'], where, [...where, '--format', 'csv'], ['--until', 'loss<=1']].map((more) =>
        kagami([...command, ...more], place.folder),
      ),
    )
    expect(jsonOf<Phase>(json?.stdout ?? '')).toEqual(expected)
    expect(table?.stdout).toContain('Theory (oracle 8.2) draws a boundary')
    expect(table?.stdout.split('\n').filter((line) => line.trimEnd().endsWith('below'))).toHaveLength(9)
    expect(csv?.stdout.trim().split('\n').map((line) => line.split(',').length)).toEqual([3, 3, 3]) // prettier-ignore
    expect(refused?.stderr).toContain('--and: expected no --until beside it')
  }, 60_000)

  test('stands in a report, on the metric of the first gate, with the others at their first level', async () => {
    const { factors, metrics } = readStudy(workbench.project.db, study)
    const gates = [{ metric: 'sparsity-1e-3' }]
    expect(phaseQuestion({ study, factors, metrics, gates })?.query).toEqual({
      study,
      x: target,
      y: decay,
      metric: 'sparsity-1e-3',
      where: held,
    })
    expect(phaseQuestion({ study, factors, metrics, gates: [] })?.query.metric).toBe(metrics[0]?.name)
    expect(phaseQuestion({ study, factors: factors.slice(0, 2), metrics, gates })).toBeNull()
    const { html, markdown } = await workbench.report({ study, language: 'en' })
    expect(html).toContain('Phase diagram')
    expect(markdown).toContain('The dashed line is where Lasso (oracle 8.2) says that collapse begins')
    expect((await workbench.report({ study, language: 'ja' })).html).toContain('相図')
  }, 60_000)
})

test('the preset’s levels lie on both sides of its boundary', () => {
  const preset = readFileSync(new URL('../../resources/presets/phase-diagram.yaml', import.meta.url), 'utf8')
  // Origin: theory.md 8.9: k/(s² − k²) = η at s = 1, and γ = .3 − k
  const boundaryAt = (eta: number) => 0.3 - (Math.sqrt(1 + 4 * eta ** 2) - 1) / (2 * eta)
  const judged = [
    ...preset.matchAll(/(atMost|atLeast): [\d.]+,?\s+where: \{ optimiser.learningRate: ([\d.]+), regularisation.weightDecay: ([\d.]+) \}/g),
  ]
  expect(judged).toHaveLength(10)
  for (const [, rule, eta, gamma] of judged) expect(Number(gamma) > boundaryAt(Number(eta))).toBe(rule === 'atLeast')
})
