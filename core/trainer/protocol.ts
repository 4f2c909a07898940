/**
 * What a trainer process and its parent say to each other: two closed unions. This one boundary is hot, binary and ours on
 * both sides, so it is written by hand and carried by structured clone; it is not part of the contract.
 *
 * Laws: `ready` or `refused` answers `hello` and comes first, and the protocol numbers must match. Every `start` ends in
 * one `ended` or `failed`; before `ended` each run of a train job has its entry in `runsEnded`, unless the job was stopped.
 * `progress` follows `began`, carries every recorded row, at most ten messages a second, at most one of them
 * unacknowledged; batches count from 1. A job that works without a word says `alive` now and then.
 * A file is complete before its `artifact` is said: temporary name, fsync, rename.
 */
import type { EngineProof, EngineName } from '#core/contract/engines.ts'
import type { RefusalRecord } from '#core/contract/errors.ts'
import type { Outcome } from '#core/contract/runs.ts'
import type { MirrorsContent } from '#core/contract/mirrors.ts'
import type { StructureContent } from '#core/contract/structure.ts'
import type { Json } from '#core/contract/values.ts'
import type { StopRule } from '#core/study/stops.ts'

export const protocol = 1

/** One run of a stack: its resolved study, and the three things that its randomness comes from (with purpose and step). */
export type RunSpec = {
  readonly run: string
  readonly study: Json
  readonly base: number
  readonly cell: string
  readonly replicate: number
  readonly stops: readonly StopRule[] // what may end it before its last step
}

/** Train a stack. `files` maps a path written in a study to the absolute path of the stored bytes. */
export type TrainJob = {
  readonly kind: 'train'
  readonly engine: EngineName
  readonly runs: readonly RunSpec[]
  readonly files: Readonly<Record<string, string>>
  readonly checkpointFrom: string | null // absolute path of the checkpoint to go on from
  readonly startFrom: string | null // absolute path of final parameters that the runs start from, lane by lane
  readonly checkpointEveryMs: number
}
/** Multiply on an engine and compare with float64. */
export type ProveJob = { readonly kind: 'prove'; readonly engine: EngineName }
/** Turn a frozen model of a report into one HTML file, written into the job's folder. */
export type ReportJob = { readonly kind: 'report'; readonly model: Json }
/** Compare levels of a factor: the query's numbers are frozen in `request`. */
export type CompareJob = { readonly kind: 'compare'; readonly request: unknown }
/** Lay runs out over two factors, with the theory's boundary: the query's numbers are frozen in `request`. */
export type PhaseJob = { readonly kind: 'phase'; readonly request: unknown }
/** Describe weights layer by layer: the ones of a run, in its row of its stack's parameters, or those of a file of another program. */
export type StructureJob = {
  readonly kind: 'structure'
  readonly source:
    | {
        readonly kind: 'run'
        readonly spec: RunSpec
        readonly lane: number
        readonly files: TrainJob['files']
        readonly path: string // final parameters, or a checkpoint
      }
    | {
        readonly kind: 'file'
        readonly path: string
        readonly name: string // stands in sentences
        readonly layout: 'output-first' | 'output-last'
        readonly activation: 'odd' | 'homogeneous' | 'linear' | 'other' | null // null: not known
      }
}
/** Find the mirrors of a network: of a run, in its row of its stack's parameters after `step`, or before the first step, which needs no training. */
export type MirrorsJob = {
  readonly kind: 'mirrors'
  readonly source: { readonly spec: RunSpec; readonly files: TrainJob['files'] } & (
    { readonly kind: 'run'; readonly lane: number; readonly path: string; readonly step: number } | { readonly kind: 'start' }
  )
}
export type Job = TrainJob | ProveJob | ReportJob | CompareJob | PhaseJob | StructureJob | MirrorsJob

