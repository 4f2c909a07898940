import { spawn } from 'node:child_process'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { sampleStudy, temporaryFolder } from './fixtures/sampleStudy.ts'
import { openProject, type Project } from './project.ts'
import { readRuns } from './readRuns.ts'
import { readRunSeries, readSeries } from './readSeries.ts'
import { appendRows, truncateSeries, type Batch } from './series.ts'
import { readStack } from './stacks.ts'
import { numberOf, query, transact } from './statements.ts'
import { insertStudy } from './studies.ts'
import { verifyProject } from './verify.ts'

const lanes = 4
const design = sampleStudy()
const study = design.study.id
const stack = design.stacks[0]?.id ?? ''
let place: ReturnType<typeof temporaryFolder>
let project: Project
beforeEach(() => {
  place = temporaryFolder()
  project = openProject(`${place.folder}/p.kagami`, { mode: 'write', create: true, nowMs: 1 })
  insertStudy(project.db, design)
})
afterEach(() => {
  project.close()
  place.remove()
})

/** A batch of `count` rows from `first` on, whose value at each step and lane is told by `at`. */
function batch(first: number, count: number, at: (step: number, lane: number) => number): Batch {
  const steps = Float64Array.from({ length: count }, (_, row) => first + row)
  const loss = Float64Array.from({ length: count * lanes }, (_, index) => at(first + Math.floor(index / lanes), index % lanes))
  return { steps, values: { loss, sparsity: loss.map((value) => -value) }, step: first + count - 1 }
}

const lastValues = (): (number | undefined)[] => readRuns(project.db, { study }).runs.map(({ values }) => values['loss'])

describe('appendRows', () => {
  test('any batches read back as the one they make together, and cut anywhere as its beginning', () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0))
    const rows = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.tuple(value, value, value, value)), { maxLength: 7 })
    let number = 0
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 6 }), fc.nat(60), (batches, cut) => {
        const one = sampleStudy(`property-${number++}`)
        const key = one.stacks[0]?.id ?? ''
        insertStudy(project.db, one)
        const all: { step: number; values: readonly number[] }[] = []
        let step = -1
        for (const part of batches) {
          const added = part.map(([gap, values]) => ({ step: (step += gap), values }))
          all.push(...added)
          const flat = Float64Array.from(added.flatMap(({ values }) => values))
          appendRows(project.db, key, {
            steps: Float64Array.from(added, (row) => row.step),
            values: { loss: flat },
            step: Math.max(0, step),
          })
        }
        const expectRows = (kept: typeof all): void => {
          const steps = Float64Array.from(kept, (row) => row.step)
          const found = readSeries(project.db, { study: one.study.id, metric: 'loss', buckets: 100 })
          const values = Float64Array.from([0, 1, 2, 3].flatMap((lane) => kept.map((row) => row.values[lane] ?? 0)))
          expect(found.blocks).toEqual(kept.length === 0 ? [] : [{ runs: one.runs.map(({ id }) => id), steps, values }])
          one.runs.forEach(({ id }, lane) => {
            const whole =
              kept.length === 0 ? [] : [{ metric: 'loss', steps, values: values.subarray(lane * kept.length, (lane + 1) * kept.length) }]
            expect(readRunSeries(project.db, id)).toEqual(whole)
          })
          const summaries = query<{ last: number | null; least: number | null; greatest: number | null }>(
            project.db,
            'SELECT last, least, greatest FROM run_values v JOIN runs r ON r.number = v.run_number WHERE r.study_id = :study ORDER BY r.number',
          ).all({ study: one.study.id })
          const expected = kept.length === 0 ? [] : [0, 1, 2, 3].map((lane) => summaryOf(kept.map((row) => row.values[lane] ?? 0)))
          expect(summaries).toEqual(expected)
        }
        expectRows(all)
        truncateSeries(project.db, key, cut)
        expectRows(all.filter((row) => row.step <= cut))
        expect(readStack(project.db, key).step).toBe(Math.min(cut, Math.max(0, step)))
        truncateSeries(project.db, key, null)
        expectRows([])
      }),
      { numRuns: 60 },
    )
  })

  test('chunks are filled to the brim whatever the batches: the same rows make the same bytes', () => {
    const twin = sampleStudy('twin')
    insertStudy(project.db, twin)
    const other = twin.stacks[0]?.id ?? ''
    const at = (step: number, lane: number): number => Math.sin(step) + lane
    appendRows(project.db, stack, batch(0, 10_000, at))
    for (let first = 0; first < 10_000; first += 1_250) appendRows(project.db, other, batch(first, 1_250, at))
    const bytes = (key: string): unknown[] =>
      query(
        project.db,
        'SELECT metric, first_row, row_count, data, checksum FROM series_chunks WHERE stack_id = :key ORDER BY metric, first_row',
      ).all({ key })
    expect(bytes(other)).toEqual(bytes(stack))
    const counts = query<{ rows: number }>(
      project.db,
      `SELECT row_count AS rows FROM series_chunks WHERE stack_id = :stack AND metric = 'loss'`,
    )
    expect(counts.all({ stack }).map(({ rows }) => rows)).toEqual([4_096, 4_096, 1_808]) // 2¹⁴ values of 4 lanes
  })

  test('cut inside any chunk and appended again, the series is as if nothing had happened', () => {
    const at = (step: number, lane: number): number => step * 10 + lane
    appendRows(project.db, stack, batch(0, 9_000, at))
    const whole = readSeries(project.db, { study, metric: 'loss', buckets: 10_000 })
    for (const after of [8_191, 4_096, 4_095, 17, 0]) {
      truncateSeries(project.db, stack, after)
      expect(lastValues()).toEqual([0, 1, 2, 3].map((lane) => at(after, lane)))
      appendRows(project.db, stack, batch(after + 1, 9_000 - after - 1, at))
      expect(readSeries(project.db, { study, metric: 'loss', buckets: 10_000 })).toEqual(whole)
    }
    expect(verifyProject(project)).toEqual([])
  })

  test('an empty batch moves the step alone', () => {
    appendRows(project.db, stack, { steps: new Float64Array(0), values: { loss: new Float64Array(0) }, step: 40 })
    expect(readStack(project.db, stack).step).toBe(40)
    expect(readSeries(project.db, { study, metric: 'loss' })).toEqual({ study, metric: 'loss', shown: 0, total: 0, blocks: [] })
    expect(lastValues()).toEqual([undefined, undefined, undefined, undefined])
  })

  test('rows out of order, of another width or of no stack are a bug, and nothing of the batch is kept', () => {
    const at = (): number => 1
    appendRows(project.db, stack, batch(0, 10, at))
    const bad: Batch[] = [
      batch(5, 10, at),
      { ...batch(10, 2, at), steps: Float64Array.of(12, 11) },
      { ...batch(10, 2, at), steps: Float64Array.of(11, Number.NaN) },
      { ...batch(10, 2, at), values: { loss: new Float64Array(8), sparsity: new Float64Array(7) } },
      { ...batch(10, 2, at), step: 3 },
    ]
    for (const one of bad) expect(() => appendRows(project.db, stack, one)).toThrow(/^bug:/)
    expect(() => appendRows(project.db, 'none', batch(10, 1, at))).toThrow(/^bug: rows belong to a stack/)
    expect(readSeries(project.db, { study, metric: 'loss' }).total).toBe(10)
    expect(readStack(project.db, stack).step).toBe(9)
  })

  test('inside a transaction that fails, it is undone with it', () => {
    expect(() =>
      transact(project.db, () => {
        appendRows(
          project.db,
          stack,
          batch(0, 10, () => 1),
        )
        throw new Error('after it')
      }),
    ).toThrow('after it')
    expect(readSeries(project.db, { study, metric: 'loss' }).total).toBe(0)
  })
})

