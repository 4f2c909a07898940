/**
 * From a frozen study to its runs, and from runs to stacks: the runs of equal shape that train together as one tensor program.
 *
 * A stack is fixed here and stored, since the last bits of a result may depend on it. Runs are named by study, cell and replicate, never by an index.
 */
import { columnsOf } from '#core/analysis/metrics/registry.ts'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import { factsOf } from '#core/study/facts.ts'
import { requireFit } from '#core/study/fit.ts'
import type { StudyFile } from '#core/study/schema.ts'
import type { Cell } from '#core/study/cells.ts'
import type { Study } from '#core/study/study.ts'
import type { Size } from '#core/learning/models/model.ts'
import { multiplicationsOf } from '#core/learning/models/multiplications.ts'
import { requireNames } from '#core/learning/pattern.ts'
import { reparametrisationKinds } from '#core/learning/reparametrise/registry.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import { taskStudies } from '#core/study/tasks.ts'
import { dataOf, formOf, initialValuesOf, lossOf, modelOf, optimiserOf, recordEvery } from '#core/study/kinds.ts'

export type PlannedRun = { readonly id: string; readonly cell: Cell; readonly replicate: number }

export type Stack = {
  readonly shape: Json
  readonly runs: readonly PlannedRun[]
  readonly steps: number
  readonly parameters: number // of one run
  readonly multiplications: number // of one row through one run's weights
  readonly rows: number // of one run's training part
  readonly seen: number // of them in one step
  readonly inputs: number
  readonly outputs: number
  readonly isShared: boolean // one training part for all runs
  readonly seriesBytes: number
  readonly programBytes: number // of parameters and data in the program
}

/** Rows, columns of x and columns of y of the data that a cell trains on, and the shape of a row of x where its file says one; files are read by the host. */
export type DataSize = (study: StudyFile) => {
  readonly rows: number
  readonly inputs: number
  readonly outputs: number
  readonly item?: readonly number[]
}

const mostLanes = 1_024 // in one stack: beyond it a step's cost grows as the lanes do, and a lost process loses more
const mostParameters = 2 ** 28 // of one run, 1 GiB as float32: a step holds their gradient and an optimiser's state beside them
const mostProgramBytes = 512 * 2 ** 20 // the wasm heap ends at 4 GiB and a step holds several copies

/** The part of a study that fixes the tensor program and the recording. */
export function shapeOf(study: StudyFile, size: DataSize): { readonly [field: string]: Json } {
  const [model, data, loss, optimiser] = [modelOf(study), dataOf(study), lossOf(study), optimiserOf(study)]
  const { rows, inputs, outputs, item } = size(study)
  requireFit(study, { rows, outputs })
  requireImages(study, item)
  return {
    model: model.kind.shapeOf(model.settings),
    data: data.kind.shapeOf(data.settings),
    loss: loss.kind.shapeOf(loss.settings),
    optimiser: optimiser.kind.shapeOf(optimiser.settings),
    reparametrise: study.reparametrise.map((settings) => reparametrisationKinds[settings.kind].shapeOf(settings as never)), // of its own kind
    noise: { label: study.noise.label?.kind ?? null, gradient: withoutStd(study.noise.gradient) },
    tasks: tasksOf(study, size),
    decayGroups: study.regularisation.groups.map(({ parameters }) => parameters),
    rows,
    inputs,
    outputs,
    parameters: parameterCount(study, { inputs, outputs }),
    steps: study.training.steps,
    recordEvery: recordEvery(study),
    columns: columnsOf(study.measure, factsOf(study)).map(({ name }) => name),
  }
}

/** The steps of the tasks and what fixes their data in the program. Fails: 'invalid-input' for a task that breaks a rule or has data of another size. */
function tasksOf(study: StudyFile, size: DataSize): Json {
  const before = size(study)
  return taskStudies(study)
    .slice(1)
    .map(({ step, study: during }, i) => {
      const { rows, inputs, outputs } = size(during)
      if (rows !== before.rows || inputs !== before.inputs || outputs !== before.outputs)
        throw new Refusal(
          'invalid-input',
          `tasks[${i}].set: expected data of ${before.rows} rows, ${before.inputs} inputs and ${before.outputs} outputs as before, got ${rows}, ${inputs} and ${outputs}`,
        )
      const data = dataOf(during)
      return [step, data.kind.shapeOf(data.settings)]
    })
}

/** Numbers that one run trains. Fails: 'invalid-input' for too many, a pattern that names no parameter, or initial values of another number. */
function parameterCount(study: StudyFile, size: Size): number {
  const { trained } = formOf(study, size)
  const names = trained.map(({ name }) => name)
  initialValuesOf(study, trained)
  for (const [i, { parameters }] of study.regularisation.groups.entries())
    requireNames(`regularisation.groups[${i}].parameters`, parameters, names)
  const count = trained.reduce((sum, parameter) => sum + sizeOf(parameter), 0)
  if (count > mostParameters) throw new Refusal('invalid-input', `model: expected at most ${mostParameters} numbers to train, got ${count}`)
  return count
}

