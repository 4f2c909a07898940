/** What a run is made of, resolved from its study: kinds with their settings, typed together. */
import { Refusal } from '#core/contract/errors.ts'
import { dataKinds } from '#core/learning/data/registry.ts'
import type { DataKind } from '#core/learning/data/data.ts'
import { lossKinds } from '#core/learning/losses/registry.ts'
import type { LossKind } from '#core/learning/losses/loss.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import type { ModelKind, Parameters, ParameterShape, Size } from '#core/learning/models/model.ts'
import { optimiserKinds } from '#core/learning/optimisers/registry.ts'
import type { OptimiserKind } from '#core/learning/optimisers/optimiser.ts'
import { requireNames } from '#core/learning/pattern.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import { reparametrised, type Reparametrised } from '#core/learning/reparametrise/reparametrise.ts'
import type { StudyFile } from './schema.ts'

/** A kind of the registry together with settings of that kind; the kind's functions take no others. */
type Bound<K, Settings> = { readonly kind: K; readonly settings: Settings }

export function modelOf({ model }: StudyFile): Bound<ModelKind, StudyFile['model']> {
  return { kind: modelKinds[model.kind], settings: model }
}
export function dataOf({ data }: StudyFile): Bound<DataKind, StudyFile['data']> {
  return { kind: dataKinds[data.kind], settings: data }
}
export function lossOf({ loss }: StudyFile): Bound<LossKind, StudyFile['loss']> {
  return { kind: lossKinds[loss.kind], settings: loss }
}
export function optimiserOf({ optimiser }: StudyFile): Bound<OptimiserKind, StudyFile['optimiser']> {
  return { kind: optimiserKinds[optimiser.kind], settings: optimiser }
}

/** What is trained on data of this size: the model's parameters, reparametrised. Fails: 'invalid-input' for a pattern or a size that does not fit. */
export function formOf(study: StudyFile, size: Size): Reparametrised {
  const model = modelOf(study)
  return reparametrised(model.kind.parameters(model.settings, size), study.reparametrise)
}

/**
 * What the study sets of the trained parameters before the first step, by their names; of patterns that name the same the last counts.
 * Fails: 'invalid-input' for a pattern that names none, or a list of another length.
 */
export function initialValuesOf({ initialValues }: StudyFile, trained: readonly ParameterShape[]): Parameters {
  const values: Record<string, Float64Array> = {}
  const lengths = new Map(trained.map((parameter) => [parameter.name, sizeOf(parameter)]))
  for (const [pattern, value] of Object.entries(initialValues)) {
    for (const name of requireNames('initialValues', pattern, [...lengths.keys()])) {
      const length = lengths.get(name) ?? 0
      if (typeof value !== 'number' && value.length !== length)
        throw new Refusal('invalid-input', `initialValues.${pattern}: expected ${length} numbers for ${name}, got ${value.length}`)
      values[name] = typeof value === 'number' ? new Float64Array(length).fill(value) : Float64Array.from(value)
    }
  }
  return values
}

/** Steps between recorded values. */
export function recordEvery({ training: { steps, record } }: StudyFile): number {
  return record.every ?? Math.max(1, Math.round(steps / 200))
}