describe('readSeries', () => {
  test('a long series is reduced and says so; extremes stay', () => {
    appendRows(
      project.db,
      stack,
      batch(0, 50_000, (step, lane) => (step === 31_415 && lane === 2 ? 1e9 : Math.cos(step))),
    )
    const { shown, total, blocks } = readSeries(project.db, { study, metric: 'loss', buckets: 100 })
    expect([shown, total]).toEqual([202, 50_000])
    const lane = blocks[0]?.values.subarray(2 * shown, 3 * shown) ?? []
    expect(Math.max(...lane)).toBe(1e9)
  })

  test('a metric or study that is not there is refused', () => {
    expect(() => readSeries(project.db, { study, metric: 'losss' })).toThrow('metric: expected one of loss, sparsity, got "losss"')
    expect(() => readSeries(project.db, { study: 'none', metric: 'loss' })).toThrow(/study: expected a study of this project/)
    expect(() => readRunSeries(project.db, 'none')).toThrow(/run: expected a run of this project/)
  })

  test('an answer that would not fit is refused with its size, not sampled', () => {
    const wide = sampleStudy('wide', { decays: [1], seeds: 20_000, perStack: 20_000 })
    insertStudy(project.db, wide)
    query(project.db, `UPDATE stacks SET run_count = 20000 WHERE id = :id`).run({ id: wide.stacks[0]?.id ?? '' })
    query(
      project.db,
      `INSERT INTO series_chunks (stack_id, metric, format, first_row, row_count, lane_count, first_step, last_step, data, checksum)
        VALUES (:id, 'loss', 1, 0, 100000, 20000, 0, 99999, x'', 0)`,
    ).run({ id: wide.stacks[0]?.id ?? '' })
    const ask = (): unknown => readSeries(project.db, { study: wide.study.id, metric: 'loss', buckets: 1_000 })
    expect(ask).toThrow('buckets: expected few enough for 33554432 values, got 1000 buckets, which make 40040000')
  })

  test('a damaged chunk is refused with stack, metric and chunk; the other metric is read', () => {
    appendRows(
      project.db,
      stack,
      batch(0, 5_000, () => 1),
    )
    query(project.db, `UPDATE series_chunks SET data = zeroblob(length(data)) WHERE metric = 'loss' AND first_row > 0`).run()
    const read = (metric: string): unknown => readSeries(project.db, { study, metric })
    expect(() => read('loss')).toThrow(Refusal)
    expect(() => read('loss')).toThrow(`stack ${stack}, metric loss, chunk at row 4096: expected bytes`)
    expect(() => readRunSeries(project.db, design.runs[0]?.id ?? '')).toThrow(/chunk at row 4096/)
    expect(read('sparsity')).toMatchObject({ total: 5_000 })
    expect(() =>
      appendRows(
        project.db,
        stack,
        batch(5_000, 1, () => 1),
      ),
    ).toThrow(/chunk at row 4096/)
  })
})

