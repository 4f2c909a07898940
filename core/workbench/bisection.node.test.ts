import { cpSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRuns } from '#core/store/readRuns.ts'
import { readStacks } from '#core/store/stacks.ts'
import {
  openTestWorkbench,
  overheard,
  recordsOf,
  studyText,
  temporaryFolder,
  type RunRecord,
  type TestFolder,
} from '#core/testing/studies.ts'
import { transitionsOf } from './transitions.ts'
import { verifyRuns } from './verify.ts'
import { failureOf, type Workbench } from './workbench.ts'

/**
 * A matrix with the singular values 2 and 0.8 under decay γ: the smaller dies at γ* = 0.8 (theory.md 8.5) and with it the residual of the nearest
 * rotation mirror. A run sees it die only from γ* + δ on, δ = ln(s₀ / tol) / (2ηT) = ln(1 / 1e-3) / (2 · 0.05 · 2,000) = 0.035 (theory.md 9).
 */
const bisected = (changes: Readonly<Record<string, unknown>> = {}) =>
  studyText({
    name: 'bisected',
    model: { kind: 'matrix-factorisation', width: 2, init: { std: 0.5 } },
    data: { kind: 'low-rank-matrix', rows: 3, columns: 2, singularValues: [2, 0.8] },
    loss: { kind: 'sse' },
    optimiser: { kind: 'sgd', learningRate: 0.05 },
    training: { steps: 2_000, record: { every: 500 } },
    measure: ['loss', 'mirror-residual', 'rank'],
    factors: {},
    seeds: { count: 3 },
    design: {
      kind: 'bisection',
      factor: 'regularisation.weightDecay',
      from: 0.2,
      to: 1.8,
      precision: 0.2,
      above: { metric: 'mirror-residual:rotation', atMost: 1e-3 },
    },
    ...changes,
  })
const [critical, resolved, precision, rounds] = [0.8, 0.035, 0.2, 3] as const

let shared: TestFolder
let unbroken: { readonly records: Readonly<Record<string, RunRecord>>; readonly transitions: ReturnType<typeof told> }
const told = ({ project }: Workbench, study: string) => transitionsOf(project, study)

beforeAll(async () => {
  shared = temporaryFolder()
  const workbench = openTestWorkbench(shared.path('unbroken.kagami'))
  const { study } = workbench.start({ text: bisected() })
  await workbench.idle(study)
  unbroken = { records: recordsOf(workbench.project.db), transitions: told(workbench, study) }
  await workbench.close()
})
afterAll(() => shared.remove())

let projects = 0
const fresh = () => shared.path(`${(projects += 1)}.kagami`)

