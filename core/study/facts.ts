/** What is known of a run before it starts: what its metrics are asked about. */
import type { Facts } from '#core/analysis/metrics/metric.ts'
import { oracleFor } from '#core/symmetry/predictions/registry.ts'
import { familiesOf } from '#core/symmetry/symmetries/registry.ts'
import { dataOf, modelOf } from './kinds.ts'
import type { StudyFile } from './schema.ts'

/** The facts of one cell's study. */
export function factsOf(study: StudyFile): Facts {
  const [model, data] = [modelOf(study), dataOf(study)]
  const traits = data.kind.traits(data.settings)
  const weights = model.kind.weightNames(model.settings)
  const families = study.reparametrise.length === 0 ? familiesOf(study.model).filter(({ hasMirrors }) => hasMirrors) : [] // those of what is trained
  const subject = model.kind.subject(model.settings)
  return {
    hasTest: traits.hasTest,
    hasValidation: traits.hasValidation,
    isClassification: traits.isClassification,
    hasOracle: oracleFor(study) !== null,
    hasMirrors: families.length > 0,
    families: families.map(({ name, title, isFinite }) => ({ name, title, isFinite })),
    subject,
    weights,
    matrices: subject.kind === 'singular-values' || traits.hasManyOutputs ? weights : [],
    neurons: model.kind.neurons(model.settings),
    factors: model.kind.factors(model.settings),
  }
}
