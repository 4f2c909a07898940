/** The metrics, a row each. */
import { loss } from './loss.ts'
import type { Column, Facts, Metric, MetricContext } from './metric.ts'
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

/** The columns that the measured kinds record in a study with these facts. Each is NaN where a parameter or a coefficient is NaN or ±∞. */
export function columnsOf(kinds: readonly MetricKind[], facts: Facts): readonly Column[] {
  return kinds
    .flatMap((kind) => metricKinds[kind].columns)
    .filter((column) => column.applies(facts))
    .map((column) => ({ ...column, of: (context) => (isFiniteRun(context) ? column.of(context) : Number.NaN) }))
}

function isFiniteRun({ parameters, coefficients }: MetricContext): boolean {
  return [...Object.values(parameters), coefficients].every((values) => values.every(Number.isFinite))
}
