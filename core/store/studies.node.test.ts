import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { putBytes } from './artifacts.ts'
import { sampleStudy, temporaryFolder } from './fixtures/sampleStudy.ts'
import { openProject, type Project } from './project.ts'
import { endRuns, setRunsState } from './runs.ts'
import { readRun, readRuns } from './readRuns.ts'
import { appendRows } from './series.ts'
import { beginStack, endStack, noPrograms, readStack, readStacks, resetStack, setCheckpoint, setParameters } from './stacks.ts'
import { insertStudy, listStudies, readSpecification, readStudy, readStudyByNameOrId, readStudyFiles } from './studies.ts'
import { readCoefficients } from './vectors.ts'
import { readPredictions, writePredictions } from './predictions.ts'

let place: ReturnType<typeof temporaryFolder>
let project: Project
beforeEach(() => {
  place = temporaryFolder()
  project = openProject(`${place.folder}/p.kagami`, { mode: 'write', create: true, nowMs: 1 })
})
afterEach(() => {
  project.close()
  place.remove()
})

const sha = 'ab'.repeat(32)
const begun = { device: 'Test CPU', versions: { tfjs: '4.22.0' }, nowMs: 10 }

describe('studies', () => {
  test('what goes in comes out', () => {
    const { sha256 } = putBytes(project, { bytes: new TextEncoder().encode('a,b\n1,2\n'), kind: 'data' }, 5)
    const design = { ...sampleStudy(), files: [{ path: 'データ/my file.csv', sha256 }] }
    insertStudy(project.db, design)
    const study = readStudy(project.db, design.study.id)
    const { text, resolved, ...shown } = design.study
    expect(study).toEqual({
      ...shown,
      device: null,
      runs: { queued: 4, running: 0, finished: 0, stopped: 0, failed: 0, interrupted: 0 },
      step: 0,
      steps: 4_000,
      programs: { made: 0, reused: 0, seconds: 0 },
    })
    expect(readSpecification(project.db, study.id)).toEqual({ text, resolved })
    expect(readStudyFiles(project.db, study.id)).toEqual(design.files)
    expect(readRuns(project.db, { study: study.id }).runs.map(({ id, levels }) => [id, levels])).toEqual(
      design.runs.map(({ id, levels }) => [id, levels]),
    )
  })

  test('the newest comes first; a study is found by id, and by a name that only it has', () => {
    const [a, b] = [sampleStudy('a'), sampleStudy('b')]
    insertStudy(project.db, a)
    insertStudy(project.db, { ...b, study: { ...b.study, createdMs: a.study.createdMs + 1 } })
    expect(listStudies(project.db).map(({ name }) => name)).toEqual(['b', 'a'])
    expect(readStudyByNameOrId(project.db, a.study.id).name).toBe('a')
    expect(readStudyByNameOrId(project.db, 'a').id).toBe(a.study.id)
    const twin = sampleStudy('twin')
    insertStudy(project.db, { ...twin, study: { ...twin.study, name: 'a' } })
    expect(() => readStudyByNameOrId(project.db, 'a')).toThrow(new RegExp(`a name that 2 have: "a".*${a.study.id}`))
    expect(() => readStudyByNameOrId(project.db, "x' OR 1=1")).toThrow(Refusal)
    expect(() => readStudy(project.db, 'none')).toThrow(/study: expected a study of this project, got "none"/)
  })

  test('inserted twice it is refused, and the first stays whole', () => {
    insertStudy(project.db, sampleStudy())
    expect(() => insertStudy(project.db, sampleStudy())).toThrow(/expected a new study/)
    expect(readRuns(project.db, {}).total).toBe(4)
  })

  test('a design whose stacks and runs disagree is a bug, and nothing of it is kept', () => {
    const design = sampleStudy()
    expect(() => insertStudy(project.db, { ...design, runs: design.runs.slice(1) })).toThrow(/bug/)
    expect(() => insertStudy(project.db, { ...design, runs: design.runs.slice(0, 3) })).toThrow(/has 3 runs, not 4/)
    expect(listStudies(project.db)).toEqual([])
  })

  test('a file that is no artifact of the project is no file of a study', () => {
    expect(() => insertStudy(project.db, { ...sampleStudy(), files: [{ path: 'a.csv', sha256: sha }] })).toThrow(/FOREIGN KEY/)
  })
})

