/**
 * The parent of one trainer process that does one job: starts it, hears it, stops it, and speaks for it when it dies. States
 * and their transitions are in `parentStates.ts`. Messages are handled strictly in the order in which they came, each after
 * the handler before has finished; the process's end comes after its last message.
 */
import { toRecord, type RefusalRecord } from '#core/contract/errors.ts'
import type { Clock } from './clock.ts'
import type { Said } from './messages.ts'
import { watchMemory, type MemoryBound, type MemoryWatch } from './parentMemory.ts'
import { bugRefusal, crashRefusal, killedRefusal, silenceRefusal, type Exit } from './parentSentences.ts'
import { silenceFloorMs, watchSilence, type SilenceWatch } from './parentSilence.ts'
import { nextState, type State } from './parentStates.ts'
import { protocol, type FromTrainer, type Job, type Launcher, type Result, type ToTrainer, type TrainerHandle } from './protocol.ts'

/** What the parent's owner does with messages. A handler that throws ends the trainer; its refusal becomes the job's. */
export type JobHandlers = {
  ready?(message: Said<'ready'>): void | Promise<void>
  began?(message: Said<'began'>): void | Promise<void>
  /** Returns when the rows are durable: only then the trainer may send the next ones. */
  progress?(message: Said<'progress'>): void | Promise<void>
  artifact?(message: Said<'artifact'>): void | Promise<void>
  runsEnded?(message: Said<'runsEnded'>): void | Promise<void>
  log?(message: Said<'log'>): void | Promise<void>
}

export type JobOptions = {
  readonly launcher: Launcher
  readonly spec: Job
  readonly folder: string // where the job may write files
  readonly clock: Clock
  readonly on: JobHandlers
  readonly silentAfterMs?: number // the shortest silence that counts
  readonly stopGraceMs?: number // from stop, or shutdown, to SIGTERM
  readonly killGraceMs?: number // from SIGTERM to SIGKILL
  readonly memory?: MemoryBound // what the process may take; unwatched when left out
}

type Verdict =
  | { readonly kind: 'ended'; readonly stopped: boolean; readonly result: Result }
  | { readonly kind: 'failed'; readonly refusal: RefusalRecord } // the job said why, or a handler did
  | { readonly kind: 'crashed'; readonly refusal: RefusalRecord } // the process ended without a word, or spoke out of place
  | { readonly kind: 'silent'; readonly refusal: RefusalRecord }

/** How a job came out, with what is known of its process: the versions that it named, its last words on stderr. */
export type JobEnd = Verdict & { readonly versions: Readonly<Record<string, string>> | null; readonly stderr: string }

export type RunningJob = {
  readonly pid: number | null
  /** Never rejects; settles when the process is gone and every message of it has been handled. */
  readonly finished: Promise<JobEnd>
  /** Asks the job to make a checkpoint and end; ends the process if it does not. */
  stop(): void
  /** Ends the process now. */
  kill(): void
}

/** Runs one job in one process, which ends with it. */
export function runJob(options: JobOptions): RunningJob {
  const trainer = new Trainer(options)
  trainer.launch()
  return { pid: trainer.pid, finished: trainer.finished, stop: () => trainer.stop(), kill: () => trainer.kill() }
}

class Trainer {
  readonly finished: Promise<JobEnd>
  readonly #options: JobOptions
  readonly #job: string
  readonly #silence: SilenceWatch
  #resolve: (end: JobEnd) => void = () => undefined
  #state: State = 'idle'
  #handle: TrainerHandle | null = null
  #queue: Promise<void> = Promise.resolve()
  #verdict: Verdict | null = null
  #versions: Readonly<Record<string, string>> | null = null
  #isStopAsked = false
  #forcedBy: 'SIGTERM' | 'SIGKILL' | null = null
  #hasUnacknowledged = false
  #cancelEnding: () => void = () => undefined
  #memory: MemoryWatch | null = null

  constructor(options: JobOptions) {
    this.#options = options
    this.#job = options.spec.kind
    this.finished = new Promise((resolve) => (this.#resolve = resolve))
    this.#silence = watchSilence({
      clock: options.clock,
      floorMs: options.silentAfterMs ?? silenceFloorMs,
      onSilent: (silentMs) => this.#dismiss({ kind: 'silent', refusal: silenceRefusal(silentMs, this.#state) }, 'SIGKILL'),
    })
  }

  get pid(): number | null {
    return this.#handle?.pid ?? null
  }

