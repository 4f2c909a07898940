/**
 * The workbench: one project, its queue of trainers, and the verbs that the contract's handlers call. Host-neutral: the launcher, the clocks and the log are
 * given by whoever composes it (command line, web server, Electron).
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Comparison, ComparisonQuery } from '#core/contract/comparison.ts'
import { engineName, engineNames, type ChosenEngine, type EngineName, type EngineProof } from '#core/contract/engines.ts'
import { Refusal, fromRecord } from '#core/contract/errors.ts'
import type { ReportRequest, Study, StudySource } from '#core/contract/studies.ts'
import type { Survival, SurvivalQuery } from '#core/contract/survival.ts'
import { defaultEngine } from '#core/engines/defaultEngine.ts'
import { scratchFolder, type Project } from '#core/store/project.ts'
import { readStacks } from '#core/store/stacks.ts'
import type { Readable } from '#core/store/statements.ts'
import { listStudies, readStudy } from '#core/store/studies.ts'
import type { Clock } from '#core/trainer/clock.ts'
import { runJob, type JobEnd, type JobOptions } from '#core/trainer/parent.ts'
import type { Memory } from '#core/trainer/parentMemory.ts'
import type { FromTrainer, Job, Launcher, Result } from '#core/trainer/protocol.ts'
import { compare } from './comparisons.ts'
import { createEvents, type Events } from './events.ts'
import { createInstallations, type InstallerPart, type Installations } from './installations.ts'
import { createQueue, type Queue, type StackEnd, type Waiting } from './queue.ts'
import { gatherReport } from './reports.ts'
import { addRound, wantedNow } from './rounds.ts'
import { openSource } from './sources.ts'
import { survive } from './survivals.ts'
import { extendStudy, keepFiles, listSummaries, resetUnfinished, storeStudy, summaryOf, waitingOf } from './studies.ts'

/** What a host gives to whatever only reads a project. */
export type ReaderParts = {
  readonly project: Project<Readable>
  readonly scratch: string // where jobs write
  readonly launcher: Launcher
  readonly resources: string // the program's folder of presets and data
  readonly clock: Clock
  readonly nowMs: () => number
  readonly log: (text: string) => void
}

export type WorkbenchParts = Omit<ReaderParts, 'project' | 'scratch'> & {
  readonly project: Project
  readonly installer: InstallerPart
  readonly jobs: number
  readonly memory: Memory
  readonly checkpointEveryMs?: number
}

/** What can be asked of a project without writing into it, while another process trains for it too. */
export type Reader = {
  readonly project: Project<Readable>
  readonly scratch: string
  compare(query: ComparisonQuery): Promise<Comparison>
  survive(query: SurvivalQuery): Promise<Survival>
  report(request: ReportRequest): Promise<{ readonly html: string; readonly markdown: string }>
  prove(): Promise<EngineProof[]>
  /** A job beside the queue, heard by the caller alone. */
  runJob(job: Pick<JobOptions, 'spec' | 'folder' | 'on' | 'silentAfterMs'>): Promise<JobEnd>
}

export type Workbench = Reader & {
  readonly project: Project
  readonly resources: string
  readonly events: Events
  readonly installations: Installations
  /** What would train the study: the engine that is named, else that with which this project began it, else the default. */
  engineFor(study: string, named?: EngineName): ChosenEngine
  /** Starts a study, or goes on with one that the project holds: runs that have finished are not trained again. */
  start(source: StudySource, engine?: EngineName): Started & { readonly engine: ChosenEngine }
  resume(study: string): Started
  stop(study: string): void
  idle(study: string): Promise<readonly StackEnd[]>
  list(): Study[]
  get(study: string): Study
  close(): Promise<void>
}

type Started = { readonly study: string; readonly queued: number }

const defaultCheckpointMs = 2_000 // a checkpoint costs about a millisecond

export function createReader(parts: ReaderParts): Reader {
  const { project, scratch, resources, nowMs } = parts
  let jobs = 0
  const run = (spec: Job, on?: OneJobHandlers) => runOne(parts, spec, { folder: join(scratch, `${spec.kind}-${(jobs += 1)}`), on })
  return {
    project,
    scratch,
    compare: (query) => compare(project.db, query, run),
    survive: (query) => survive(project.db, query, run),
    report: (request) => gatherReport({ project, resources, nowMs, run }, request),
    prove: async () => {
      const proofs: EngineProof[] = []
      for (const engine of engineNames) proofs.push(await proveOne(run, engine)) // one after another: they are timed
      return proofs
    },
    runJob: (job) => runJob({ ...job, launcher: parts.launcher, clock: parts.clock }).finished,
  }
}