describe('the life of a stack', () => {
  const design = sampleStudy('life', { perStack: 2 })
  const [first = '', second = ''] = design.stacks.map(({ id }) => id)
  const [a = '', b = '', c = ''] = design.runs.map(({ id }) => id)
  const coefficients = {
    names: ['x1', 'x2'],
    measured: Float64Array.of(1.5, -0),
    predicted: Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY),
    margin: null,
  }
  beforeEach(() => insertStudy(project.db, design))

  test('begins, ends run by run, and is finished when all its runs are', () => {
    const { db } = project
    beginStack(db, first, begun)
    expect(readRun(db, a)).toMatchObject({ state: 'running', startedMs: 10, outcome: null })
    expect(readRun(db, c).state).toBe('queued')
    endRuns(db, [{ run: a, outcome: { kind: 'reached-last-step' }, parametersSha256: sha, coefficients }], 20)
    const end = { state: 'finished', reason: null, trainingMs: 1.5, programs: { made: 2, reused: 1, ms: 250 }, nowMs: 30 } as const
    expect(() => endStack(db, first, end)).toThrow(/bug: the runs of a finished stack are finished: 1 of/)
    expect(readStack(db, first)).toMatchObject({ state: 'running', trainingMs: 0 })
    const diverged = { kind: 'diverged', step: 12, place: 'layers.0.u' } as const
    endRuns(db, [{ run: b, outcome: diverged, parametersSha256: sha, coefficients: null }], 25)
    endStack(db, first, end)
    expect(readStack(db, first)).toMatchObject({
      state: 'finished',
      device: 'Test CPU',
      versions: { tfjs: '4.22.0' },
      trainingMs: 1.5,
      programs: { made: 2, reused: 1, ms: 250 },
      runs: 2,
    })
    expect(readRun(db, b)).toMatchObject({ state: 'finished', outcome: diverged, endedMs: 25, parametersSha256: sha })
    expect(readStudy(db, design.study.id)).toMatchObject({
      device: 'Test CPU',
      programs: { made: 2, reused: 1, seconds: 0.25 },
      runs: { finished: 2, queued: 2 },
    })
    expect(readCoefficients(db, design.study.id)).toEqual([{ run: a, ...coefficients }])
  })

  test('a run told twice to have ended has the last outcome and vectors', () => {
    const { db } = project
    const end = { run: a, outcome: { kind: 'reached-last-step' }, parametersSha256: sha, coefficients } as const
    endRuns(db, [end], 20)
    endRuns(db, [{ ...end, coefficients: { ...coefficients, names: [], measured: new Float64Array(0), predicted: null } }], 21)
    expect(readCoefficients(db, design.study.id)).toEqual([
      { run: a, names: [], measured: new Float64Array(0), predicted: null, margin: null },
    ])
    expect(readRun(db, a).endedMs).toBe(21)
  })

  test('a stack that ends otherwise takes along only the runs that had not ended', () => {
    const { db } = project
    beginStack(db, first, begun)
    endRuns(db, [{ run: a, outcome: { kind: 'reached-last-step' }, parametersSha256: sha, coefficients: null }], 20)
    endStack(db, first, { state: 'interrupted', reason: 'The trainer ended with SIGKILL.', trainingMs: 3, programs: noPrograms, nowMs: 31 })
    expect(readRun(db, a)).toMatchObject({ state: 'finished', reason: null })
    expect(readRun(db, b)).toMatchObject({ state: 'interrupted', reason: 'The trainer ended with SIGKILL.', endedMs: 31 })
    expect(readRun(db, c).state).toBe('queued')
    expect(() => beginStack(db, first, begun)).toThrow(/only a queued stack/)
  })

  test('reset, it goes on from its checkpoint: later rows, outcomes and vectors are gone, its start is not', () => {
    const { db } = project
    beginStack(db, first, begun)
    appendRows(db, first, { steps: Float64Array.of(0, 100, 200), values: { loss: Float64Array.of(6, 5, 4, 3, 2, 1) }, step: 200 })
    const { sha256 } = putBytes(project, { bytes: Uint8Array.of(1, 2, 3), kind: 'checkpoint' }, 5)
    setCheckpoint(db, first, { sha256, step: 150 })
    setParameters(db, first, sha256)
    endRuns(db, [{ run: a, outcome: { kind: 'reached-last-step' }, parametersSha256: sha, coefficients }], 20)
    endStack(db, first, { state: 'interrupted', reason: 'x', trainingMs: 3, programs: noPrograms, nowMs: 31 })
    expect(resetStack(db, first)).toBe(150)
    expect(readStack(db, first)).toMatchObject({
      state: 'queued',
      step: 150,
      checkpoint: { sha256, step: 150 },
      parametersSha256: null,
      trainingMs: 3,
    })
    expect(readRun(db, a)).toMatchObject({
      state: 'queued',
      outcome: null,
      parametersSha256: null,
      startedMs: 10,
      endedMs: null,
      values: { loss: 4 },
    })
    expect(readRun(db, b)).toMatchObject({ state: 'queued', reason: null, values: { loss: 3 } })
    expect(readCoefficients(db, design.study.id)).toEqual([])
    beginStack(db, first, { ...begun, nowMs: 50 })
    expect(readRun(db, a)).toMatchObject({ state: 'running', startedMs: 10 })
    expect(readStacks(db, design.study.id).map(({ id, state }) => [id, state])).toEqual([
      [first, 'running'],
      [second, 'queued'],
    ])
  })

  test('a checkpoint between two records makes its step safe; an older one takes nothing back', () => {
    const { db } = project
    beginStack(db, first, begun)
    appendRows(db, first, { steps: Float64Array.of(0, 100), values: { loss: Float64Array.of(6, 5, 4, 3) }, step: 100 })
    const { sha256 } = putBytes(project, { bytes: Uint8Array.of(1, 2, 3), kind: 'checkpoint' }, 5)
    setCheckpoint(db, first, { sha256, step: 150 })
    expect(readStack(db, first)).toMatchObject({ step: 150, checkpoint: { step: 150 } })
    setCheckpoint(db, first, { sha256, step: 120 })
    expect(readStack(db, first)).toMatchObject({ step: 150, checkpoint: { step: 120 } })
    expect(resetStack(db, first)).toBe(120)
    expect(readStack(db, first).step).toBe(120)
  })

  test('reset without a checkpoint, it starts anew: no row stays, not even that of step 0', () => {
    const { db } = project
    beginStack(db, first, begun)
    appendRows(db, first, { steps: Float64Array.of(0), values: { loss: Float64Array.of(1, 2) }, step: 0 })
    expect(resetStack(db, first)).toBe(0)
    expect(readRun(db, a).values).toEqual({})
  })

  test('steps are summed over runs, not over stacks', () => {
    const wide = sampleStudy('wide', { perStack: 3 }) // stacks of 3 and 1
    insertStudy(project.db, wide)
    appendRows(project.db, wide.stacks[0]?.id ?? '', { steps: new Float64Array(0), values: {}, step: 10 })
    expect(readStudy(project.db, wide.study.id)).toMatchObject({ step: 30, steps: 4_000 })
  })

  test('runs can be stopped one by one', () => {
    const { db } = project
    beginStack(db, first, begun)
    setRunsState(db, [b], { state: 'stopped', reason: 'Stopped by the user.', nowMs: 40 })
    expect(readRun(db, b)).toMatchObject({ state: 'stopped', reason: 'Stopped by the user.', endedMs: 40, outcome: null })
    setRunsState(db, [b], { state: 'running', reason: null, nowMs: 50 })
    expect(readRun(db, b)).toMatchObject({ state: 'running', reason: null, endedMs: null, startedMs: 10 })
    expect(() => setRunsState(db, [a, 'none'], { state: 'stopped', reason: null, nowMs: 41 })).toThrow(/bug/)
    expect(readRun(db, a).state).toBe('running')
  })
})

describe('predictions', () => {
  test('come back equal, NaN and infinities included; written again they are replaced', () => {
    const { study } = sampleStudy()
    insertStudy(project.db, sampleStudy())
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1 + 0.2, 5e-324]
    const rows = values.map((value, replicate) => ({ metric: 'loss', oracle: 'lasso', cell: 'c0', replicate, value }))
    writePredictions(project.db, study.id, rows)
    expect(readPredictions(project.db, study.id)).toEqual(rows)
    writePredictions(project.db, study.id, [{ metric: 'loss', oracle: 'lasso', cell: 'c0', replicate: 0, value: 7 }])
    expect(readPredictions(project.db, study.id).map(({ value }) => value)).toEqual([7, ...values.slice(1)])
  })
})