/** Refuses a model of images whose shape neither its settings nor the data say, and one that would read images of another shape as square ones. */
function requireImages(study: StudyFile, item: readonly number[] | undefined): void {
  const [model, data] = [modelOf(study), dataOf(study)]
  if (model.kind.readsImages?.(model.settings) !== true) return
  const field = 'model.image: expected height, width and channels for'
  if (!data.kind.traits(data.settings).hasImages)
    throw new Refusal('invalid-input', `${field} data of the kind ${data.settings.kind}, which are no images, got nothing`)
  if (item !== undefined && !isSquare(item))
    throw new Refusal('invalid-input', `${field} items of ${item.join(' × ')}, which are no square images of one channel or three, got nothing`) // prettier-ignore
}

/** Whether rows of pixels are a square image, channels last; of a list of values nothing else is known. */
function isSquare([height, width, channels = 1, ...more]: readonly number[]): boolean {
  return width === undefined || (height === width && (channels === 1 || channels === 3) && more.length === 0)
}

/** The part of gradient noise that fixes the program and the draws. */
function withoutStd(noise: StudyFile['noise']['gradient']): Json {
  if (noise === undefined) return null
  const { std: _, ...shape } = noise
  return shape
}

export function runId(study: string, cell: Cell, replicate: number): string {
  return `${study}.${cell.hash.slice(0, 12)}.${replicate}`
}

/** The wanted runs of a study, in stacks, in the order of the cells. */
export function planStacks(study: Study, { size, isWanted }: { size: DataSize; isWanted: (run: PlannedRun) => boolean }): Stack[] {
  const groups = new Map<string, { readonly shape: Json; readonly runs: PlannedRun[] }>()
  for (const cell of study.cells) {
    const shape = { ...shapeOf(cell.study, size), ...(cell.startsFrom === null ? {} : { place: cell.place }) } // a stack starts from one that came before it
    const text = canonicalJson(shape)
    const group = groups.get(text) ?? { shape, runs: new Array<PlannedRun>() }
    groups.set(text, group)
    for (let replicate = 1; replicate <= study.file.seeds.count; replicate += 1) {
      const run = { id: runId(study.id, cell, replicate), cell, replicate }
      if (isWanted(run)) group.runs.push(run)
    }
  }
  return [...groups.values()].flatMap(({ shape, runs }) => cutStacks(shape, runs, size))
}

function cutStacks(shape: Json, runs: readonly PlannedRun[], size: DataSize): Stack[] {
  const [first] = runs
  if (first === undefined) return []
  const study = first.cell.study
  const { rows, inputs, outputs } = size(study)
  const data = dataOf(study)
  const parameters = parameterCount(study, { inputs, outputs })
  const shared = data.kind.isShared(data.settings)
  const laneBytes = 4 * (3 * parameters + (shared ? 2 * rows * outputs : rows * (inputs + 3 * outputs)))
  const model = modelOf(study)
  const lanes = model.kind.trainsAlone === true ? 1 : Math.max(1, Math.min(mostLanes, Math.floor(mostProgramBytes / laneBytes)))
  const records = Math.floor(study.training.steps / recordEvery(study)) + 2
  const columns = columnsOf(study.measure, factsOf(study)).length
  return Array.from({ length: Math.ceil(runs.length / lanes) }, (_, i) => {
    const part = runs.slice(i * lanes, (i + 1) * lanes)
    return {
      shape,
      runs: part,
      steps: study.training.steps,
      parameters,
      multiplications: multiplicationsOf(model.kind, model.settings, { inputs, outputs }),
      rows,
      seen: study.optimiser.batch === 'full' ? rows : study.optimiser.batch,
      inputs,
      outputs,
      isShared: shared,
      seriesBytes: 8 * records * (columns * part.length + 1),
      programBytes: laneBytes * part.length + (shared ? 4 * rows * inputs : 0),
    }
  })
}

/**
 * Seconds that training a stack takes on the wasm engine, to within a factor of three: 40 kernel calls of 2 µs a step, 1 ns for each element of the
 * outputs and parameters that they touch, and 0.2 ns for each of the three multiplications that a parameter costs a row: forward and both backward.
 * Measured on E1 and E5 (theory.md), own data, and on the diabetes table, shared.
 */
export function estimateSeconds({ runs, steps, parameters, multiplications, seen }: Stack): number {
  const products = 3 * seen * multiplications * runs.length
  const elements = runs.length * (8 * seen + 12 * parameters)
  return steps * (80e-6 + elements * 1e-9 + products * 0.2e-9)
}
