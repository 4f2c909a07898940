/**
 * How far a run's coefficients are from the theory's.
 *
 *   distance = max_j |v_j − v*_j|,   relative: divided by max_j |v*_j|
 * Source: theory.md section 9 (distance to the oracle), 8.2 (optimality conditions).
 */
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import type { Column, Metric, MetricContext } from './metric.ts'

function distance({ vector, prediction }: MetricContext): number {
  return prediction === null ? Number.NaN : maxAbs(vector.map((value, j) => value - (prediction.vector[j] ?? Number.NaN)))
}

const columns: readonly Column[] = [
  {
    name: 'oracle-distance',
    title: { en: 'Largest difference to the oracle', ja: '理論値との最大差' },
    scale: 'log',
    isPredictable: false,
    of: distance,
  },
  {
    name: 'oracle-distance-relative',
    title: { en: 'Largest difference, relative to the largest predicted value', ja: '理論値との最大差(最大の理論値に対する比)' },
    scale: 'log',
    isPredictable: false,
    of: (context) => {
      const largest = context.prediction === null ? Number.NaN : maxAbs(context.prediction.vector)
      return largest === 0 ? distance(context) : distance(context) / largest // all zero: nothing to be relative to
    },
  },
]

export const oracleDistance: Metric = {
  kind: 'oracle-distance',
  title: { en: 'Distance to the oracle', ja: '理論値との距離' },
  columns: ({ hasOracle }) => (hasOracle ? columns : []),
}
