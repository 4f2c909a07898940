/**
 * How far a run is from the mirrors of its model, for every family of its symmetries.
 *
 * The residual of a mirror is ‖Oᵀθ‖ / ‖θ‖, θ the blocks that the family touches: a family is as close as its closest mirror. Of a family whose mirrors can be counted,
 * the share of units (or pairs) with a residual below 1e-3, what float32 can tell from a mirror.
 * Source: theory.md sections 3 (continuous families) and 9.
 */
import type { Column, Facts, Metric, MetricContext } from './metric.ts'

const reached = 1e-3

function columnsOfFamily({ name, title, isFinite }: Facts['families'][number]): readonly Column[] {
  const known = new WeakMap<MetricContext, Float64Array>() // both columns ask for the same: of 256 units there are 32,640 pairs
  const residuals = (context: MetricContext) => {
    const made =
      known.get(context) ??
      context.families.find((family) => family.name === name)?.residuals(context.parameters) ??
      Float64Array.of(Number.NaN)
    known.set(context, made)
    return made
  }
  const nearest: Column = {
    name: `mirror-residual:${name}`,
    title: { en: `Residual of the nearest mirror: ${title.en}`, ja: `最も近い鏡映の残差:${title.ja}` },
    scale: 'log',
    isPredictable: false,
    of: (context) => {
      const all = residuals(context)
      return all.length === 0 ? Number.NaN : all.reduce((least, value) => (value < least || Number.isNaN(value) ? value : least))
    },
  }
  const share: Column = {
    name: `mirrors-reached:${name}`,
    title: { en: `Share of mirrors reached: ${title.en}`, ja: `到達した鏡映の割合:${title.ja}` },
    scale: 'linear',
    isPredictable: false,
    of: (context) => {
      const all = residuals(context)
      return all.some(Number.isNaN) ? Number.NaN : all.filter((value) => value < reached).length / all.length
    },
  }
  return isFinite ? [nearest, share] : [nearest]
}

export const mirrorResidual: Metric = {
  kind: 'mirror-residual',
  title: { en: 'Mirror residual', ja: '鏡映残差' },
  columns: ({ families }) => families.flatMap(columnsOfFamily),
}