export type ToTrainer =
  | { readonly kind: 'hello'; readonly protocol: number; readonly folder: string } // where the job may write files
  | { readonly kind: 'start'; readonly job: string; readonly spec: Job }
  | { readonly kind: 'stop'; readonly job: string } // cooperative: the job makes a checkpoint and ends
  | { readonly kind: 'acknowledge'; readonly job: string; readonly batch: number }
  | { readonly kind: 'shutdown' } // leave at once, in the middle of a job too

/** Rows recorded since the last batch: `values[metric]` is row-major, [steps.length × runs]. */
export type Rows = { readonly steps: Float64Array; readonly values: Readonly<Record<string, Float64Array>> }

export type RunEnd = {
  readonly run: string
  readonly outcome: Outcome
  readonly values: Readonly<Record<string, number>> | null // the metrics where a gate stopped it: the rows after it hold nothing; null for other runs
  readonly parametersSha256: string
  readonly coefficients: {
    readonly names: readonly string[]
    readonly measured: Float64Array
    readonly predicted: Float64Array | null
    readonly margin: Float64Array | null
  }
}

/** Where a training runs, from which step (> 0 after a resume), and what the theory says that it will measure. */
export type Began = {
  readonly engine: EngineName
  readonly device: string
  readonly versions: Readonly<Record<string, string>> // of the engine's libraries
  readonly step: number
  readonly predictions: readonly { readonly metric: string; readonly oracle: string; readonly values: Float64Array }[] // a value for each run; NaN: none
}

export type FromTrainer =
  | { readonly kind: 'ready'; readonly protocol: number; readonly versions: Readonly<Record<string, string>> }
  | { readonly kind: 'refused'; readonly refusal: RefusalRecord }
  | ({ readonly kind: 'began'; readonly job: string } & Began)
  | { readonly kind: 'progress'; readonly job: string; readonly batch: number; readonly step: number; readonly rows: Rows }
  | {
      readonly kind: 'artifact'
      readonly job: string
      readonly what: 'checkpoint' | 'parameters' | 'report'
      readonly step: number
      readonly path: string
      readonly sha256: string
      readonly bytes: number
    }
  | { readonly kind: 'runsEnded'; readonly job: string; readonly runs: readonly RunEnd[] }
  | { readonly kind: 'alive'; readonly job: string } // the job is at work and has nothing to tell
  | { readonly kind: 'ended'; readonly job: string; readonly stopped: boolean; readonly result: Result }
  | { readonly kind: 'failed'; readonly job: string; readonly refusal: RefusalRecord }
  | { readonly kind: 'log'; readonly level: 'info' | 'warning'; readonly text: string }

/** What became of a stack's step: programs made of it, ones of the process that served again, and the time of both (`compiledProgram.ts`). */
export type Programs = { readonly made: number; readonly reused: number; readonly ms: number }

/** What a job gives back besides rows and files. */
export type Result =
  | { readonly kind: 'train'; readonly trainingMs: number; readonly programs: Programs; readonly steps: number } // the time of the programs is part of the training's
  | { readonly kind: 'prove'; readonly proof: EngineProof }
  | { readonly kind: 'report' }
  | { readonly kind: 'compare'; readonly comparison: unknown }
  | { readonly kind: 'phase'; readonly phase: unknown }
  | { readonly kind: 'structure'; readonly content: StructureContent }
  | { readonly kind: 'mirrors'; readonly content: MirrorsContent }

/** Where trainers run: this machine's processes here; the parent never asks which. */
export type Launcher = {
  /** Starts one trainer process. The handlers are first called after `launch` has returned; `exited` is called once and last. */
  launch(handlers: LauncherHandlers): TrainerHandle
}
export type LauncherHandlers = {
  readonly message: (message: FromTrainer) => void
  readonly exited: (end: { readonly code: number | null; readonly signal: string | null; readonly stderr: string }) => void
}
export type TrainerHandle = {
  readonly pid: number | null
  send(message: ToTrainer): void
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}
