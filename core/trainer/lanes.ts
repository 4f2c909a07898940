/** The runs of a stack, made from their specifications: each with its data, its start and the theory's prediction. */
import { Refusal } from '#core/contract/errors.ts'
import { batchesOf, type Batches } from '#core/learning/batches.ts'
import type { DataReader, Dataset } from '#core/learning/data/data.ts'
import type { Parameters, Size } from '#core/learning/models/model.ts'
import { stepDraws, type StepDraws } from '#core/learning/noise/draws.ts'
import { gradientDraw } from '#core/learning/noise/gradientNoise.ts'
import { labelDraws } from '#core/learning/noise/labelNoise.ts'
import type { Reparametrised } from '#core/learning/reparametrise/reparametrise.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import { rootKey, split, type Key } from '#core/numerics/random/key.ts'
import { dataOf, formOf, initialValuesOf, modelOf } from '#core/study/kinds.ts'
import { studySchema, type StudyFile } from '#core/study/schema.ts'
import { taskStudies } from '#core/study/tasks.ts'
import { oracleFor } from '#core/symmetry/predictions/registry.ts'
import type { Prediction } from '#core/symmetry/predictions/prediction.ts'
import type { RunSpec } from './protocol.ts'

export type Lane = {
  readonly run: string
  readonly study: StudyFile
  readonly size: Size
  readonly form: Reparametrised // what is trained, and how the model's parameters come from it
  readonly data: Dataset // of the first task
  readonly tasks: readonly { readonly step: number; readonly data: Dataset }[] // in the order of their steps, the first at 0
  readonly start: Parameters // of what is trained
  readonly constants: Parameters // drawn once
  readonly batches: Batches
  readonly labelNoise: StepDraws | null
  readonly gradientNoise: Readonly<Record<string, StepDraws>>
  readonly prediction: Prediction | null
  readonly stops: RunSpec['stops']
}

/** Lanes in the order of the runs. Fails: 'invalid-input' if a study or its data breaks a rule. */
export function makeLanes(runs: readonly RunSpec[], read: DataReader): Lane[] {
  return runs.map(laneMaker(read))
}

/** Makes the lanes of one stack, one at a time: a large data set or a prediction may take seconds. Fails: as `makeLanes`. */
export function laneMaker(read: DataReader): (spec: RunSpec) => Lane {
  const shared = new Map<string, Dataset>()
  const predicted = new Map<Dataset, Map<string, Prediction | null>>()
  return ({ run, study: json, base, cell, replicate, stops }) => {
    const parsed = studySchema.safeParse(json)
    if (!parsed.success) throw new Refusal('invalid-input', `start: run ${run}: expected a resolved study`)
    const study = parsed.data
    const key = rootKey({ base, cell, replicate })
    const tasks = taskStudies(study).map(({ step, study: during }) => ({ step, data: datasetOf(during, { key, read, shared }) }))
    const [{ data }] = tasks as [(typeof tasks)[0]] // a run has a first task
    const size = { inputs: data.train.x.columns, outputs: data.train.y.columns }
    const form = formOf(study, size)
    const { trained, constants } = startOf(study, { size, form, key })
    const known = once(predicted, data, () => new Map<string, Prediction | null>())
    const subject = JSON.stringify([
      study.model,
      study.reparametrise,
      study.loss,
      study.optimiser,
      study.noise,
      study.regularisation,
      study.tasks,
    ])
    const predict = () => oracleFor(study)?.predict({ trained: study, data: data.train, constants }) ?? null
    return {
      run,
      study,
      stops,
      size,
      form,
      data,
      tasks,
      start: trained,
      constants,
      batches: batchesOf(split(key, 'batches'), data.train.x.rows),
      ...noiseOf(study, { key: split(key, 'noise'), form, data }),
      prediction: Object.keys(constants).length > 0 ? predict() : once(known, subject, predict),
    }
  }
}

type Making = { readonly key: Key; readonly read: DataReader; readonly shared: Map<string, Dataset> }

function datasetOf(study: StudyFile, { key, read, shared }: Making): Dataset {
  const { kind, settings } = dataOf(study)
  const make = () => kind.make(settings, split(key, 'data'), read)
  return kind.isShared(settings) ? once(shared, JSON.stringify(settings), make) : make()
}

/** The trained values before the first step: the model's own draw, reparametrised, then what the study sets. */
function startOf(study: StudyFile, { size, form, key }: { size: Size; form: Reparametrised; key: Key }) {
  const model = modelOf(study)
  const start = form.start(model.kind.init(model.settings, size, split(key, 'start')), split(key, 'reparametrise'))
  return { trained: { ...start.trained, ...initialValuesOf(study, form.trained) }, constants: start.constants }
}

type Noisy = { readonly key: Key; readonly form: Reparametrised; readonly data: Dataset }

function noiseOf({ noise, optimiser }: StudyFile, { key, form, data }: Noisy): Pick<Lane, 'labelNoise' | 'gradientNoise'> {
  const { label, gradient } = noise
  const { rows, columns } = data.train.y
  const seen = optimiser.batch === 'full' ? rows : optimiser.batch
  return {
    labelNoise: label === undefined ? null : stepDraws(split(key, 'label'), seen * columns, labelDraws[label.kind]),
    gradientNoise:
      gradient === undefined
        ? {}
        : Object.fromEntries(
            form.trained.map((parameter) => {
              const size = sizeOf(parameter)
              return [parameter.name, stepDraws(split(key, `gradient/${parameter.name}`), size, gradientDraw(gradient, size))]
            }),
          ),
  }
}

/** The value of a key, made at its first use: runs that share their data share it, and what the theory says of it. */
function once<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}
