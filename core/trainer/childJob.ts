/**
 * One job inside a trainer process: what the job may call, and the laws of `protocol.ts` asserted on everything that it
 * says. A broken law is a bug of the job: the call throws, and the job is answered with `failed`.
 */
import { assert, type RefusalRecord } from '#core/contract/errors.ts'
import type { Clock } from './clock.ts'
import type { Said } from './messages.ts'
import type { Began, FromTrainer, Job, Result, Rows, RunEnd } from './protocol.ts'

/** What a job may call. Everything that it says is written and sent at once; buffers may be used again after the call. */
export type JobContext = {
  readonly job: string
  readonly folder: string // where the job may write files
  /** Says once, before the first progress, where the training runs and from which step; > 0 after a resume. */
  began(start: Began): void
  /**
   * Sends recorded rows, [steps.length × runs] per metric. Waits until the batch before was acknowledged, and until 100 ms
   * have gone by since it; the buffers are free again when the promise resolves. Await it before saying anything else.
   */
  progress(rows: Rows, step: number): Promise<void>
  /** Says that a file is complete; `writeFileDurably` gives path, hash and size. */
  artifact(file: Omit<Said<'artifact'>, 'kind' | 'job'>): void
  /** Says, after began, how runs ended: once for each run of a train job, in one call or in several. */
  runsEnded(runs: readonly RunEnd[]): void
  log(level: 'info' | 'warning', text: string): void
  /** Whether the user wants the job to stop; call `pause` between two looks, or the message cannot arrive. */
  stopRequested(): boolean
  /** Lets messages come in. Call it between two compiled calls; it costs a turn of the event loop. */
  pause(): Promise<void>
}

export const progressIntervalMs = 100
export const aliveIntervalMs = 5_000 // a sixth of the shortest silence that the parent bears

export type JobSessionOptions = {
  readonly job: string
  readonly spec: Job
  readonly folder: string
  readonly clock: Clock
  readonly send: (message: FromTrainer) => void
}

/** The life of one job from `start` to its answer. */
export class JobSession {
  readonly context: JobContext
  readonly #options: JobSessionOptions
  readonly #runs: ReadonlySet<string> // empty unless the job trains
  readonly #endedRuns = new Set<string>()
  #stopRequested = false
  #stopSeen = false // the job looked and saw the request
  #began = false
  #over = false
  #frozen = false
  #batch = 0
  #isSendingProgress = false
  #acknowledged: Promise<void> = Promise.resolve()
  #acknowledge: () => void = () => undefined
  #lastSpokeMs: number
  #lastProgressMs = -Infinity

  constructor(options: JobSessionOptions) {
    this.#options = options
    this.#runs = new Set(options.spec.kind === 'train' ? options.spec.runs.map(({ run }) => run) : [])
    this.#lastSpokeMs = options.clock.nowMs()
    this.context = {
      job: options.job,
      folder: options.folder,
      began: (start) => this.#begin(start),
      progress: (rows, step) => this.#progress(rows, step),
      artifact: (file) => this.#say({ kind: 'artifact', job: options.job, ...file }),
      runsEnded: (runs) => this.#endRuns(runs),
      log: (level, text) => this.#say({ kind: 'log', level, text }),
      stopRequested: () => this.#lookForStop(),
      pause: () => this.#pause(),
    }
  }

  requestStop(): void {
    this.#stopRequested = true
  }

  acknowledge(batch: number): void {
    assert(batch === this.#batch, `the parent acknowledged batch ${batch}, but batch ${this.#batch} was the last one sent`)
    this.#acknowledge()
  }

  /** Holds the job for ever at its next call. Only where a process cannot be ended: the in-process pair. */
  freeze(): void {
    this.#frozen = true
  }

  /** The answer for a job that gave back a result. Nothing may be said after it. */
  answer(result: Result): FromTrainer {
    const { job, spec } = this.#options
    this.#checkMaySpeak()
    assert(result.kind === spec.kind, `a ${spec.kind} job gave back a result of kind ${result.kind}`)
    const missing = [...this.#runs].filter((run) => !this.#endedRuns.has(run))
    // A stop that came too late to change anything stops nothing: a train job whose runs have all ended has ended in full.
    const stopped = this.#stopSeen && (this.#runs.size === 0 || missing.length > 0)
    assert(stopped || missing.length === 0, `the job ended without an end of the runs ${missing.join(', ')}`)
    this.#over = true
    return { kind: 'ended', job, stopped, result }
  }

  /** The answer for a job that threw. */
  failure(refusal: RefusalRecord): FromTrainer {
    this.#over = true
    return { kind: 'failed', job: this.#options.job, refusal }
  }

  #begin(start: Began): void {
    assert(!this.#began, 'a job says began once')
    this.#say({ kind: 'began', job: this.#options.job, ...start })
    this.#began = true
  }

  async #progress(rows: Rows, step: number): Promise<void> {
    assert(this.#began, 'a job says began before it says progress')
    this.#checkMaySpeak()
    this.#checkShape(rows)
    this.#isSendingProgress = true
    await this.#acknowledged
    await this.#until(this.#lastProgressMs + progressIntervalMs)
    this.#isSendingProgress = false
    this.#batch += 1
    this.#acknowledged = new Promise((resolve) => (this.#acknowledge = resolve))
    this.#say({ kind: 'progress', job: this.#options.job, batch: this.#batch, step, rows })
    this.#lastProgressMs = this.#lastSpokeMs
    if (this.#frozen) await forever()
  }

  #endRuns(runs: readonly RunEnd[]): void {
    assert(this.#began, 'a job says began before it says the end of a run')
    for (const { run } of runs) {
      assert(this.#runs.has(run), `the job said the end of ${run}, which is not one of its runs`)
      assert(!this.#endedRuns.has(run), `the job said the end of ${run} twice`)
      this.#endedRuns.add(run)
    }
    this.#say({ kind: 'runsEnded', job: this.#options.job, runs })
  }

  #lookForStop(): boolean {
    if (this.#stopRequested) this.#stopSeen = true
    return this.#stopRequested
  }

  async #pause(): Promise<void> {
    if (!this.#over && !this.#isSendingProgress && this.#options.clock.nowMs() - this.#lastSpokeMs >= aliveIntervalMs) {
      this.#say({ kind: 'alive', job: this.#options.job })
    }
    // An immediate runs after the loop has looked at its channels, so a loop of pauses reads every message that came in.
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (this.#frozen) await forever()
  }

  #say(message: FromTrainer): void {
    this.#checkMaySpeak()
    if (!this.#frozen) this.#options.send(message)
    this.#lastSpokeMs = this.#options.clock.nowMs()
  }

  #checkMaySpeak(): void {
    assert(!this.#over, 'a job says nothing after its answer')
    assert(!this.#isSendingProgress, 'a job awaits its progress before it says more')
  }

  #checkShape(rows: Rows): void {
    const { spec } = this.#options
    if (spec.kind !== 'train') return
    const size = rows.steps.length * spec.runs.length
    for (const [metric, values] of Object.entries(rows.values)) {
      assert(values.length === size, `progress of ${metric} holds ${values.length} values instead of steps × runs = ${size}`)
    }
  }

  async #until(momentMs: number): Promise<void> {
    const waitMs = momentMs - this.#options.clock.nowMs()
    if (waitMs > 0) await new Promise<void>((resolve) => void this.#options.clock.after(waitMs, resolve))
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined)
}
