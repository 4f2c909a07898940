/**
 * Jobs that do what a test asks: end, refuse, break, wait, break a law of the protocol, die. A train job's behaviour stands
 * in the study of its first run; a compare job gives its request back.
 */
import { writeSync } from 'node:fs'
import { Refusal } from '#core/contract/errors.ts'
import type { JobTable } from '#core/trainer/child.ts'
import type { JobContext } from '#core/trainer/childJob.ts'
import type { Result, RunEnd, TrainJob } from '#core/trainer/protocol.ts'

export type Death = 'exit' | 'kill' | 'abort' | 'throw' | 'reject'
export type Behaviour =
  | 'ends'
  | 'refuses'
  | 'breaks'
  | 'forgets-a-run'
  | 'ends-a-run-twice'
  | 'ends-a-stranger'
  | 'ends-runs-before-began'
  | 'rows-of-a-wrong-shape'
  | 'progress-before-began'
  | 'does-not-await-progress'
  | 'three-batches'
  | 'waits-for-stop'
  | 'ends-in-full-when-stopped'
  | 'ignores-stop'
  | 'ignores-stop-and-SIGTERM'
  | 'computes-for-ever'
  | 'result-of-another-kind'
  | 'says-a-function'
  | 'talks-and-dies-when-stopped'
  | `dies-when-ready:${Death}`
  | `dies-when-running:${Death}`
  | `dies-when-stopping:${Death}`

type TrainResult = Extract<Result, { kind: 'train' }>
type Play = (spec: TrainJob, context: JobContext) => Promise<TrainResult>

const done: TrainResult = { kind: 'train', trainingMs: 1, programs: { made: 1, reused: 0, ms: 0.5 }, steps: 3 }
export const linesBeforeDeath = 50 // small enough to lie in the channel's buffer when the process dies
export const lastWords = 'the fixture dies on purpose'

/** A job of two runs with the behaviour. */
export function trainSpec(behaviour: Behaviour): TrainJob {
  const run = (id: string, replicate: number) => ({ run: id, study: { behaviour }, base: 1, cell: 'c', replicate, stops: [] })
  return {
    kind: 'train',
    engine: 'cpu',
    runs: [run('a', 0), run('b', 1)],
    files: {},
    checkpointFrom: null,
    startFrom: null,
    checkpointEveryMs: 1_000,
  }
}

export const fixtureJobs: JobTable = {
  train: (spec, context) => behave(behaviourOf(spec), spec, context),
  prove: () => Promise.reject(new Refusal('engine-unavailable', 'engine: expected one that runs, got a fixture')),
  report: () => Promise.resolve({ kind: 'report' }),
  compare: (spec) => Promise.resolve({ kind: 'compare', comparison: spec.request }),
  phase: (spec) => Promise.resolve({ kind: 'phase', phase: spec.request }),
  structure: () => Promise.reject(new Refusal('invalid-input', 'FILE: expected weights, got a fixture')),
  mirrors: () => Promise.reject(new Refusal('invalid-input', 'model: expected one with parameters, got a fixture')),
}

function behaviourOf(spec: TrainJob): string {
  const study: unknown = spec.runs[0]?.study
  const has = typeof study === 'object' && study !== null && 'behaviour' in study
  return has && typeof study.behaviour === 'string' ? study.behaviour : 'ends'
}

function behave(behaviour: string, spec: TrainJob, context: JobContext): Promise<TrainResult> {
  const [name = '', death] = behaviour.split(':')
  const play = death === undefined ? plays[name] : dying(name, death)
  if (play === undefined) throw new Error(`no fixture behaves like ${behaviour}`)
  return play(spec, context)
}

