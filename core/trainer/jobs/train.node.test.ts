import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assert } from '#core/contract/errors.ts'
import { readSafetensors } from '#core/formats/safetensors.ts'
import { specOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import type { JobContext } from '../childJob.ts'
import type { Began, RunEnd, Rows } from '../protocol.ts'
import { runTrain } from './train.ts'

expect.extend({ toBeAllclose })

type Artifact = Parameters<JobContext['artifact']>[0]

type Said = { readonly began: Began[]; readonly rows: Rows[]; readonly artifacts: Artifact[]; readonly ends: RunEnd[] }

/** Writes down what a job says; asks it to stop after so many pauses, one for each recorded step at the latest. */
function listener(folder: string, pauses = Number.POSITIVE_INFINITY) {
  let paused = 0
  const said: Said = { began: [], rows: [], artifacts: [], ends: [] }
  const context: JobContext = {
    job: 'train',
    folder,
    began: (start) => void said.began.push(start),
    progress: async (rows) => void said.rows.push(rows),
    artifact: (file) => void said.artifacts.push(file),
    runsEnded: (runs) => void said.ends.push(...runs),
    log: () => undefined,
    stopRequested: () => paused >= pauses,
    pause: async () => void (paused += 1),
  }
  return { said, context, pauses: () => paused }
}

describe('the train job', () => {
  let folder = ''
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'kagami train 日本語 '))))
  afterEach(async () => rm(folder, { recursive: true }))

  type How = { readonly files?: Readonly<Record<string, string>>; readonly pauses?: number; readonly checkpointFrom?: string }
  const run = async (runs: readonly Fields[], { files = {}, pauses, checkpointFrom }: How = {}) => {
    const { said, context, pauses: paused } = listener(folder, pauses)
    const specs = runs.map((fields, i) => specOf(fields, { replicate: i + 1 }))
    const result = await runTrain(
      {
        kind: 'train',
        engine: 'wasm',
        runs: specs,
        files,
        checkpointFrom: checkpointFrom ?? null,
        startFrom: null,
        checkpointEveryMs: 60_000,
      },
      context,
    )
    return { said, result, paused: paused() }
  }

  describe('a gate that stops', () => {
    const fields = (rate: number, limit: number) => ({
      optimiser: { kind: 'sgd', learningRate: rate },
      training: { steps: 90, record: { every: 10 } },
      measure: ['loss', 'norm'],
      gates: [
        { metric: 'norm', atMost: 1e9 },
        { metric: 'loss', atMost: limit, stopFrom: 30 },
      ],
    })
    const rowsOf = (said: Said, runs: number, metric: string) =>
      said.rows.flatMap(({ steps, values }) => [...steps].map((_, i) => [...(values[metric] ?? [])].slice(i * runs, (i + 1) * runs)))

    test('ends a run at the first recorded step of those it may stop at, with its values there, and no other', async () => {
      const { said } = await run([fields(0.01, 1e-6), fields(0.01, 1e9)])
      const alone = await run([fields(0.01, 1e9), fields(0.01, 1e9)])
      const [stopped, free] = said.ends
      const loss = rowsOf(said, 2, 'loss')
      const untouched = rowsOf(alone.said, 2, 'loss')
      expect(stopped).toMatchObject({
        outcome: { kind: 'stopped-by-gate', step: 30, gate: 1 },
        values: { loss: untouched[3]?.[0] },
      })
      expect(loss.map(([value]) => value)).toEqual(untouched.map(([value], row) => (row <= 3 ? value : Number.NaN)))
      expect(free).toEqual(alone.said.ends[1])
      expect(loss.map(([, value]) => value)).toEqual(untouched.map(([, value]) => value))
    })

    test('leaves the parameters of that step', async () => {
      const { said } = await run([fields(0.01, 1e-6)])
      const short = await run([{ ...fields(0.01, 1e9), training: { steps: 30, record: { every: 10 } } }])
      expect(said.ends[0]?.parametersSha256).toBe(short.said.ends[0]?.parametersSha256)
    })

    test('never ends a run at its last step, which it has reached', async () => {
      const late = { ...fields(0.01, 1e9), gates: [{ metric: 'loss', atMost: 1e-6, stopFrom: 81 }] }
      const { said } = await run([late])
      expect(said.ends[0]).toMatchObject({ outcome: { kind: 'reached-last-step' }, values: null })
    })

    test.each([2, 4, 5, 8])('a stack that was stopped after %d looks ends with the same bytes', async (pauses) => {
      const runs = [fields(0.01, 1e-6), fields(0.02, 1e9)]
      const whole = await run(runs)
      const first = await run(runs, { pauses })
      const checkpoint = first.said.artifacts.at(-1)
      assert(checkpoint?.what === 'checkpoint', 'a job that was stopped leaves a checkpoint')
      const { said } = await run(runs, { checkpointFrom: checkpoint.path })
      expect(said.ends).toEqual(whole.said.ends)
      expect([...rowsOf(first.said, 2, 'loss'), ...rowsOf(said, 2, 'loss')]).toEqual(rowsOf(whole.said, 2, 'loss'))
    })
  })

  test('looks at its messages after each run that takes long to measure', async () => {
    const wide = {
      model: { kind: 'perceptron', widths: [900, 900] }, // 8e5 weights times 80 rows: more than what is measured in one go
      data: { kind: 'sparse-linear', samples: 80, features: 3, coefficients: [1, -2], noise: 0.1 },
      training: { steps: 1 },
      measure: ['loss'],
    }
    const { said, paused } = await run([wide, wide])
    expect(said.rows.flatMap(({ steps }) => [...steps])).toEqual([0, 1])
    expect(paused).toBe(2 * 2 + 1) // two runs at two records, and the step between them
  })

  test('reads a table with the delimiter of the study, and ends at its lasso', async () => {
    const stored = join(folder, 'stored')
    await writeFile(stored, 'a;b;y\n1;0;1\n0;1;2\n1;1;2\n1;-1;0\n')
    const data = { kind: 'csv', path: 'table.csv', target: 'y', delimiter: ';', standardise: false }
    const fields = { data, optimiser: { kind: 'sgd', learningRate: 0.2 }, regularisation: { weightDecay: 0.5 }, training: { steps: 3_000 } }
    const { said, result } = await run([fields], { files: { 'table.csv': stored } })
    expect(result).toMatchObject({ kind: 'train', steps: 3_000, programs: { made: 1, reused: 0 } })
    const [end] = said.ends
    expect(end).toMatchObject({ outcome: { kind: 'reached-last-step' }, coefficients: { names: ['a', 'b'] } })
    // theory.md 8.2; float32 training ends within 1e-5 of it, section 8 [R]
    expect(end?.coefficients.measured ?? []).toBeAllclose([1 / 3, 2 / 3], { absolute: 1e-4 })
    expect(end?.coefficients.predicted ?? []).toBeAllclose([1 / 3, 2 / 3])
  })

  test('the hash of a run is that of its rows in the file of final parameters', async () => {
    const { said } = await run([{}, {}])
    const [file] = said.artifacts
    assert(file !== undefined, 'the job said a file')
    const bytes = await readFile(file.path)
    expect([file.what, file.step, file.sha256]).toEqual(['parameters', 100, createHash('sha256').update(bytes).digest('hex')])
    const { tensors } = readSafetensors(bytes)
    for (const [row, { parametersSha256 }] of said.ends.entries()) {
      const hash = createHash('sha256')
      for (const name of ['u', 'w'])
        hash.update(new Uint8Array(Float32Array.from(tensors.get(name)?.values.slice(3 * row, 3 * row + 3) ?? [], Number).buffer))
      expect(parametersSha256).toBe(hash.digest('hex'))
    }
  })

  test('records the start, every so many steps and the end, for each run', async () => {
    const { said } = await run([{ training: { steps: 10, record: { every: 4 } } }, { training: { steps: 10, record: { every: 4 } } }])
    expect(said.rows.flatMap(({ steps }) => [...steps])).toEqual([0, 4, 8, 10])
    for (const { steps, values } of said.rows) for (const column of Object.values(values)) expect(column).toHaveLength(2 * steps.length)
  })

  test('a run that diverges has a step, a place and no coefficients; its neighbour reaches the last step', async () => {
    const { said } = await run([{}, { optimiser: { kind: 'sgd', learningRate: 1e6 } }])
    const [calm, wild] = said.ends
    expect(calm?.outcome).toEqual({ kind: 'reached-last-step' })
    expect(wild?.outcome).toMatchObject({ kind: 'diverged', place: 'loss' })
    expect(wild?.outcome.kind === 'diverged' && wild.outcome.step).toBeLessThan(10) // the parameters grow as their cube
    expect([...(wild?.coefficients.measured ?? [])]).toEqual([Number.NaN, Number.NaN, Number.NaN])
    const losses = said.rows.flatMap(({ values }) => [...(values['loss'] ?? [])])
    expect(losses.at(-2)).toBeLessThan(1)
    expect(losses.at(-1)).toBeNaN()
  })

  test('a file that the job was not given is refused', async () => {
    await expect(run([{ data: { kind: 'csv', path: 'other.csv', target: 'y' } }])).rejects.toThrow(
      'data.path: expected a file of the study, got "other.csv"',
    )
  })

  describe('with tasks', () => {
    const scalar = {
      model: { kind: 'linear' },
      data: { kind: 'scalar', target: 3 },
      initialValues: { v: 1 },
      measure: ['loss', 'norm'],
      training: { steps: 6, record: { every: 1 } },
      tasks: [
        { step: 2, set: { 'data.target': 10 } },
        { step: 5, set: { 'data.target': 0 } },
      ],
    }
    const series = (said: Said, name: string) => said.rows.flatMap(({ values }) => [...(values[name] ?? [])])

    test('the target changes exactly at the first step of a task', async () => {
      const { said } = await run([{ ...scalar, optimiser: { kind: 'sgd', learningRate: 0.1 } }])
      let value = 1
      const reached = [3, 3, 10, 10, 10, 0].map((target) => (value -= 0.1 * 2 * (value - target)))
      expect(series(said, 'coefficient-norm')).toBeAllclose([1, ...reached], { relative: 1e-6 }) // six float32 steps
      // the loss of a step is that of the data that led to it
      const losses = [3, 3, 3, 10, 10, 10, 0]
        .map((target, i) => ([1, ...reached][i] ?? Number.NaN) - target)
        .map((residual) => residual ** 2)
      expect(series(said, 'loss')).toBeAllclose(losses, { relative: 1e-5 }) // the square of a difference
    })

    // everything that draws anew at a step or carries from one to the next
    const rich: Fields = {
      data: { kind: 'sparse-linear', samples: 12, features: 3, coefficients: [1, -2], noise: 0.1 },
      optimiser: { kind: 'adam', learningRate: 0.02, batch: 5, schedule: { kind: 'cosine', warmUp: 3 }, clip: { norm: 5 } },
      noise: { label: { kind: 'gaussian', std: 0.1 }, gradient: { kind: 'heavy-tailed', std: 0.01 } },
      reparametrise: [{ kind: 'syre', std: 0.1, parameters: 'u' }],
      regularisation: { weightDecay: 0.01, groups: [{ parameters: 'w', weightDecay: 0.02 }] },
      tasks: [
        { step: 8, set: { 'data.coefficients': [3] } },
        { step: 15, set: { 'data.noise': 1 } },
      ],
      training: { steps: 24, record: { every: 1 } },
    }
    test.each([1, 7, 8, 9, 15, 23])('a stack that was stopped at step %d ends with the bytes of one unbroken', async (step) => {
      const whole = await run([rich, { ...rich, regularisation: { weightDecay: 0.1, groups: [{ parameters: 'w', weightDecay: 0 }] } }])
      const runs = [rich, { ...rich, regularisation: { weightDecay: 0.1, groups: [{ parameters: 'w', weightDecay: 0 }] } }]
      const first = await run(runs, { pauses: step })
      const [checkpoint] = first.said.artifacts
      assert(checkpoint?.what === 'checkpoint', 'a job that was stopped leaves a checkpoint')
      expect(checkpoint.step).toBe(step)
      const second = await run(runs, { checkpointFrom: checkpoint.path })
      expect(second.said.ends).toEqual(whole.said.ends)
      expect(second.said.artifacts.at(-1)?.sha256).toBe(whole.said.artifacts.at(-1)?.sha256)
      for (const name of ['loss', 'parameter-norm']) {
        const joined = [...series(first.said, name), ...series(second.said, name)]
        expect(joined).toEqual(series(whole.said, name))
      }
    })
  })
})
