/** How far a run is from the optimality conditions of the lasso that it is equivalent to; for models whose oracle that is. Source: theory.md 8.2. */
import { regressionOf } from '#core/symmetry/oracles/regression.ts'
import { kktResidual } from '#core/symmetry/oracles/lasso.ts'
import type { Metric } from './metric.ts'
import { zeroThreshold } from './zeroAgreement.ts'

export const optimality: Metric = {
  kind: 'kkt-residual',
  title: { en: 'Violation of the optimality conditions', ja: '最適性条件(KKT)の残差' },
  columns: ({ hasOracle, subject, hasMirrors, factors }) =>
    !hasOracle || subject.kind !== 'coefficients' || !hasMirrors || factors === null // a product of two factors, as it is trained
      ? []
      : [
          {
            name: 'kkt-residual',
            title: { en: 'Violation of the optimality conditions', ja: '最適性条件(KKT)の残差' },
            scale: 'log',
            isPredictable: false,
            of: ({ data: { train }, vector, weightDecay }) =>
              train.y.columns > 1 ? Number.NaN : kktResidual(regressionOf(train, 0), vector, { weightDecay, zero: zeroThreshold }),
          },
        ],
}