describe('a bisection', () => {
  test('finds the decay at which a singular value dies, for every seed and to its precision', () => {
    const [transition, ...others] = unbroken.transitions
    expect(others).toEqual([])
    expect(transition).toMatchObject({ factor: 'regularisation.weightDecay', wanted: 0, failure: null, where: [] })
    expect(transition?.brackets).toHaveLength(3)
    for (const { state, low, high, runs } of transition?.brackets ?? []) {
      expect(state).toBe('crossed')
      expect((high ?? Number.NaN) - (low ?? Number.NaN)).toBeLessThanOrEqual(precision + 1e-12) // one rounding for each halving
      expect(low).toBeLessThanOrEqual(critical + resolved)
      expect(high).toBeGreaterThanOrEqual(critical)
      expect(runs).toHaveLength(2 + rounds)
      expect(runs.map(({ level }) => level)).toEqual(runs.map(({ level }) => level).toSorted((a, b) => a - b))
    }
    // the theory's residual is √(s₂ / (s₁ + s₂)) of what is left of the values: 1e-3 at s₂ = 1.2e-6
    expect(transition?.theory).toBeGreaterThan(critical - 2e-6)
    expect(transition?.theory).toBeLessThanOrEqual(critical)
    expect(transition?.oracle).toBe('8.5')
    const { value = Number.NaN, interval = null } = transition?.mean ?? {}
    expect(Math.abs(value - critical)).toBeLessThanOrEqual(precision / 2 + resolved)
    expect(interval?.low).toBeLessThan(critical + resolved)
    expect(interval?.high).toBeGreaterThan(critical)
  })

  test('trains a seed only at the levels that it wants, and its study has those levels as a factor', async () => {
    const workbench = openTestWorkbench(shared.path('unbroken.kagami'))
    const [study] = workbench.list()
    const { runs } = readRuns(workbench.project.db, { limit: 100 })
    expect(runs).toHaveLength(3 * (2 + rounds))
    expect(readStacks(workbench.project.db, study?.id ?? '')).toHaveLength(1 + rounds)
    const levels = new Set(runs.map(({ levels }) => levels[0]?.value))
    expect(study?.factors).toMatchObject([{ path: 'regularisation.weightDecay', ordered: true }])
    expect(study?.factors[0]?.levels.map(({ value }) => value)).toEqual([...levels].toSorted((a, b) => Number(a) - Number(b)))
    expect(workbench.start({ text: bisected() })).toMatchObject({ queued: 0 }) // nothing is left
    await workbench.close()
  })

  test('is trained again bit for bit by verify', async () => {
    const workbench = openTestWorkbench(shared.path('unbroken.kagami'))
    const compared = await verifyRuns(workbench, undefined)
    expect(compared.map(({ runs, different }) => [runs, different])).toEqual([[6, []], ...Array.from({ length: rounds }, () => [3, []])])
    await workbench.close()
  })

  test('crosses its factor with the others, each combination a bisection of its own', async () => {
    const workbench = openTestWorkbench(fresh())
    const data = (smallest: number) => ({ kind: 'low-rank-matrix', rows: 3, columns: 2, singularValues: [2, smallest] })
    const text = bisected({ factors: { data: [data(0.5), data(1.1)] }, seeds: { count: 2 } })
    const { study } = workbench.start({ text })
    await workbench.idle(study)
    const found = transitionsOf(workbench.project, study)
    expect(found.map(({ where }) => where.length)).toEqual([1, 1])
    for (const [i, smallest] of [0.5, 1.1].entries())
      expect(Math.abs((found[i]?.mean?.value ?? Number.NaN) - smallest)).toBeLessThanOrEqual(precision / 2 + resolved)
    await workbench.close()
  })
})

describe('a bisection that is broken off', () => {
  test('by a kill of its trainer in a later round ends with the same transition and bytes when it is resumed', async () => {
    let began = 0
    const launcher = overheard((message, trainer) => {
      if (message.kind === 'began' && (began += 1) === 3) trainer.kill('SIGKILL')
    })
    const workbench = openTestWorkbench(fresh(), { launcher })
    const { study } = workbench.start({ text: bisected() })
    expect((await workbench.idle(study)).map(({ state }) => state)).toEqual(['finished', 'finished', 'interrupted'])
    expect(transitionsOf(workbench.project, study)[0]).toMatchObject({ mean: null, wanted: 3 })
    workbench.resume(study)
    await workbench.idle(study)
    expect(recordsOf(workbench.project.db)).toEqual(unbroken.records)
    expect(told(workbench, study)).toEqual(unbroken.transitions)
    await workbench.close()
  })

  test('by a stop as a round ends starts no other round, says so, and goes on in another process to the same end', async () => {
    const place = fresh()
    const first = openTestWorkbench(place, {
      launcher: overheard((message) => {
        if (message.kind === 'runsEnded') first.stop(study)
      }),
    })
    const { study } = first.start({ text: bisected() })
    const ends = await first.idle(study)
    expect(ends).toMatchObject([{ state: 'finished' }]) // nothing is unfinished
    expect(failureOf(first.project, study, ends)).toMatchObject({
      code: 'cancelled',
      message: 'study: its brackets want 3 runs more; resume it to go on',
    })
    await first.close()
    const second = openTestWorkbench(place, { jobs: 2 })
    expect(second.resume(study).queued).toBe(1)
    expect(failureOf(second.project, study, await second.idle(study))).toBeNull()
    expect(recordsOf(second.project.db)).toEqual(unbroken.records)
    expect(told(second, study)).toEqual(unbroken.transitions)
    await second.close()
  })

  test('by an error in what follows ends with its sentence', async () => {
    const workbench = openTestWorkbench(fresh(), {
      launcher: overheard((message) => {
        if (message.kind !== 'runsEnded') return
        const broken = JSON.stringify({
          ...(JSON.parse(resolvedOf(workbench, study)) as object), // a study is one
          constraints: ['regularisation.weightDecay != 1'],
        })
        workbench.project.db.prepare('UPDATE studies SET resolved_json = ? WHERE id = ?').run(broken, study)
      }),
    })
    const { study } = workbench.start({ text: bisected() })
    const ends = await workbench.idle(study)
    expect(ends.at(-1)).toMatchObject({ stack: study, state: 'failed' })
    expect(ends.at(-1)?.refusal?.message).toMatch(
      /^constraints: expected every level of a bisection or none to be left, got none at regularisation.weightDecay 1$/,
    )
    await workbench.close()
  })
})