describe('a writer that is killed', () => {
  test('what it was acknowledged is there, whole batches only, and its lock is free', { timeout: 60_000 }, async () => {
    const { folder } = project
    project.close()
    let acknowledged = -1
    for (let kill = 0; kill < 5; kill++) {
      const prepared = openProject(folder, { mode: 'write', nowMs: 1 })
      truncateSeries(prepared.db, stack, null)
      prepared.close()
      acknowledged = await killAfter(folder, 5 + 23 * kill)
      const after = openProject(folder, { mode: 'write', nowMs: 2 })
      const { step } = readStack(after.db, stack)
      // One batch may have been committed without the word reaching this process.
      expect([acknowledged, acknowledged + 10]).toContain(step)
      for (const [metric, sign] of [
        ['loss', 1],
        ['sparsity', -1],
      ] as const) {
        const [block] = readSeries(after.db, { study, metric, buckets: 100_000 }).blocks
        const rows = step + 1
        expect(block?.steps).toEqual(Float64Array.from({ length: rows }, (_, row) => row))
        const expected = Float64Array.from({ length: rows * lanes }, (_, at) => sign * ((at % rows) + Math.floor(at / rows) / 1024))
        expect(block?.values).toEqual(expected)
      }
      expect(readRuns(after.db, { study }).runs.map(({ values }) => values['loss'])).toEqual([0, 1, 2, 3].map((lane) => step + lane / 1024))
      expect(verifyProject(after)).toEqual([])
      after.close()
    }
    expect(acknowledged).toBeGreaterThan(0)
    project = openProject(folder, { mode: 'write', nowMs: 3 })
  })
})

describe('a disk that is full', () => {
  test('refuses in a sentence, keeps what was there, and goes on when there is room', () => {
    const pages = numberOf(project.db, 'SELECT page_count AS value FROM pragma_page_count')
    project.db.pragma(`max_page_count = ${pages + 200}`)
    let rows = 0
    const fill = (): void => {
      for (;;) {
        appendRows(
          project.db,
          stack,
          batch(rows, 500, (step) => step),
        )
        rows += 500
      }
    }
    expect(fill).toThrow(Refusal)
    expect(fill).toThrow(/expected room on the disk .* got a full disk; what was acknowledged is safe/)
    expect(rows).toBeGreaterThan(0)
    expect(readSeries(project.db, { study, metric: 'loss' }).total).toBe(rows)
    expect(lastValues()).toEqual([rows - 1, rows - 1, rows - 1, rows - 1])
    project.db.pragma('max_page_count = 1000000')
    appendRows(
      project.db,
      stack,
      batch(rows, 500, (step) => step),
    )
    expect(readStack(project.db, stack).step).toBe(rows + 499)
    expect(verifyProject(project)).toEqual([])
  })
})

function summaryOf(values: readonly number[]): { last: number | null; least: number | null; greatest: number | null } {
  const real = values.filter((value) => !Number.isNaN(value))
  const stored = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value + 0) // −0 + 0 = 0
  return {
    last: stored(values.at(-1)),
    least: real.length === 0 ? null : stored(Math.min(...real)),
    greatest: real.length === 0 ? null : stored(Math.max(...real)),
  }
}

/** Starts a writer, kills it once it has acknowledged `lines` batches, and gives the last step that it said. */
async function killAfter(folder: string, lines: number): Promise<number> {
  const script = new URL('fixtures/appendForEver.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, folder, stack, String(lanes)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [said, errors] = ['', '']
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString()
    if (said.split('\n').length > lines) child.kill('SIGKILL')
  })
  const [, signal] = await new Promise<[number | null, string | null]>((resolve) => child.on('close', (code, by) => resolve([code, by])))
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${errors}`)
  return Number(said.trimEnd().split('\n').at(-1))
}
