/**
 * How far a run is from the mirrors of its model.
 *
 * For each mirror the residual is ‖Oᵀθ‖ / ‖θ‖ with θ the whole parameter vector: a family of mirrors is as close as its closest one. The share of mirrors reached
 * counts those with a residual below 1e-3, what float32 can tell from a mirror.
 * Source: theory.md sections 3 (continuous families) and 9.
 */
import { transposeTimes } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { restrict } from '#core/symmetry/mirror.ts'
import type { Column, Metric, MetricContext } from './metric.ts'

const reached = 1e-3

/** ‖Oᵀθ‖ / ‖θ‖ for every mirror whose O is the identity on its block, in their order; 0 where θ = 0. */
function residuals({ parameters, mirrors }: MetricContext): number[] {
  const size = norm(Float64Array.from(Object.values(parameters), norm))
  const zeros = mirrors.filter(({ o }) => o.rows === o.columns)
  return zeros.map((mirror) => (size === 0 ? 0 : norm(transposeTimes(mirror.o, restrict(parameters, mirror))) / size))
}

const columns: readonly Column[] = [
  {
    name: 'mirror-residual',
    title: { en: 'Residual of the nearest mirror', ja: '最も近い鏡映の残差' },
    scale: 'log',
    isPredictable: false,
    of: (context) =>
      residuals(context).reduce((least, value) => (value < least || Number.isNaN(value) ? value : least), Number.POSITIVE_INFINITY),
  },
  {
    name: 'mirrors-reached',
    title: { en: 'Share of mirrors reached', ja: '到達した鏡映の割合' },
    scale: 'linear',
    isPredictable: false,
    of: (context) => {
      const all = residuals(context)
      return all.some(Number.isNaN) ? Number.NaN : all.filter((value) => value < reached).length / all.length
    },
  },
]

export const mirrorResidual: Metric = {
  kind: 'mirror-residual',
  title: { en: 'Mirror residual', ja: '鏡映残差' },
  columns: ({ hasMirrors }) => (hasMirrors ? columns : []),
}