  launch(): void {
    try {
      this.#handle = this.#options.launcher.launch({
        message: (message) => this.#receive(message),
        exited: (exit) => this.#exited(exit),
      })
    } catch (error) {
      this.#silence.end()
      this.#state = 'crashed'
      this.#resolve({ kind: 'failed', refusal: toRecord(error), versions: null, stderr: '' })
      return
    }
    this.#move('launched')
    this.#watchMemory()
    this.#send({ kind: 'hello', protocol, folder: this.#options.folder })
  }

  #watchMemory(): void {
    const { memory, clock } = this.#options
    if (memory === undefined || this.pid === null) return
    const onExceeded = (refusal: RefusalRecord) => this.#dismiss({ kind: 'failed', refusal }, 'SIGKILL')
    this.#memory = watchMemory(memory, { pid: this.pid, clock, onExceeded })
  }

  stop(): void {
    if (this.#isStopAsked) return
    this.#isStopAsked = true
    const isWorking = this.#state === 'ready' || this.#state === 'running'
    if (isWorking)
      this.#askToStop() // before that: when the job has been started
    else if (this.#state === 'starting') this.#endUnlessGone()
  }

  kill(): void {
    this.#dismiss({ kind: 'crashed', refusal: killedRefusal(this.#state) }, 'SIGKILL')
  }

  #askToStop(): void {
    this.#move('stop')
    this.#silence.end() // from here the graces of the stop decide
    this.#send({ kind: 'stop', job: this.#job })
    this.#endUnlessGone()
  }

  /** A message came in: what must be known at once, before its turn in the queue. */
  #receive(message: FromTrainer): void {
    if (this.#state === 'dismissed') return
    if (message.kind === 'progress') {
      if (this.#hasUnacknowledged) return this.#bug(`the acknowledgement of the last batch before batch ${message.batch}`, 'progress')
      this.#hasUnacknowledged = true
    }
    this.#silence.heard()
    this.#queue = this.#queue.then(() => this.#take(message))
  }

  async #take(message: FromTrainer): Promise<void> {
    if (this.#state === 'dismissed') return
    const next = nextState(this.#state, message.kind)
    if (next === null) return this.#bug(`a message that has a place while ${this.#state}`, message.kind)
    if ('job' in message && message.job !== this.#job) return this.#bug(`messages about ${this.#job}`, `one about ${message.job}`)
    this.#state = next
    try {
      await this.#deliver(message)
    } catch (error) {
      await this.#handlerFailed(error)
    }
    this.#silence.handled()
  }

  async #deliver(message: FromTrainer): Promise<void> {
    const { on } = this.#options
    switch (message.kind) {
      case 'ready':
        return this.#begin(message)
      case 'began':
        return on.began?.(message)
      case 'progress':
        await on.progress?.(message)
        this.#hasUnacknowledged = false
        return this.#send({ kind: 'acknowledge', job: this.#job, batch: message.batch })
      case 'artifact':
        return on.artifact?.(message)
      case 'runsEnded':
        return on.runsEnded?.(message)
      case 'log':
        return on.log?.(message)
      case 'alive':
        return
      case 'ended':
        return this.#answered({ kind: 'ended', stopped: message.stopped, result: message.result })
      case 'failed':
      case 'refused':
        return this.#answered({ kind: 'failed', refusal: message.refusal })
      default:
        message satisfies never
    }
  }

  async #begin(message: Said<'ready'>): Promise<void> {
    if (message.protocol !== protocol) return this.#bug(`protocol ${protocol}`, `protocol ${message.protocol}`)
    this.#versions = message.versions
    this.#send({ kind: 'start', job: this.#job, spec: this.#options.spec })
    if (this.#isStopAsked) this.#askToStop()
    await this.#options.on.ready?.(message)
  }

  /** The trainer has said its last word: it may go. */
  #answered(verdict: Verdict): void {
    this.#verdict ??= verdict
    this.#leave()
  }

  /** What the trainer makes can't be kept, so it ends without a checkpoint. The stack of a bug goes to the log. */
  async #handlerFailed(error: unknown): Promise<void> {
    if (this.#verdict === null) this.#verdict = { kind: 'failed', refusal: toRecord(error) }
    if (this.#state !== 'dismissed') {
      this.#move('dismiss')
      this.#leave()
    }
    if (this.#verdict.kind !== 'failed' || this.#verdict.refusal.code !== 'internal' || !(error instanceof Error)) return
    try {
      await this.#options.on.log?.({ kind: 'log', level: 'warning', text: error.stack ?? error.message })
    } catch {
      // The handler that failed may have been the log itself: the verdict says it.
    }
  }

  #leave(): void {
    this.#silence.end()
    this.#send({ kind: 'shutdown' })
    this.#endUnlessGone()
  }

  #bug(expected: string, got: string): void {
    this.#dismiss({ kind: 'crashed', refusal: bugRefusal(expected, got) }, 'SIGKILL')
  }

  /** Gives the trainer up: the verdict is known, nothing that it still says counts. */
  #dismiss(verdict: Verdict, signal: 'SIGTERM' | 'SIGKILL'): void {
    if (nextState(this.#state, 'dismiss') === null) return // its end is known already
    this.#verdict ??= verdict
    this.#move('dismiss')
    this.#silence.end()
    this.#cancelEnding()
    this.#handle?.kill(signal)
  }

  /** SIGTERM after one grace, SIGKILL after another; a later call starts the graces again. */
  #endUnlessGone(): void {
    const { clock, stopGraceMs = 5_000, killGraceMs = 2_000 } = this.#options
    this.#cancelEnding()
    this.#cancelEnding = clock.after(stopGraceMs, () => {
      this.#force('SIGTERM')
      this.#cancelEnding = clock.after(killGraceMs, () => this.#force('SIGKILL'))
    })
  }

  #force(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#forcedBy = signal
    this.#handle?.kill(signal)
  }

  #exited(exit: Exit): void {
    this.#silence.end()
    this.#memory?.end()
    this.#cancelEnding()
    this.#queue = this.#queue.then(() => {
      const crash = crashRefusal(exit, { state: this.#state, forcedBy: this.#forcedBy })
      this.#move('exited')
      this.#cancelEnding()
      this.#resolve({ ...(this.#verdict ?? { kind: 'crashed', refusal: crash }), versions: this.#versions, stderr: exit.stderr })
    })
  }

  #move(event: 'launched' | 'stop' | 'dismiss' | 'exited'): void {
    const next = nextState(this.#state, event)
    if (next === null) throw new Error(`bug: ${event} has no place while ${this.#state}`)
    this.#state = next
  }

  #send(message: ToTrainer): void {
    try {
      this.#handle?.send(message)
    } catch (error) {
      // A job that structured clone can't carry: a bug of whoever made it.
      this.#dismiss({ kind: 'crashed', refusal: toRecord(error) }, 'SIGKILL')
    }
  }
}
