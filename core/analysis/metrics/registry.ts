/** The metrics, a row each. */
import { loss } from './loss.ts'
import type { Column, Facts, Metric } from './metric.ts'
import { mirrorResidual } from './mirrorResidual.ts'
import { norms } from './norms.ts'
import { oracleDistance } from './oracleDistance.ts'
import { sparsities } from './sparsity.ts'
import { zeroDisagreement } from './zeroAgreement.ts'

export const metricKinds = {
  loss,
  norm: norms,
  sparsity: sparsities,
  'mirror-residual': mirrorResidual,
  'oracle-distance': oracleDistance,
  'zero-agreement': zeroDisagreement,
} as const satisfies Record<string, Metric>

export type MetricKind = keyof typeof metricKinds
export const metricNames = Object.keys(metricKinds) as MetricKind[] // keys of the table above

/** The columns that the measured kinds record in a study with these facts. */
export function columnsOf(kinds: readonly MetricKind[], facts: Facts): readonly Column[] {
  return kinds.flatMap((kind) => metricKinds[kind].columns).filter((column) => column.applies(facts))
}
