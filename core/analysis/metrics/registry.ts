/** The metrics, a row each. */
import { accuracy } from './accuracy.ts'
import { collapse } from './collapse.ts'
import { homogeneities } from './homogeneity.ts'
import { imbalance } from './imbalance.ts'
import { optimality } from './kktResidual.ts'
import { loss } from './loss.ts'
import type { Column, Facts, Metric, MetricContext } from './metric.ts'
import { mirrorResidual } from './mirrorResidual.ts'
import { norms } from './norms.ts'
import { oracleDistance } from './oracleDistance.ts'
import { ranks } from './rank.ts'
import { sparsities } from './sparsity.ts'
import { zeroDisagreement } from './zeroAgreement.ts'

export const metricKinds = {
  loss,
  accuracy,
  norm: norms,
  sparsity: sparsities,
  rank: ranks,
  homogeneity: homogeneities,
  imbalance,
  collapse,
  'mirror-residual': mirrorResidual,
  'oracle-distance': oracleDistance,
  'zero-agreement': zeroDisagreement,
  'kkt-residual': optimality,
} as const satisfies Record<string, Metric>

export type MetricKind = keyof typeof metricKinds
export const metricNames = Object.keys(metricKinds) as MetricKind[] // keys of the table above

/** The columns that the measured kinds record in a study with these facts. Each is NaN where a parameter or an entry of the vector is NaN or ±∞. */
export function columnsOf(kinds: readonly MetricKind[], facts: Facts): readonly Column[] {
  return kinds
    .flatMap((kind) => metricKinds[kind].columns(facts))
    .map((column) => ({ ...column, of: (context) => (isFiniteRun(context) ? column.of(context) : Number.NaN) }))
}

function isFiniteRun({ parameters, vector }: MetricContext): boolean {
  return [...Object.values(parameters), vector].every((values) => values.every(Number.isFinite))
}