export function createWorkbench(parts: WorkbenchParts): Workbench {
  const { project } = parts
  const events = createEvents(() => listStudies(project.db).map(({ id }) => id), parts.nowMs())
  const queue = createQueue({
    ...parts,
    events,
    checkpointEveryMs: parts.checkpointEveryMs ?? defaultCheckpointMs,
    followUp: (study) => (addRound(project, study) === 0 ? [] : queuedOf(project, study)),
  })
  const installations = createInstallations({
    ...parts,
    events,
    trainsOn: () => listStudies(project.db).find(({ id, engine }) => engine === 'tensorflow' && queue.isBusy(id))?.name ?? null,
  })
  return {
    ...createReader({ ...parts, scratch: scratchFolder(project) }),
    project,
    resources: parts.resources,
    events,
    installations,
    engineFor: (study, named) => engineFor(project, study, named),
    start: (source, engine) => start(parts, queue, { source, engine }),
    resume: (study) => resume(parts, queue, readStudy(project.db, study).id),
    stop: (study) => queue.stop(readStudy(project.db, study).id),
    idle: (study) => queue.idle(study),
    list: () => listSummaries(project, queue),
    get: (study) => summaryOf(project, readStudy(project.db, study), queue),
    close: async () => {
      await Promise.all([queue.close(), installations.close()])
      project.close()
    },
  }
}

function start(
  parts: WorkbenchParts,
  queue: Queue,
  { source, engine: named }: { source: StudySource; engine: EngineName | undefined },
): Started & { readonly engine: ChosenEngine } {
  const opened = openSource(source, parts.resources)
  const { id } = opened.study
  const known = listStudies(parts.project.db).find((study) => study.id === id)
  const chosen = engineFor(parts.project, id, named)
  const { engine } = chosen
  if (known === undefined) storeStudy(parts.project, opened, { engine, nowMs: parts.nowMs() })
  else if (queue.isBusy(id)) throw new Refusal('conflict', `study: expected one that is not running, got ${id}`)
  else if (known.engine !== engine)
    throw new Refusal('conflict', `engine: expected ${known.engine}, with which this project began ${id}, got ${engine}`)
  else {
    keepFiles(parts.project, opened, parts.nowMs()) // heals a damaged one
    extendStudy(parts.project, opened)
  }
  return { ...resume(parts, queue, id), engine: chosen }
}

function engineFor({ db }: Project, id: string, named: EngineName | undefined): ChosenEngine {
  const known = listStudies(db).find((study) => study.id === id)
  if (named !== undefined) return { engine: named, reason: 'named' }
  return known === undefined ? defaultEngine() : { engine: engineName.parse(known.engine), reason: 'begun' }
}

function resume(parts: WorkbenchParts, queue: Queue, id: string): Started {
  if (queue.isBusy(id)) throw new Refusal('conflict', `study: expected one that is not running, got ${id}`)
  const unfinished = resetUnfinished(parts.project, id, parts.log)
  const queued = unfinished > 0 ? unfinished : addRound(parts.project, id) // a bisection may have ended between two rounds
  queue.add(queuedOf(parts.project, id))
  return { study: id, queued }
}

function queuedOf(project: Project, study: string): Waiting[] {
  return waitingOf(project, study, (state) => state === 'queued')
}

type OneJobHandlers = { readonly artifact?: (message: Extract<FromTrainer, { kind: 'artifact' }>) => Promise<void> }

/** A job of its own process and folder that gives a result, or the refusal that ended it. */
async function runOne(
  { launcher, clock, log }: ReaderParts,
  spec: Job,
  { folder, on = {} }: { folder: string; on: OneJobHandlers | undefined },
): Promise<Result> {
  const end = await runJob({ launcher, spec, folder, clock, on: { ...on, log: ({ text }) => log(text) } }).finished
  await rm(folder, { recursive: true, force: true })
  if (end.kind !== 'ended') throw fromRecord(end.refusal)
  return end.result
}

async function proveOne(run: (spec: Job) => Promise<Result>, engine: EngineName): Promise<EngineProof> {
  const result = await run({ kind: 'prove', engine })
  if (result.kind !== 'prove') throw new Error(`bug: a proof ended with a result of ${result.kind}`)
  return result.proof
}

/** Which of a study's stacks did not finish, with the first reason; null when all did. */
export function failureOf(project: Project, study: string, ends: readonly StackEnd[]): Refusal | null {
  const refused = ends.find(({ refusal }) => refusal !== null)?.refusal
  if (refused !== undefined && refused !== null) return refused
  const open = readStacks(project.db, study).filter(({ state }) => state !== 'finished')
  if (open.length > 0) return new Refusal('cancelled', `study: ${open.length} of its stacks have not finished; resume it to go on`)
  const wanted = wantedNow(project, study).length
  return wanted === 0 ? null : new Refusal('cancelled', `study: its brackets want ${wanted} runs more; resume it to go on`)
}
