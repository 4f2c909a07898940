/**
 * What runs inside a trainer process, on any host: answers `hello`, does one job, says how it ended, leaves when told to.
 * It knows no process: `childProcess.ts` binds it to one, `pair.ts` to the other end in the same process.
 */
import { Refusal, toRecord } from '#core/contract/errors.ts'
import { JobSession, type JobContext } from './childJob.ts'
import { monotonicClock, type Clock } from './clock.ts'
import { protocol, type FromTrainer, type Job, type Result, type ToTrainer } from './protocol.ts'

/** The trainer's end of the channel, and its ways to complain and to leave. */
export type TrainerPort = {
  send(message: FromTrainer): void
  onMessage(handler: (message: ToTrainer) => void): void
  /** The parent is gone: nobody will hear an answer. */
  onParentGone(handler: () => void): void
  /** Text for the log: the stack of a bug. */
  writeError(text: string): void
  /** Ends the process; in a real one it does not return. */
  exit(code: number): void
}

/** What does each kind of job. Rows import lazily, so that a comparison never loads an engine. */
export type JobTable = {
  readonly [K in Job['kind']]: (spec: Extract<Job, { kind: K }>, context: JobContext) => Promise<Extract<Result, { kind: K }>>
}

export type ServeOptions = { readonly versions: Readonly<Record<string, string>>; readonly clock?: Clock }

/** Exit status of a trainer that met a bug outside its job's answer; EX_SOFTWARE of sysexits.h. */
export const bugExitCode = 70

/** Serves one parent for one job. */
export function serveTrainer(port: TrainerPort, jobs: JobTable, { versions, clock = monotonicClock }: ServeOptions): void {
  let folder: string | null = null
  let session: JobSession | null = null

  const leave = (code: number) => {
    session?.freeze()
    port.exit(code)
  }
  const begin = ({ job, spec }: Extract<ToTrainer, { kind: 'start' }>, place: string) => {
    if (session !== null) {
      const refusal = new Refusal('conflict', `start: expected one job per trainer process, got ${job} as a second one`)
      port.send({ kind: 'failed', job, refusal: toRecord(refusal) })
      return
    }
    session = new JobSession({ job, spec, folder: place, clock, send: (message) => port.send(message) })
    void work(port, { jobs, session, spec })
  }
  const handle = (message: ToTrainer) => {
    switch (message.kind) {
      case 'hello':
        if (message.protocol === protocol) folder = message.folder
        port.send(message.protocol === protocol ? { kind: 'ready', protocol, versions } : refusal(message.protocol))
        return
      case 'start':
        if (folder === null) throw new Error('bug: the parent said start before a hello of this protocol')
        begin(message, folder)
        return
      case 'stop':
        session?.requestStop()
        return
      case 'acknowledge':
        session?.acknowledge(message.batch)
        return
      case 'shutdown':
        leave(0)
        return
      default:
        message satisfies never
    }
  }
  port.onMessage((message) => {
    try {
      handle(message)
    } catch (error) {
      port.writeError(stackOf(error)) // the process's outermost edge: report, exit non-zero
      leave(bugExitCode)
    }
  })
  port.onParentGone(() => leave(1))
}

/** Does the job and sends its one answer. Never rejects: what cannot even be sent is answered as a bug. */
async function work(
  port: TrainerPort,
  given: { readonly jobs: JobTable; readonly session: JobSession; readonly spec: Job },
): Promise<void> {
  const { jobs, session, spec } = given
  try {
    port.send(session.answer(await dispatch(jobs, spec, session.context)))
  } catch (error) {
    if (!(error instanceof Refusal)) port.writeError(stackOf(error))
    port.send(session.failure(toRecord(error)))
  }
}

function dispatch(jobs: JobTable, spec: Job, context: JobContext): Promise<Result> {
  switch (spec.kind) {
    case 'train':
      return jobs.train(spec, context)
    case 'prove':
      return jobs.prove(spec, context)
    case 'report':
      return jobs.report(spec, context)
    case 'compare':
      return jobs.compare(spec, context)
    case 'phase':
      return jobs.phase(spec, context)
    case 'structure':
      return jobs.structure(spec, context)
    case 'mirrors':
      return jobs.mirrors(spec, context)
    default:
      return spec satisfies never
  }
}

function refusal(got: number): FromTrainer {
  const sentence = `hello.protocol: expected ${protocol}, got ${got}; the program and its trainer are of different versions`
  return { kind: 'refused', refusal: { code: 'conflict', message: sentence } }
}

/** The text of a bug: its stack, which begins with its sentence. */
export function stackOf(error: unknown): string {
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`
}
