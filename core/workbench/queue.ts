/**
 * The queue of stacks: trains a few at a time, each in a process of its own, and writes what they say into the project.
 *
 * This is the only place where training meets the store. Rows are durable before they are acknowledged; a trainer that dies leaves its runs
 * `interrupted` with a sentence, and everything that was acknowledged.
 */
import { join } from 'node:path'
import type { EngineName } from '#core/contract/engines.ts'
import { fromRecord, Refusal, toRecord, type RefusalRecord } from '#core/contract/errors.ts'
import type { RunState } from '#core/contract/runs.ts'
import { adoptArtifact, artifactPath, removeUnreferenced } from '#core/store/artifacts.ts'
import { writePredictions } from '#core/store/predictions.ts'
import { scratchFolder, type Project } from '#core/store/project.ts'
import type { Readable } from '#core/store/statements.ts'
import { endRuns } from '#core/store/runs.ts'
import { appendRows } from '#core/store/series.ts'
import { beginStack, endStack, noPrograms, readStack, setCheckpoint, setParameters, type Programs } from '#core/store/stacks.ts'
import type { Clock } from '#core/trainer/clock.ts'
import { runJob, type JobEnd, type RunningJob } from '#core/trainer/parent.ts'
import type { Memory } from '#core/trainer/parentMemory.ts'
import type { Launcher, RunSpec, TrainJob } from '#core/trainer/protocol.ts'
import type { Events } from './events.ts'

export type QueueParts = {
  readonly project: Project
  readonly launcher: Launcher
  readonly clock: Clock
  readonly nowMs: () => number
  readonly events: Events
  readonly log: (text: string) => void
  readonly jobs: number // trainers at a time
  readonly memory: Memory // which they share
  readonly checkpointEveryMs: number
  /** The stacks that a study goes on with when its last one has finished; none for a study that is at its end. */
  readonly followUp: (study: string) => readonly Waiting[]
}

/** A stack that waits: where its study stands in the store, and what its trainer needs. */
export type Waiting = {
  readonly study: string
  readonly stack: string
  readonly engine: EngineName
  readonly runs: readonly (RunSpec & { readonly cellId: string })[]
  readonly files: Readonly<Record<string, string>>
  readonly after: string | null // the stack whose final parameters this one starts from, run by run
}

export type StackEnd = { readonly stack: string; readonly state: RunState; readonly refusal: Refusal | null }

export type Queue = {
  add(stacks: readonly Waiting[]): void
  /** Asks the trainers of a study to make a checkpoint and end; what waits is stopped at once. */
  stop(study: string): void
  isBusy(study: string): boolean
  /** From the pace of the stacks that train; null while one of them has made no step, and when none does. */
  secondsLeft(study: string): number | null
  /** Resolves when nothing of the study waits or runs, with how its stacks ended since they were added. */
  idle(study: string): Promise<readonly StackEnd[]>
  /** Stops everything and waits. */
  close(): Promise<void>
}

type Began = { readonly atMs: number; readonly step: number }
type Running = { readonly waiting: Waiting; readonly job: RunningJob; readonly began: () => Began | null; isStopped: boolean }
type State = {
  readonly parts: QueueParts
  readonly waiting: Waiting[]
  readonly running: Set<Running>
  readonly ends: Map<string, StackEnd[]> // of a study, since it was added to an idle queue
  readonly stopped: Set<string> // studies that were asked to stop since then: nothing follows
  readonly listeners: Set<() => void>
  isClosed: boolean
}

export function createQueue(parts: QueueParts): Queue {
  const state: State = {
    parts,
    waiting: [],
    running: new Set(),
    ends: new Map(),
    stopped: new Set(),
    listeners: new Set(),
    isClosed: false,
  }
  return {
    add: (stacks) => {
      if (state.isClosed) throw new Refusal('conflict', 'queue: expected an open workbench, got one that is closing')
      for (const { study } of stacks) {
        if (isBusy(state, study)) continue
        state.ends.delete(study)
        state.stopped.delete(study)
      }
      state.waiting.push(...stacks)
      begin(state)
    },
    stop: (study) => stop(state, study),
    isBusy: (study) => isBusy(state, study),
    secondsLeft: (study) => secondsLeft(state, study),
    idle: (study) =>
      new Promise((resolve) => {
        const look = () => {
          if (isBusy(state, study)) return
          state.listeners.delete(look)
          resolve(state.ends.get(study) ?? [])
        }
        state.listeners.add(look)
        look()
      }),
    close: async () => {
      state.isClosed = true
      state.waiting.length = 0
      for (const one of state.running) stopJob(one)
      await Promise.all([...state.running].map(({ job }) => job.finished))
    },
  }
}

