/** Trains stored stacks again from the frozen study and compares with what is stored, bit for bit. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal, fromRecord } from '#core/contract/errors.ts'
import { readRun } from '#core/store/readRuns.ts'
import { readRunSeries } from '#core/store/readSeries.ts'
import { readStacks, type Stack } from '#core/store/stacks.ts'
import { listStudies } from '#core/store/studies.ts'
import type { RunEnd, TrainJob } from '#core/trainer/protocol.ts'
import { finalParameters, type Waiting } from './queue.ts'
import { waitingOf } from './studies.ts'
import type { Reader } from './workbench.ts'

/** `different` names what is not equal; empty when all is. */
export type Compared = { readonly stack: string; readonly runs: number; readonly different: readonly string[] }

/** Verifies the stack of one run, or every finished stack. A run cannot be trained alone: its last bits belong to its stack. */
export async function verifyRuns(reader: Reader, run: string | undefined): Promise<Compared[]> {
  const { db } = reader.project
  const wanted = run === undefined ? null : readRun(db, run).stack
  const compared: Compared[] = []
  for (const { id } of listStudies(db)) {
    const stacks = new Map(readStacks(db, id).map((stack) => [stack.id, stack]))
    for (const waiting of waitingOf(reader.project, id, (state) => state === 'finished')) {
      const stack = stacks.get(waiting.stack)
      if (stack !== undefined && (wanted === null || wanted === stack.id)) compared.push(await verifyStack(reader, waiting, stack))
    }
  }
  if (compared.length === 0)
    throw new Refusal(
      'not-found',
      run === undefined ? 'verify: expected finished runs in the project, got none' : `verify: expected a finished run, got ${run}`,
    )
  return compared
}

async function verifyStack(reader: Reader, { runs, files, engine, stack, after }: Waiting, { steps }: Stack): Promise<Compared> {
  const rows = new Map<string, number[]>() // metric → row-major values
  const axis: number[] = []
  const ends = new Map<string, RunEnd>()
  const folder = join(reader.scratch, `verify-${stack}`)
  const spec: TrainJob = {
    kind: 'train',
    engine,
    runs: runs.map(({ cellId: _, ...one }) => one),
    files,
    checkpointFrom: null,
    startFrom: finalParameters(reader.project, after),
    checkpointEveryMs: Number.MAX_SAFE_INTEGER,
  }
  const end = await reader.runJob({
    spec,
    folder,
    on: {
      progress: ({ rows: batch }) => {
        axis.push(...batch.steps)
        for (const [metric, values] of Object.entries(batch.values)) {
          const column = rows.get(metric) ?? []
          for (const value of values) column.push(value)
          rows.set(metric, column)
        }
      },
      runsEnded: ({ runs: all }) => {
        for (const one of all) ends.set(one.run, one)
      },
    },
  })
  rmSync(folder, { recursive: true, force: true })
  if (end.kind !== 'ended') throw fromRecord(end.refusal)
  const different = runs.flatMap(({ run }, lane) =>
    differencesOf(reader, { run, lane, lanes: runs.length, axis, rows, end: ends.get(run) }),
  )
  return {
    stack,
    runs: runs.length,
    different: steps === axis.at(-1) ? different : [`the last recorded step is ${axis.at(-1)}, not ${steps}`],
  }
}

type Again = {
  readonly run: string
  readonly lane: number
  readonly lanes: number
  readonly axis: readonly number[]
  readonly rows: ReadonlyMap<string, readonly number[]>
  readonly end: RunEnd | undefined
}

function differencesOf({ project }: Reader, { run, lane, lanes, axis, rows, end }: Again): string[] {
  const stored = readRun(project.db, run)
  const different = stored.parametersSha256 === end?.parametersSha256 ? [] : [`${run}: the final parameters have another hash`]
  for (const { metric, steps, values } of readRunSeries(project.db, run)) {
    const again = rows.get(metric)
    const at =
      again === undefined ? 0 : [...values].findIndex((value, i) => steps[i] !== axis[i] || !Object.is(value, again[i * lanes + lane]))
    if (at >= 0 || values.length !== axis.length) different.push(`${run}: ${metric} differs from step ${steps[Math.max(0, at)] ?? 0} on`)
  }
  return different
}
