/** What of a study must fit together once the size of its data is known: model, loss, data and batch. */
import { Refusal, quote } from '#core/contract/errors.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import type { ModelKind } from '#core/learning/models/model.ts'
import type { StudyFile } from './schema.ts'

/**
 * Refuses, in one sentence, a loss that a model cannot have, and data that are not what a model that is given by its loss reads.
 *
 * @param rows  of the training part
 */
export function requireFit(study: StudyFile, { rows }: { readonly rows: number }): void {
  const { model, loss, optimiser } = study
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
