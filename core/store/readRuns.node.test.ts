import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runStates, type Run } from '#core/contract/runs.ts'
import { run as runSchema } from '#core/contract/runs.ts'
import { sampleStudy, temporaryFolder } from './fixtures/sampleStudy.ts'
import { openProject, type Project } from './project.ts'
import { readRun, readRuns, sortedByMetric } from './readRuns.ts'
import { setRunsState } from './runs.ts'
import { appendRows } from './series.ts'
import { query } from './statements.ts'
import { insertStudy } from './studies.ts'

/** Twelve runs in three stacks of four; the first two stacks have recorded `loss`, with ties, NaN and infinities. */
const design = sampleStudy('sorted', { decays: [0.5, 0.05, 5], seeds: 4, perStack: 4 })
const other = sampleStudy('other')
const losses = [3, Number.NaN, 1, 3, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1, Number.NaN]
const place = temporaryFolder()
let project: Project

beforeAll(() => {
  project = openProject(`${place.folder}/p.kagami`, { mode: 'write', create: true, nowMs: 1 })
  insertStudy(project.db, other)
  insertStudy(project.db, design)
  design.stacks.slice(0, 2).forEach(({ id }, stack) => {
    appendRows(project.db, id, {
      steps: Float64Array.of(0),
      values: { loss: Float64Array.from(losses.slice(4 * stack, 4 * stack + 4)) },
      step: 0,
    })
  })
  design.runs.forEach(({ id }, index) => {
    const state = (['queued', 'running', 'stopped', 'failed', 'interrupted'] as const)[(index * 3) % 5] ?? 'queued'
    setRunsState(project.db, [id], { state, reason: null, nowMs: 3 })
  })
})
afterAll(() => {
  project.close()
  place.remove()
})

const study = design.study.id
const places = (runs: readonly Run[]): number[] => runs.map(({ id }) => design.runs.findIndex((run) => run.id === id))
const page = (sort: string, more: { offset?: number; limit?: number } = {}): number[] =>
  places(readRuns(project.db, { study, sort, ...more }).runs)

describe('readRuns', () => {
  test('answers in the form of the contract', () => {
    const { runs, total } = readRuns(project.db, {})
    expect(total).toBe(16)
    for (const run of runs) expect(runSchema.safeParse(run).error).toBeUndefined()
    expect(readRun(project.db, design.runs[1]?.id ?? '')).toMatchObject({ values: { loss: Number.NaN }, lane: 1, replicate: 2 })
    expect(() => readRun(project.db, 'none')).toThrow(/run: expected a run of this project/)
  })

  test('without a sort, runs stand in the order of the plan', () => {
    expect(places(readRuns(project.db, { study }).runs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  test('by a metric: numbers, then NaN, then what recorded nothing, ties in the order of the plan, in both directions', () => {
    expect(page('loss')).toEqual([4, 2, 6, 0, 3, 5, 1, 7, 8, 9, 10, 11])
    expect(page('-loss')).toEqual([5, 0, 3, 2, 6, 4, 1, 7, 8, 9, 10, 11])
    expect(page('sparsity')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  test('by a factor: numbers by size', () => {
    expect(page('regularisation.weightDecay')).toEqual([4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 10, 11])
    expect(page('-regularisation.weightDecay')).toEqual([8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('by replicate and by state in the order of a life', () => {
    expect(page('replicate')).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    const states = readRuns(project.db, { study, sort: 'state' }).runs.map(({ state }) => runStates.indexOf(state))
    expect(states).toEqual([...states].sort((a, b) => a - b))
  })

  test('an unknown column is refused, whatever it holds', () => {
    for (const sort of ['nonsense', '', '-', "loss' --", 'constructor', '--loss']) {
      expect(() => readRuns(project.db, { study, sort })).toThrow(/sort: expected a metric, a factor's path, state or replicate/)
    }
  })

  test('a filter by state leaves the order and counts the rest out', () => {
    const all = readRuns(project.db, { study, sort: '-loss' }).runs
    const some = readRuns(project.db, { study, sort: '-loss', states: ['failed', 'running'] })
    const expected = all.filter(({ state }) => state === 'failed' || state === 'running')
    expect([some.total, some.runs]).toEqual([expected.length, expected])
    expect(readRuns(project.db, { study, states: [] })).toEqual({ total: 0, offset: 0, runs: [] })
    expect(readRuns(project.db, { study: 'none' }).total).toBe(0)
  })

  test('over all studies a metric sorts as within one', () => {
    expect(readRuns(project.db, { sort: 'loss', limit: 2 }).runs.map(({ id }) => id)).toEqual([design.runs[4]?.id, design.runs[2]?.id])
  })

  test('pages put together are the whole, for any sort and any size of page', () => {
    const sorts = ['loss', '-loss', 'sparsity', 'replicate', '-state', '-regularisation.weightDecay']
    fc.assert(
      fc.property(fc.constantFrom(...sorts), fc.integer({ min: 1, max: 13 }), fc.boolean(), (sort, limit, filtered) => {
        const asked = { study, sort, ...(filtered ? { states: [...runStates] } : {}) }
        const whole = readRuns(project.db, asked)
        const pages = Array.from({ length: Math.ceil(12 / limit) }, (_, index) =>
          readRuns(project.db, { ...asked, limit, offset: index * limit }),
        )
        expect(pages.flatMap(({ runs }) => runs)).toEqual(whole.runs)
        expect(pages.every(({ total }) => total === 12)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('a sort by a metric walks its index: no sort, no table', () => {
    for (const direction of ['ASC', 'DESC'] as const) {
      const plan = query<{ detail: string }>(project.db, `EXPLAIN QUERY PLAN ${sortedByMetric(direction)}`)
        .all({ study, key: 'loss', limit: 100, offset: 0 })
        .map(({ detail }) => detail)
      expect(plan[0]).toMatch(/SEARCH run_values USING COVERING INDEX run_values_by_last \(study_id=\? AND metric=\?\)/)
      // Descending, only runs of equal value are put in the order of the plan, a group at a time.
      expect(plan.slice(1)).toEqual(direction === 'ASC' ? [] : ['USE TEMP B-TREE FOR LAST TERM OF ORDER BY'])
    }
  })
})
