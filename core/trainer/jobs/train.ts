/** The job that trains a stack: capture the step, then advance, record, keep checkpoints, until the last step or a stop. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Refusal, assert } from '#core/contract/errors.ts'
import type { Outcome } from '#core/contract/runs.ts'
import { startEngine } from '#core/engines/registry.ts'
import type { DataReader } from '#core/learning/data/data.ts'
import { fileReader } from '#core/learning/data/fileReader.ts'
import { recordEvery } from '#core/study/kinds.ts'
import { brokenAt } from '#core/study/stops.ts'
import { writeFileDurably } from '../checkpointFile.ts'
import type { JobContext } from '../childJob.ts'
import { monotonicClock } from '../clock.ts'
import { laneMaker, type Lane } from '../lanes.ts'
import { laneParameters, measureOf, vectorOf, type Measure } from '../measure.ts'
import type { Programs, Result, RunEnd, TrainJob } from '../protocol.ts'
import { readCheckpoint, stackName, startFromParameters, writeCheckpoint, writeParameters } from '../stackFile.ts'
import { captureTraining, lifeState, startState, type StackState, type TrainingProgram } from '../trainingProgram.ts'

const mostSilentMs = 2_000 // of preparation between two looks at the messages
const sliceMs = 25 // of steps between two looks at the messages

export async function runTrain(spec: TrainJob, context: JobContext): Promise<Extract<Result, { kind: 'train' }>> {
  const engine = await startEngine(spec.engine)
  const lanes = await lanesOf(spec, context)
  const stack = stackName(spec.runs.map(({ run }) => run))
  const start =
    spec.startFrom === null ? startState(lanes) : startFromParameters(startState(lanes), await readFile(spec.startFrom), kickOf(lanes))
  const from =
    spec.checkpointFrom === null ? { state: start, step: 0 } : readCheckpoint(await readFile(spec.checkpointFrom), { stack, start })
  const measure = measureOf(lanes)
  const training = new Training({ spec, context, lanes, stack, measure, start, from })
  try {
    context.began({
      engine: engine.kind,
      device: engine.device,
      versions: { ...engine.versions, program: training.how },
      step: from.step,
      predictions: measure.predictions(),
    })
    if (training.because !== null) context.log('warning', `runs op by op: ${training.because}`)
    await training.run()
    return { kind: 'train', trainingMs: training.trainingMs, programs: training.programs, steps: training.step - from.step }
  } finally {
    training.dispose()
  }
}

/** The runs, with a look at the messages now and then: their data and predictions may take longer than the parent bears silence. */
async function lanesOf(spec: TrainJob, context: JobContext): Promise<Lane[]> {
  const make = laneMaker(readerOf(spec.files))
  const lanes: Lane[] = []
  let lookedMs = monotonicClock.nowMs()
  for (const run of spec.runs) {
    lanes.push(make(run))
    if (monotonicClock.nowMs() - lookedMs < mostSilentMs) continue
    await context.pause()
    lookedMs = monotonicClock.nowMs()
  }
  return lanes
}

/** What is added to every parameter when a level of a continuation begins. */
function kickOf([first]: readonly Lane[]): number {
  const design = first?.study.design
  return design?.kind === 'continuation' ? (design.kick ?? 0) : 0
}

/** Reads the study's files, each once. */
export function readerOf(files: TrainJob['files']): DataReader {
  const stored = (path: string): string => {
    const place = files[path]
    if (place === undefined) throw new Refusal('invalid-input', `data.path: expected a file of the study, got ${JSON.stringify(path)}`)
    return place
  }
  return fileReader({ bytes: (path) => readFileSync(stored(path)), nameOf: (path) => basename(path) })
}

type TrainingParts = {
  readonly spec: TrainJob
  readonly context: JobContext
  readonly lanes: readonly Lane[]
  readonly stack: string
  readonly measure: Measure
  readonly start: StackState
  readonly from: { readonly state: StackState; readonly step: number }
}

/** A training under way: the step that it has reached, and the rows recorded since the last message. */
class Training {
  readonly #parts: TrainingParts
  readonly #measure: Measure
  readonly #every: number
  readonly #steps: number
  readonly #taskSteps: readonly number[]
  #isAnyAlive = true
  #sliceSteps = 1 // that take about `sliceMs`
  #program: TrainingProgram
  #task: number
  #rows: { steps: number[]; values: number[][] } = { steps: [], values: [] } // values[column] is row-major, [rows × runs]
  #checkpointMs: number
  #checkpointedAt: number | null // the step; a second file of its name would replace one that the parent has not taken yet
  #sentMs: number
  step: number
  trainingMs = 0 // the programs' making in it
  programs: Programs = { made: 0, reused: 0, ms: 0 }