function isBusy({ waiting, running }: State, study: string): boolean {
  return waiting.some((one) => one.study === study) || [...running].some((one) => one.waiting.study === study)
}

/** Starts as many of those that wait as may train at a time. */
function begin(state: State): void {
  while (state.running.size < state.parts.jobs) {
    const next = takeReady(state)
    if (next === null) return
    const one = launch(state, next)
    if (one === null) continue
    state.running.add(one)
    void one.job.finished.then((end) => {
      state.running.delete(one)
      settle(state, next, judge(end, one.isStopped))
      begin(state)
    })
  }
}

/** The first that waits for no other stack; one whose predecessor did not finish is stopped with it. */
function takeReady(state: State): Waiting | null {
  const { waiting, running, parts } = state
  const isUnderWay = (stack: string) =>
    waiting.some((one) => one.stack === stack) || [...running].some((one) => one.waiting.stack === stack)
  for (;;) {
    const at = waiting.findIndex(({ after }) => after === null || !isUnderWay(after))
    const [next] = at < 0 ? [] : waiting.splice(at, 1)
    if (next === undefined) return null
    if (next.after === null || readStack(parts.project.db, next.after).parametersSha256 !== null) return next
    const sentence = `${next.stack}: expected the stack ${next.after} before it to finish, got ${readStack(parts.project.db, next.after).state}`
    settle(state, next, { state: 'stopped', refusal: toRecord(new Refusal('conflict', sentence)), ...noCost })
  }
}

/** A stack that cannot even begin, because the store cannot be read, has failed; the others go on. */
function launch(state: State, next: Waiting): Running | null {
  const { parts } = state
  let began: Began | null = null
  try {
    const job = train(state, next, (step) => (began = { atMs: parts.clock.nowMs(), step }))
    return { waiting: next, job, began: () => began, isStopped: false }
  } catch (error) {
    settle(state, next, { state: 'failed', refusal: toRecord(error), ...noCost })
    return null
  }
}

function secondsLeft({ parts, waiting, running }: State, study: string): number | null {
  const nowMs = parts.clock.nowMs()
  const stepsLeft = ({ stack }: Waiting) => {
    const { step, steps } = readStack(parts.project.db, stack)
    return { step, left: steps - step }
  }
  const paces = [...running].flatMap((one) => {
    if (one.waiting.study !== study) return []
    const [began, { step, left }] = [one.began(), stepsLeft(one.waiting)]
    return [{ left, msPerStep: began === null || step <= began.step ? Number.NaN : (nowMs - began.atMs) / (step - began.step) }]
  })
  if (paces.length === 0 || paces.some(({ msPerStep }) => Number.isNaN(msPerStep))) return null
  const own = paces.map(({ left, msPerStep }) => left * msPerStep)
  const usual = paces.reduce((sum, { msPerStep }) => sum + msPerStep, 0) / paces.length
  const queued = waiting.filter((one) => one.study === study).reduce((sum, one) => sum + stepsLeft(one).left * usual, 0)
  return Math.max(...own, own.reduce((sum, ms) => sum + ms, queued) / parts.jobs) / 1_000
}

function settle(state: State, waiting: Waiting, end: End): void {
  const { parts, ends, listeners } = state
  const { study } = waiting
  const ended = record(parts, waiting, end)
  ends.set(study, [...(ends.get(study) ?? []), ended])
  if (ended.state === 'finished' && !isBusy(state, study)) goOn(state, study)
  parts.events.say({ kind: 'studyChanged', study })
  for (const listener of listeners) listener()
}

/** Adds what follows of a study whose last stack has finished, unless it was asked to stop; where that fails, the study ends with the sentence. */
function goOn({ parts, waiting, ends, stopped, isClosed }: State, study: string): void {
  if (isClosed || stopped.has(study)) return
  try {
    waiting.push(...parts.followUp(study))
  } catch (error) {
    const record = toRecord(error)
    parts.log(`${study}: ${record.message}`)
    ends.set(study, [...(ends.get(study) ?? []), { stack: study, state: 'failed', refusal: fromRecord(record) }])
  }
}

function stop(state: State, study: string): void {
  const { waiting, running, stopped } = state
  if (isBusy(state, study)) stopped.add(study)
  for (const one of waiting.filter((some) => some.study === study)) {
    waiting.splice(waiting.indexOf(one), 1)
    settle(state, one, { state: 'stopped', refusal: null, ...noCost })
  }
  for (const one of running) if (one.waiting.study === study) stopJob(one)
}

function stopJob(one: Running): void {
  one.isStopped = true
  one.job.stop()
}

