/** The theory's values for a study, each with what it is of. */
import type { Prediction } from '#core/contract/studies.ts'
import { readPredictions } from '#core/store/predictions.ts'
import type { Readable } from '#core/store/statements.ts'
import { isOfMeans } from '#core/symmetry/predictions/registry.ts'

export function predictionsOf(db: Readable, study: string): Prediction[] {
  return readPredictions(db, study).map((stored) => ({ ...stored, over: isOfMeans(stored.oracle) ? 'last-half' : 'last' }))
}