const plays: Readonly<Record<string, Play>> = {
  ends: async (spec, context) => {
    begin(context)
    await context.progress(rows(spec, [1, 2]), 2)
    context.artifact({ what: 'parameters', step: 2, path: 'p', sha256: '0'.repeat(64), bytes: 8 })
    context.runsEnded(ends(spec))
    return done
  },
  refuses: () => Promise.reject(new Refusal('invalid-input', 'a: expected b, got c', ['first', 'second'])),
  breaks: () => Promise.reject(new TypeError('a bug of the fixture')),
  'forgets-a-run': async (spec, context) => {
    begin(context)
    context.runsEnded(ends(spec).slice(1))
    return done
  },
  'ends-a-run-twice': async (spec, context) => {
    begin(context)
    context.runsEnded([...ends(spec), ...ends(spec).slice(1)])
    return done
  },
  'ends-a-stranger': async (spec, context) => {
    begin(context)
    context.runsEnded(ends(spec).map((end) => ({ ...end, run: `not-${end.run}` })))
    return done
  },
  'ends-runs-before-began': async (spec, context) => {
    context.runsEnded(ends(spec))
    return done
  },
  'rows-of-a-wrong-shape': async (_spec, context) => {
    begin(context)
    await context.progress({ steps: Float64Array.of(1), values: { loss: Float64Array.of(1, 2, 3) } }, 1)
    return done
  },
  'progress-before-began': async (spec, context) => {
    await context.progress(rows(spec, [1]), 1)
    return done
  },
  'does-not-await-progress': async (spec, context) => {
    begin(context)
    const first = context.progress(rows(spec, [1]), 1)
    await context.progress(rows(spec, [2]), 2)
    await first
    return done
  },
  'three-batches': async (spec, context) => {
    begin(context)
    for (const step of [1, 2, 3]) await context.progress(rows(spec, [step]), step)
    context.runsEnded(ends(spec))
    return done
  },
  'waits-for-stop': async (_spec, context) => {
    begin(context)
    while (!context.stopRequested()) await context.pause()
    return done
  },
  'ends-in-full-when-stopped': async (spec, context) => {
    begin(context)
    while (!context.stopRequested()) await context.pause()
    context.runsEnded(ends(spec))
    return done
  },
  'ignores-stop': async (_spec, context) => {
    begin(context)
    for (;;) await context.pause()
  },
  'ignores-stop-and-SIGTERM': async (_spec, context) => {
    process.on('SIGTERM', () => undefined)
    begin(context)
    for (;;) await context.pause()
  },
  'computes-for-ever': async (_spec, context) => {
    begin(context)
    await context.pause()
    for (;;);
  },
  'result-of-another-kind': async () => {
    const wrong: Result = { kind: 'report' }
    return wrong as unknown as TrainResult // the lie that is under test
  },
  'talks-and-dies-when-stopped': async (_spec, context) => {
    begin(context)
    while (!context.stopRequested()) await context.pause()
    for (let line = 1; line <= linesBeforeDeath; line++) context.log('info', `line ${line}`)
    process.kill(process.pid, 'SIGKILL')
    return done
  },
  'says-a-function': async (_spec, context) => {
    const text: unknown = () => 'not a text'
    context.log('info', text as string) // the lie that is under test
    return done
  },
}

function dying(when: string, death: string): Play {
  return async (_spec, context) => {
    if (when !== 'dies-when-ready') begin(context)
    if (when === 'dies-when-stopping') while (!context.stopRequested()) await context.pause()
    die(death)
    for (;;) await context.pause() // a throw elsewhere ends the process at its own time
  }
}

/** Ends this process as asked, with words on stderr where the death itself leaves time for them. */
export function die(death: string): void {
  if (death === 'throw') setImmediate(() => thrown())
  else if (death === 'reject') void Promise.reject(new Error(lastWords))
  else {
    writeSync(2, `${lastWords}\n`)
    if (death === 'exit') process.exit(3)
    if (death === 'abort') process.abort()
    process.kill(process.pid, 'SIGKILL')
  }
}

function thrown(): never {
  throw new Error(lastWords)
}

function begin(context: JobContext): void {
  context.began({ engine: 'cpu', device: 'a fixture', versions: {}, step: 0, predictions: [] })
}

function rows(spec: TrainJob, steps: readonly number[]) {
  const size = steps.length * spec.runs.length
  return { steps: Float64Array.from(steps), values: { loss: new Float64Array(size).map((_, index) => index) } }
}

function ends(spec: TrainJob): RunEnd[] {
  return spec.runs.map(({ run }) => ({
    run,
    outcome: { kind: 'reached-last-step' },
    values: null,
    parametersSha256: '0'.repeat(64),
    coefficients: { names: [], measured: new Float64Array(0), predicted: null, margin: null },
  }))
}