/** Starts the trainer of a stack; its messages go to the store in order. */
function train(
  { parts, running }: State,
  { study, stack, engine, runs, files, after }: Waiting,
  onBegan: (step: number) => void,
): RunningJob {
  const { project, nowMs, events } = parts
  const { db } = project
  const { checkpoint } = readStack(db, stack)
  const folder = join(scratchFolder(project), stack) // made by the first file that is written into it
  const spec: TrainJob = {
    kind: 'train',
    engine,
    runs: runs.map(({ cellId: _, ...run }) => run),
    files,
    checkpointFrom: checkpoint === null ? null : artifactPath(project, checkpoint.sha256),
    startFrom: finalParameters(project, after),
    checkpointEveryMs: parts.checkpointEveryMs,
  }
  let versions: Readonly<Record<string, string>> = {}
  return runJob({
    launcher: parts.launcher,
    spec,
    folder,
    clock: parts.clock,
    memory: { memory: parts.memory, trainers: () => running.size },
    on: {
      ready: (message) => void (versions = message.versions),
      began: (message) => {
        onBegan(message.step)
        beginStack(db, stack, { device: message.device, versions: { ...versions, ...message.versions }, nowMs: nowMs() })
        writePredictions(db, study, predictionsOf(message.predictions, runs))
        events.say({ kind: 'studyChanged', study })
      },
      progress: ({ rows, step }) => {
        appendRows(db, stack, { ...rows, step })
        events.say({ kind: 'progressed', study, step, steps: readStack(db, stack).steps })
      },
      artifact: ({ what, step, path, sha256 }) => {
        adoptArtifact(project, { path, sha256, kind: what }, nowMs())
        if (what === 'checkpoint') {
          setCheckpoint(db, stack, { sha256, step })
          removeUnreferenced(project) // the one before: kept until the end, an hour's would fill the disk
        }
        if (what === 'parameters') setParameters(db, stack, sha256)
      },
      runsEnded: (message) => {
        endRuns(db, message.runs, nowMs())
        events.say({ kind: 'runsEnded', study, state: 'finished', runs: message.runs.length })
      },
      log: ({ level, text }) => parts.log(`${stack}: ${level}: ${text}`),
    },
  })
}

/** The file of a stack's final parameters; null for none. */
export function finalParameters(project: Project<Readable>, stack: string | null): string | null {
  const sha256 = stack === null ? null : readStack(project.db, stack).parametersSha256
  return sha256 === null ? null : artifactPath(project, sha256)
}

type Predicted = readonly { readonly metric: string; readonly oracle: string; readonly values: Float64Array }[]

/** Predictions come once for each run of the stack; a run that has none is NaN there. */
function predictionsOf(predicted: Predicted, runs: Waiting['runs']) {
  return predicted.flatMap(({ metric, oracle, values }) =>
    runs.flatMap(({ cellId, replicate }, r) => {
      const value = values[r] ?? Number.NaN
      return Number.isNaN(value) ? [] : [{ metric, oracle, cell: cellId, replicate, value }]
    }),
  )
}

type Cost = { readonly trainingMs: number; readonly programs: Programs }
type End = { readonly state: RunState; readonly refusal: RefusalRecord | null } & Cost

const noCost: Cost = { trainingMs: 0, programs: noPrograms }

/** Writes down how a stack's job ended. A store that cannot take even that is told to the log and to whoever waits. */
function record(parts: QueueParts, { stack }: Waiting, { state, refusal, trainingMs, programs }: End): StackEnd {
  try {
    endStack(parts.project.db, stack, { state, reason: refusal?.message ?? null, trainingMs, programs, nowMs: parts.nowMs() })
    removeUnreferenced(parts.project)
    return { stack, state, refusal: refusal === null ? null : fromRecord(refusal) }
  } catch (error) {
    const failure = toRecord(error)
    parts.log(`${stack}: ${failure.message}`)
    return { stack, state: 'failed', refusal: fromRecord(refusal ?? failure) }
  }
}

/** A trainer that was told to stop and had to be ended by force was still stopped by the user; its runs resume from their last checkpoint. */
function judge(end: JobEnd, isStopped: boolean): End {
  switch (end.kind) {
    case 'ended':
      return {
        state: end.stopped ? 'stopped' : 'finished',
        refusal: null,
        ...(end.result.kind === 'train' ? { trainingMs: end.result.trainingMs, programs: end.result.programs } : noCost),
      }
    case 'failed':
      return { state: 'failed', refusal: end.refusal, ...noCost }
    case 'crashed':
    case 'silent':
      return isStopped ? { state: 'stopped', refusal: null, ...noCost } : { state: 'interrupted', refusal: end.refusal, ...noCost }
  }
}
