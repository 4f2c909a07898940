/**
 * How far a run's coefficients are from the theory's.
 *
 *   distance = max_j |v_j − v*_j|,   relative: divided by max_j |v*_j|
 * Source: theory.md section 9 (distance to the oracle), 8.2 (optimality conditions).
 */
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { kktResidual } from '#core/symmetry/oracles/lasso.ts'
import type { Metric, MetricContext } from './metric.ts'
import { zeroThreshold } from './zeroAgreement.ts'

function distance({ coefficients, prediction }: MetricContext): number {
  return prediction === null ? Number.NaN : maxAbs(coefficients.map((value, j) => value - (prediction.coefficients[j] ?? Number.NaN)))
}

export const oracleDistance: Metric = {
  kind: 'oracle-distance',
  title: { en: 'Distance to the oracle', ja: '理論値との距離' },
  columns: [
    {
      name: 'oracle-distance',
      title: { en: 'Largest difference to the oracle', ja: '理論値との最大差' },
      unit: '1',
      scale: 'log',
      isPredictable: false,
      applies: ({ hasOracle }) => hasOracle,
      of: distance,
    },
    {
      name: 'oracle-distance-relative',
      title: { en: 'Largest difference, relative to the largest coefficient', ja: '理論値との最大差(最大係数比)' },
      unit: '1',
      scale: 'log',
      isPredictable: false,
      applies: ({ hasOracle }) => hasOracle,
      of: (context) => {
        const largest = context.prediction === null ? Number.NaN : maxAbs(context.prediction.coefficients)
        return largest === 0 ? distance(context) : distance(context) / largest // all zero: nothing to be relative to
      },
    },
    {
      name: 'kkt-residual',
      title: { en: 'Violation of the optimality conditions', ja: '最適性条件(KKT)の残差' },
      unit: '1',
      scale: 'log',
      isPredictable: false,
      applies: ({ hasOracle, hasZeros }) => hasOracle && hasZeros,
      of: ({ data, coefficients, weightDecay }) => kktResidual(data.train, coefficients, { weightDecay, zero: zeroThreshold }),
    },
  ],
}