describe('a bisection with more seeds', () => {
  test('gives the new ones brackets of their own and leaves the others', async () => {
    const place = fresh()
    cpSync(shared.path('unbroken.kagami'), place, { recursive: true })
    const workbench = openTestWorkbench(place)
    const [{ id: study } = { id: '' }] = workbench.list()
    expect(workbench.start({ text: bisected({ seeds: { count: 5 } }) }).study).toBe(study)
    await workbench.idle(study)
    const [transition] = transitionsOf(workbench.project, study)
    expect(transition?.brackets.map(({ state }) => state)).toEqual(Array(5).fill('crossed'))
    expect(transition?.brackets.slice(0, 3)).toEqual(unbroken.transitions[0]?.brackets)
    expect(recordsOf(workbench.project.db)).toMatchObject(unbroken.records)
    await workbench.close()
  })
})

describe('what a bisection cannot find', () => {
  test('is a sentence where no seed has a transition between its ends', async () => {
    const workbench = openTestWorkbench(fresh())
    const { study } = workbench.start({
      text: bisected({ data: { kind: 'low-rank-matrix', rows: 3, columns: 2, singularValues: [3, 2.5] } }),
    })
    const ends = await workbench.idle(study)
    expect(failureOf(workbench.project, study, ends)).toBeNull()
    const [transition] = transitionsOf(workbench.project, study)
    expect(transition?.brackets).toMatchObject(Array(3).fill({ state: 'beyond', low: 1.8, high: null }))
    expect(transition).toMatchObject({ mean: null, median: null })
    expect(transition?.failure?.en).toBe(
      'bisection: expected a transition in [0.2, 1.8], got below at both ends for all 3 seeds; raise its upper end',
    )
    await workbench.close()
  })

  test('is counted where runs diverge, and nothing is guessed', async () => {
    const workbench = openTestWorkbench(fresh())
    const bisectedRate = {
      kind: 'bisection',
      factor: 'optimiser.learningRate',
      from: 0.01,
      to: 100,
      precision: 0.1,
      scale: 'log',
      above: { metric: 'loss', atLeast: 10 },
    }
    const { study } = workbench.start({ text: bisected({ design: bisectedRate, seeds: { count: 2 } }) })
    await workbench.idle(study)
    const [transition] = transitionsOf(workbench.project, study)
    expect(transition?.brackets).toMatchObject(Array(2).fill({ state: 'without-value', low: 0.01, high: null }))
    expect(transition?.brackets[0]?.runs.map(({ level, side }) => [level, side])).toEqual([
      [0.01, 'below'],
      [100, null],
    ])
    expect(transition?.failure?.en).toMatch(/got a run without a value for all 2 seeds$/)
    await workbench.close()
  })
})

function resolvedOf(workbench: Workbench, study: string): string {
  const row = workbench.project.db.prepare('SELECT resolved_json AS resolved FROM studies WHERE id = ?').get(study)
  return (row as { resolved: string }).resolved // a column of text that is not null
}
