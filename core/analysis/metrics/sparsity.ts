/**
 * Sparsity: the fraction of coefficients smaller than a threshold, always of the product and never of a factor.
 *
 *   sparsity(t) = #{ |v_j| < t } / d
 *
 * Shrinking by a factor never reaches zero in exact arithmetic, and in float32 only by underflow, so the count of exact zeros depends
 * on engine and steps; verdicts use thresholds.
 * Source: theory.md section 9 and 11.6.
 */
import type { Column, Metric } from './metric.ts'

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

const below = (exponent: number): Column => ({
  name: `sparsity-1e-${exponent}`,
  title: { en: `Sparsity, |v| < 1e-${exponent}`, ja: `スパース率(|v| < 1e-${exponent})` },
  unit: '1',
  scale: 'linear',
  isPredictable: true,
  applies: () => true,
  of: ({ coefficients }) => sparsity(coefficients, 10 ** -exponent),
})

export const sparsities: Metric = {
  kind: 'sparsity',
  title: { en: 'Sparsity', ja: 'スパース率' },
  columns: [
    below(3),
    below(6),
    below(9),
    below(12),
    {
      name: 'exact-zeros',
      title: { en: 'Exact zeros (depends on the engine)', ja: '厳密なゼロ(計算エンジンに依存)' },
      unit: '1',
      scale: 'linear',
      isPredictable: false,
      applies: () => true,
      of: ({ coefficients }) => fraction(coefficients, (value) => value === 0),
    },
  ],
}
