import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Survival, SurvivalQuery } from '#core/contract/survival.ts'
import { openReader } from '#core/hosts/node.ts'
import { sampleStudy, temporaryFolder } from '#core/store/fixtures/sampleStudy.ts'
import { openProject } from '#core/store/project.ts'
import { endRuns, setRunsState } from '#core/store/runs.ts'
import { appendRows } from '#core/store/series.ts'
import { insertStudy } from '#core/store/studies.ts'
import { jsonOf, kagamiHere } from '#core/testing/studies.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

const decay = 'regularisation.weightDecay'
const design = sampleStudy('survival', { decays: [0.1, 0.5], seeds: 5, perStack: 5 })
const study = design.study.id
const steps = [0, 10, 20, 30]
const none = Number.NaN

/** The loss of each run at the steps above, level after level, and how the run ended. */
const losses = [
  { loss: [5, 3, 0.5, 0.1], outcome: { kind: 'reached-last-step' } }, // event at 20
  { loss: [0.5, 0.4, 0.3, 0.2], outcome: { kind: 'reached-last-step' } }, // past it at step 0
  { loss: [5, 4, 3, 2], outcome: { kind: 'reached-last-step' } }, // never
  { loss: [5, 4, none, none], outcome: { kind: 'diverged', step: 12, place: 'loss' } }, // last seen at 10
  { loss: [5, 4, 3, none], outcome: { kind: 'stopped-by-gate', step: 20, gate: 0 } },
  { loss: [5, 1, 0.5, 2], outcome: { kind: 'reached-last-step' } }, // exactly at the value, and above it later: the first time counts
  { loss: [5, 0.9, 0.1, 0.1], outcome: { kind: 'reached-last-step' } },
  { loss: [5, 4, 0.2, 0.1], outcome: { kind: 'reached-last-step' } },
  { loss: [5, 4, 3, none], outcome: null }, // interrupted
  { loss: [Infinity, none, none, none], outcome: { kind: 'diverged', step: 1, place: 'loss' } }, // never seen
] as const

let place: ReturnType<typeof temporaryFolder>
let reader: ReturnType<typeof openReader>
beforeAll(() => {
  place = temporaryFolder()
  const folder = `${place.folder}/p.kagami`
  const project = openProject(folder, { mode: 'write', create: true, nowMs: 1 })
  insertStudy(project.db, design)
  for (const [s, { id }] of design.stacks.entries()) {
    const lanes = losses.slice(5 * s, 5 * s + 5)
    const loss = Float64Array.from(steps.flatMap((_, row) => lanes.map((lane) => lane.loss[row] ?? none)))
    appendRows(project.db, id, { steps: Float64Array.from(steps), values: { loss, sparsity: loss.map((value) => -value) }, step: 30 })
  }
  for (const [i, { id }] of design.runs.entries()) {
    const outcome = losses[i]?.outcome ?? null
    if (outcome === null) setRunsState(project.db, [id], { state: 'interrupted', reason: 'died', nowMs: 2 })
    else endRuns(project.db, [{ run: id, outcome, parametersSha256: 'a'.repeat(64), coefficients: null }], 2)
  }
  project.close()
  reader = openReader(folder, () => undefined)
})
afterAll(() => {
  reader.close()
  place.remove()
})

const ask = (query: Partial<SurvivalQuery> = {}): Promise<Survival> =>
  reader.survive({ study, factor: decay, metric: 'loss', atMost: 1, ...query })

