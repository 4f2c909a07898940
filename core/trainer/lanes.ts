/** The runs of a stack, made from their specifications: each with its data, its start and the theory's prediction. */
import { Refusal } from '#core/contract/errors.ts'
import type { Dataset, Tables } from '#core/learning/data/data.ts'
import { batchesOf, type Batches } from '#core/learning/batches.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { dataOf, modelOf } from '#core/plan/lanes.ts'
import { studySchema, type StudyFile } from '#core/study/schema.ts'
import { oracleFor } from '#core/symmetry/oracles/registry.ts'
import type { Prediction } from '#core/symmetry/oracles/oracle.ts'
import type { RunSpec } from './protocol.ts'

export type Lane = {
  readonly run: string
  readonly study: StudyFile
  readonly data: Dataset
  readonly start: Parameters
  readonly batches: Batches
  readonly prediction: Prediction | null
}

/** Lanes in the order of the runs. Fails: 'invalid-input' if a study or its data breaks a rule. */
export function makeLanes(runs: readonly RunSpec[], tables: Tables): Lane[] {
  const shared = new Map<string, Dataset>()
  const predicted = new Map<Dataset, Map<string, Prediction | null>>()
  return runs.map(({ run, study: json, base, cell, replicate }) => {
    const parsed = studySchema.safeParse(json)
    if (!parsed.success) throw new Refusal('invalid-input', `start: run ${run}: expected a resolved study`)
    const study = parsed.data
    const key = rootKey({ base, cell, replicate })
    const [data, model] = [dataOf(study), modelOf(study)]
    const make = () => data.kind.make(data.settings, split(key, 'data'), tables)
    const made = data.kind.isShared(data.settings) ? once(shared, JSON.stringify(data.settings), make) : make()
    const known = once(predicted, made, () => new Map<string, Prediction | null>())
    const subject = JSON.stringify([study.model, study.loss, study.regularisation])
    return {
      run,
      study,
      data: made,
      start: model.kind.init(model.settings, made.features.length, split(key, 'start')),
      batches: batchesOf(split(key, 'batches'), made.train.x.rows),
      prediction: once(known, subject, () => oracleFor(study)?.predict(made.train, study.regularisation.weightDecay) ?? null),
    }
  })
}

/** The value of a key, made at its first use: runs that share their data share it, and what the theory says of it. */
function once<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}
