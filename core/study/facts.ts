/** What is known of a run before it starts, for the metrics that say to which runs they apply. */
import type { Facts } from '#core/analysis/metrics/metric.ts'
import { oracleFor } from '#core/symmetry/oracles/registry.ts'
import type { StudyFile } from './schema.ts'

/** The facts of one cell's study. */
export function factsOf(study: StudyFile): Facts {
  const { data } = study
  const isSplit = data.kind === 'csv'
  return {
    hasTest: isSplit ? data.split.test > 0 : data.testSamples > 0,
    hasValidation: isSplit && data.split.validation > 0,
    hasOracle: oracleFor(study) !== null,
    hasMirrors: study.model.kind === 'product-linear',
    hasZeros: study.model.kind === 'product-linear',
  }
}