describe('the time until a value', () => {
  test('is the first recorded step of each run; every other run is censored at its last record, counted by its end', async () => {
    const { levels, resolution, horizon, rule, limit } = await ask()
    expect({ resolution, horizon, rule, limit }).toEqual({ resolution: 10, horizon: 20, rule: 'at-most', limit: 1 })
    expect(levels.map(({ label, n, events, atStart, unseen }) => [label, n, events, atStart, unseen])).toEqual([
      ['γ = 0.1', 5, 2, 1, 0],
      ['γ = 0.5', 4, 3, 0, 1],
    ])
    expect(levels.map(({ censored }) => censored)).toEqual([
      { lastStep: 1, stopped: 1, diverged: 1, unfinished: 0 },
      { lastStep: 0, stopped: 0, diverged: 0, unfinished: 1 },
    ])
    // By hand: 4/5 from 0 on, · 2/3 from 20 on; 2/4 from 10 on, · 1/2 from 20 on
    expect(levels.map(({ curve }) => curve.map(({ time }) => time))).toEqual([
      [0, 20],
      [10, 20],
    ])
    expect(levels.flatMap(({ curve }) => curve.map(({ survival }) => survival))).toBeAllclose([0.8, 1.6 / 3, 0.5, 0.25])
    expect(levels.map(({ median }) => median.time)).toEqual([null, 10])
    expect(levels.map(({ restrictedMean }) => restrictedMean?.value)).toBeAllclose([16, 15])
    expect(levels[1]?.test?.p).toBeGreaterThan(0.05)
  })

  test('counts from a step: runs without a record from there on are left out', async () => {
    const { levels, resolution } = await ask({ after: 20 })
    expect(resolution).toBe(10)
    expect(levels.map(({ n, events, atStart, unseen, after }) => [n, events, atStart, unseen, after])).toEqual([
      [4, 2, 2, 1, 20],
      [4, 3, 3, 1, 20],
    ])
    expect(levels[0]?.curve.map(({ time, atRisk, events }) => [time, atRisk, events])).toEqual([[0, 4, 2]])
  })

  test('counts from a step of each level, and compares the levels named only', async () => {
    const { levels, baseline } = await ask({ after: { 'γ = 0.5': 10 } })
    expect([baseline, levels.map(({ label, after }) => [label, after])]).toEqual(['γ = 0.5', [['γ = 0.5', 10]]])
    expect(levels[0]?.curve.map(({ time, events }) => [time, events])).toEqual([
      [0, 2],
      [10, 1],
    ])
  })

  test('of at least a value looks upwards; a value that is never reached leaves every run censored', async () => {
    expect((await ask({ metric: 'sparsity', atMost: undefined, atLeast: -1 })).levels).toEqual((await ask()).levels)
    expect((await ask({ atMost: -1 })).levels.map(({ events, n }) => [events, n])).toEqual([
      [0, 5],
      [0, 4],
    ])
  })

  test.each<[Partial<SurvivalQuery>, string]>([
    [{ atMost: undefined }, 'expected exactly one of atMost and atLeast'],
    [{ atLeast: 2 }, 'expected exactly one of atMost and atLeast'],
    [{ metric: 'lose' }, 'metric: expected one of loss, sparsity, got "lose"; did you mean loss?'],
    [{ factor: 'model' }, `factor: expected one of ${decay}, got "model"`],
    [{ where: { [decay]: 'γ = 0.1' } }, `where: expected factors other than the one that is compared, got "${decay}"`],
    [{ where: { constructor: 'x' } }, `where.constructor: expected one of ${decay}, got "constructor"`],
    [{ baseline: 'γ = 1' }, 'baseline: expected one of the levels "γ = 0.1", "γ = 0.5", got "γ = 1"'],
    [{ after: { 'γ = 1': 0 } }, 'after: expected one of γ = 0.1, γ = 0.5, got "γ = 1"'],
    [{ after: {} }, 'compareSurvival: levels: expected at least one level, got none'],
    [{ after: -1 }, 'survival.after'],
    [{ atMost: Number.NaN }, 'survival.atMost'],
    [{ level: 95 }, 'survival.level: expected a number < 1, got 95'],
  ])('refuses %j', async (change, sentence) => {
    await expect(ask(change)).rejects.toThrow(sentence)
  })
})

describe('kagami compare --until', () => {
  const command = ['compare', 'p.kagami', '--by', decay, '--until']

  test('writes a table with sentences, or every number as JSON', async () => {
    const { stdout, status } = await kagamiHere([...command, 'loss <= 1'], place.folder)
    const [head = '', first = '', second = '', ...sentences] = stdout.trim().split('\n')
    expect(status).toBe(0)
    expect(head).toMatch(/^regularisation\.weightDecay +n +events +censored +diverged +median steps +95% low +95% high +mean up to 20 /)
    expect(first).toMatch(/^γ = 0\.1 +5 +2 +3 +1 /)
    expect(second).toMatch(/^γ = 0\.5 +4 +3 +1 +0 +10 /)
    expect(sentences).toEqual(expect.arrayContaining([expect.stringContaining('records are at most 10 steps apart')]))
    const { stdout: json } = await kagamiHere([...command, 'sparsity≥-1', '--after', '20', '--json'], place.folder)
    const answer = jsonOf<Survival>(json)
    expect(answer).toEqual(await ask({ metric: 'sparsity', atMost: undefined, atLeast: -1, after: 20 }))
  })
})
