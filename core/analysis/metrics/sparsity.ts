/**
 * Sparsity: the fraction of coefficients smaller than a threshold, always of the product and never of a factor.
 *
 *   sparsity(t) = #{ |v_j| < t } / d
 *
 * Shrinking by a factor never reaches zero in exact arithmetic, and in float32 only by underflow, so the count of exact zeros depends
 * on engine and steps; verdicts use thresholds.
 * Source: theory.md section 9 and 11.6.
 */
import { forEachPart, type Column, type Metric, type MetricContext } from './metric.ts'

/**
 * @param values     [d], float64
 * @param threshold  > 0
 * @returns          in [0, 1]; NaN for d = 0 or if a value is NaN or ±∞
 */
export function sparsity(values: Float64Array, threshold: number): number {
  return fraction(values, (value) => Math.abs(value) < threshold)
}

function fraction(values: Float64Array, holds: (value: number) => boolean): number {
  let held = 0
  for (const value of values) {
    if (!Number.isFinite(value)) return Number.NaN
    if (holds(value)) held += 1
  }
  return held / values.length
}

/** The entries of a weight; of a model given by its coefficients the vector itself, so that the theory's stands in for it. */
function entries({ facts, vector, weight }: MetricContext, name: string): Float64Array {
  return facts.subject.kind === 'coefficients' ? vector : weight(name).values
}

const below = (weight: string, exponent: number, isPredictable: boolean): Column => ({
  name: `sparsity-1e-${exponent}`,
  title: { en: `Sparsity, |v| < 1e-${exponent}`, ja: `スパース率(|v| < 1e-${exponent})` },
  scale: 'linear',
  isPredictable,
  of: (context) => sparsity(entries(context, weight), 10 ** -exponent),
})

export const sparsities: Metric = {
  kind: 'sparsity',
  title: { en: 'Sparsity', ja: 'スパース率' },
  columns: ({ weights, subject }) =>
    forEachPart(weights, (weight) => [
      ...[3, 6, 9, 12].map((exponent) => below(weight, exponent, subject.kind === 'coefficients')),
      {
        name: 'exact-zeros',
        title: { en: 'Exact zeros (depends on the engine)', ja: '厳密なゼロ(計算エンジンに依存)' },
        scale: 'linear',
        isPredictable: false,
        of: (context) => fraction(entries(context, weight), (value) => value === 0),
      },
    ]),
}
