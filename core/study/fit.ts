/** What of a study must fit together once the size of its data is known: model, loss, data and batch. */
import { Refusal, quote } from '#core/contract/errors.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import type { ModelKind } from '#core/learning/models/model.ts'
import type { StudyFile } from './schema.ts'

/** Rows of the training part, and columns of y. */
export type FitSize = { readonly rows: number; readonly outputs: number }

/**
 * Refuses, in one sentence, a loss that a model or its data cannot have, data that are not what a model that is given by its loss reads, and minibatches that are
 * larger than the data. Under label noise these are samples of it, as many as the batch has, and so they are taken.
 */
export function requireFit(study: StudyFile, size: FitSize): void {
  requireEnergy(study, size)
  const { loss, optimiser, noise } = study
  if (loss.kind === 'cross-entropy' && size.outputs < 2)
    throw new Refusal(
      'invalid-input',
      `loss.kind: expected a loss of numbers for data of one target, got ${quote(loss.kind)}, which is of classes`,
    )
  if (optimiser.batch !== 'full' && optimiser.batch > size.rows && noise.label === undefined)
    throw new Refusal(
      'invalid-input',
      `optimiser.batch: expected full or at most the ${size.rows} rows of the training part, got ${optimiser.batch}`,
    )
}

function requireEnergy({ model, loss, optimiser }: StudyFile, { rows }: FitSize): void {
  const kind: Pick<ModelKind, 'energyRows'> = modelKinds[model.kind]
  const wanted = kind.energyRows
  if ((wanted === undefined) !== (loss.kind !== 'energy')) {
    const rule = wanted === undefined ? 'a loss of outputs and targets' : 'energy, since its output is its own loss,'
    throw new Refusal('invalid-input', `loss.kind: expected ${rule} for the model ${model.kind}, got ${quote(loss.kind)}`)
  }
  if (wanted === undefined) return
  if (rows !== wanted.length)
    throw new Refusal(
      'invalid-input',
      `data: expected ${wanted.length} ${wanted.length === 1 ? 'row' : 'rows'} for the model ${model.kind}, ${wanted.join(', then ')}, got ${rows} rows`,
    )
  if (optimiser.batch !== 'full')
    throw new Refusal(
      'invalid-input',
      `optimiser.batch: expected full for the model ${model.kind}, whose rows are no samples, got ${optimiser.batch}`,
    )
}