  constructor(parts: TrainingParts) {
    const [first] = parts.lanes
    assert(first !== undefined, 'train: a stack has at least one run')
    this.#parts = parts
    this.#measure = parts.measure
    this.#every = recordEvery(first.study)
    this.#steps = first.study.training.steps
    this.#taskSteps = first.tasks.map(({ step }) => step)
    this.step = parts.from.step
    this.#program = this.#made(parts.from.state)
    this.#task = this.#taskSteps.findLastIndex((step) => step <= this.step)
    this.#checkpointedAt = parts.spec.checkpointFrom === null ? null : this.step
    this.#checkpointMs = this.#sentMs = monotonicClock.nowMs()
    this.#clear()
  }

  async run(): Promise<void> {
    const { context } = this.#parts
    if (this.#parts.spec.checkpointFrom === null) await this.#record() // a checkpoint comes after its row, that of step 0 too
    while (this.step < this.#steps && !context.stopRequested()) {
      if (await this.#advance()) await this.#record()
      await context.pause()
      const now = monotonicClock.nowMs()
      if (now - this.#sentMs >= 100) await this.#send()
      if (now - this.#checkpointMs >= this.#parts.spec.checkpointEveryMs) await this.#checkpoint()
    }
    await this.#send()
    if (this.step < this.#steps) return this.#checkpointedAt === this.step ? undefined : this.#checkpoint()
    await this.#finish()
  }

  /** Some steps, at most to the next recorded one; whether it was reached. */
  async #advance(): Promise<boolean> {
    await this.#changeTask()
    const began = monotonicClock.nowMs()
    const record = Math.min(this.#steps, (Math.floor(this.step / this.#every) + 1) * this.#every)
    const until = Math.min(record, this.#taskSteps.find((step) => step > this.step) ?? record)
    if (!this.#isAnyAlive) this.step = until // a step would change nothing
    if (this.step < until) {
      const count = Math.min(until - this.step, this.#sliceSteps)
      this.#program.advance(this.step, count)
      await this.#program.settle([]) // an engine that queues is not left behind, and its time counts
      this.step += count
      const msPerStep = (monotonicClock.nowMs() - began) / count
      this.#sliceSteps = Math.max(1, Math.min(4 * count, Math.floor(sliceMs / msPerStep))) // a slow step, as the first may be, is made up for in a few slices
    }
    this.trainingMs += monotonicClock.nowMs() - began
    return this.step === record
  }

  /** A task begins: the step is captured again over its data, from the state that has been reached. */
  async #changeTask(): Promise<void> {
    const task = this.#taskSteps.findLastIndex((step) => step <= this.step)
    if (task === this.#task) return
    this.#capture(await this.#state())
    this.#task = task
  }

  #capture(state: StackState): void {
    this.#program.dispose()
    this.#program = this.#made(state)
  }

  /** The program of the step from `state` on, counted and timed. */
  #made(state: StackState): TrainingProgram {
    const began = monotonicClock.nowMs()
    const program = captureTraining(this.#parts.lanes, state, this.step)
    const ms = monotonicClock.nowMs() - began
    const { made, reused } = this.programs
    this.programs = { made: made + (program.isReused ? 0 : 1), reused: reused + (program.isReused ? 1 : 0), ms: this.programs.ms + ms }
    this.trainingMs += ms
    return program
  }

  /** What the step runs as, with the reason where it is not what the engine could. */
  get how(): string {
    const { how, because } = this.#program
    return because === null ? how : `${how} (${because})`
  }

  get because(): TrainingProgram['because'] {
    return this.#program.because
  }

  dispose(): void {
    this.#program.dispose()
  }

  async #record(): Promise<void> {
    const read = await this.#snapshot()
    const all = await this.#measure.ofAll({ read, step: this.step }, () => this.#parts.context.pause())
    this.#rows.steps.push(this.step)
    for (const values of all) {
      for (const [c, value] of values.entries()) this.#rows.values[c]?.push(value)
    }
    this.#isAnyAlive = read('alive').includes(1)
    if (this.step < this.#steps) await this.#stopRuns(all, read)
  }

  /** Runs that break a rule with what was just recorded end here: they keep their parameters, and their neighbours their bits. */
  async #stopRuns(recorded: readonly (readonly number[])[], read: (name: string) => StackState[string]['values']): Promise<void> {
    const { lanes } = this.#parts
    const alive = read('alive')
    const broken = lanes.map(({ stops }, r) => {
      const valueOf = (metric: string) => recorded[r]?.[this.#measure.names.indexOf(metric)] ?? Number.NaN
      return alive[r] === 1 ? brokenAt(stops, { step: this.step, valueOf }) : null
    })
    if (broken.every((gate) => gate === null)) return
    const state = await this.#state()
    const [survived, finiteLoss, before] = ['survived', 'finiteLoss', 'stoppedBy'].map((name) => Int32Array.from(read(name)))
    assert(survived !== undefined && finiteLoss !== undefined && before !== undefined, 'train: the state counts')
    const stoppedBy = before.map((gate, r) => (broken[r] == null ? gate : broken[r] + 1))
    this.#capture({ ...state, ...lifeState({ survived, finiteLoss, stoppedBy }, this.step) })
    await this.#program.settle(['alive'])
    this.#isAnyAlive = this.#program.read('alive').includes(1)
  }

  /** The state of the moment but for the optimiser's own, each part copied out of the engine once. */
  async #snapshot(): Promise<(name: string) => StackState[string]['values']> {
    await this.#program.settle(Object.keys(this.#parts.start).filter((name) => !name.startsWith('optimiser/')))
    const copies = new Map<string, StackState[string]['values']>()
    return (name) => {
      const copy = copies.get(name) ?? this.#program.read(name)
      copies.set(name, copy)
      return copy
    }
  }

  #clear(): void {
    this.#rows = { steps: [], values: this.#measure.names.map(() => []) }
  }

  async #send(): Promise<void> {
    const { steps, values } = this.#rows
    this.#sentMs = monotonicClock.nowMs()
    if (steps.length === 0) return
    const named = Object.fromEntries(this.#measure.names.map((name, c) => [name, Float64Array.from(values[c] ?? [])]))
    this.#clear()
    await this.#parts.context.progress({ steps: Float64Array.from(steps), values: named }, this.step)
  }

  /** A checkpoint is said after every row up to its step: a reader that has the checkpoint has the rows. */
  async #checkpoint(): Promise<void> {
    const { context, stack } = this.#parts
    await this.#send()
    const bytes = writeCheckpoint(await this.#state(), { step: this.step, stack })
    context.artifact({
      what: 'checkpoint',
      step: this.step,
      ...(await writeFileDurably(context.folder, `checkpoint-${this.step}.safetensors`, bytes)),
    })
    this.#checkpointMs = monotonicClock.nowMs()
    this.#checkpointedAt = this.step
  }

  async #state(): Promise<StackState> {
    await this.#program.settle(Object.keys(this.#parts.start))
    return Object.fromEntries(
      Object.entries(this.#parts.start).map(([name, part]) => [name, { ...part, values: this.#program.read(name) }]),
    )
  }

  async #finish(): Promise<void> {
    const { context, lanes, stack } = this.#parts
    const bytes = writeParameters(await this.#state(), { step: String(this.step), stack })
    context.artifact({ what: 'parameters', step: this.step, ...(await writeFileDurably(context.folder, 'parameters.safetensors', bytes)) })
    const read = await this.#snapshot()
    context.runsEnded(lanes.map((lane, row) => this.#endOf(lane, { read, row })))
  }

  #valuesAt(step: number, at: { read: (name: string) => ArrayLike<number>; row: number }): RunEnd['values'] {
    const values = this.#measure.ofStopped({ ...at, step })
    return Object.fromEntries(this.#measure.names.map((name, c) => [name, values[c] ?? Number.NaN]))
  }

  #endOf(lane: Lane, { read, row }: { read: (name: string) => ArrayLike<number>; row: number }): RunEnd {
    const parameters = laneParameters(lane, { read, row })
    const count = (name: string) => read(name)[row] ?? 0
    const outcome = outcomeOf({
      survived: count('survived'),
      finiteLoss: count('finiteLoss'),
      stoppedBy: count('stoppedBy'),
      steps: this.#steps,
    })
    const { names, vector: measured } = vectorOf(lane, parameters)
    return {
      run: lane.run,
      outcome,
      values: outcome.kind === 'stopped-by-gate' ? this.#valuesAt(outcome.step, { read, row }) : null,
      parametersSha256: parametersHash(lane, parameters),
      coefficients: {
        names,
        measured: outcome.kind === 'diverged' ? measured.map(() => Number.NaN) : measured,
        predicted: lane.prediction?.vector ?? null,
        margin: lane.prediction?.margin ?? null,
      },
    }
  }
}

type Counted = { readonly survived: number; readonly finiteLoss: number; readonly stoppedBy: number; readonly steps: number }

/**
 * A run that survived s steps of T, s < T, was stopped at step s, or diverged at step s + 1 (counted from 1): in its loss, or in its parameters if the loss was still
 * finite.
 */
function outcomeOf({ survived, finiteLoss, stoppedBy, steps }: Counted): Outcome {
  if (stoppedBy > 0) return { kind: 'stopped-by-gate', step: survived, gate: stoppedBy - 1 }
  if (survived === steps) return { kind: 'reached-last-step' }
  return { kind: 'diverged', step: survived + 1, place: finiteLoss > survived ? 'parameters' : 'loss' }
}

/** SHA-256 of a run's parameters as little-endian float32, in the model's order. */
function parametersHash({ form }: Lane, parameters: Readonly<Record<string, Float64Array>>): string {
  const hash = createHash('sha256')
  for (const { name } of form.trained) {
    const values = parameters[name] ?? new Float64Array()
    const view = new DataView(new ArrayBuffer(4 * values.length))
    for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true)
    hash.update(new Uint8Array(view.buffer))
  }
  return hash.digest('hex')
}
