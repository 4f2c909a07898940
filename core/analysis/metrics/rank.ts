/**
 * Ranks of the weights of the plain network, from their singular values.
 *
 * Numeric: how many exceed a thousandth of the largest. Effective: the exponential of the entropy of σ/Σσ (Roy & Vetterli 2007). Stable: ‖W‖²/σ₁². A zero
 * matrix has all three 0. Numeric rank reacts to decay only after 2ηγT ≥ 6.9, the others earlier: read all three.
 * Source: theory.md section 9.
 */
import { effectiveRank, numericRank, stableRank } from '#core/numerics/linalg/rank.ts'
import { forEachPart, type Column, type Metric, type MetricContext } from './metric.ts'

/** Singular values of a weight; of a model given by them the vector itself, so that the theory's stand in for them. */
function sigma({ facts: { subject }, vector, spectrum }: MetricContext, weight: string): Float64Array {
  return subject.kind === 'singular-values' && subject.weight === weight ? vector : spectrum(weight)
}

export const ranks: Metric = {
  kind: 'rank',
  title: { en: 'Rank', ja: 'ランク' },
  columns: ({ matrices, subject }) =>
    forEachPart(matrices, (weight): readonly Column[] => {
      const isPredictable = subject.kind === 'singular-values' && subject.weight === weight
      const common = { scale: 'linear', isPredictable } as const
      return [
        {
          ...common,
          name: 'numeric-rank',
          title: { en: 'Numeric rank', ja: '数値ランク' },
          of: (context) => numericRank(sigma(context, weight)),
        },
        {
          ...common,
          name: 'effective-rank',
          title: { en: 'Effective rank', ja: '実効ランク' },
          of: (context) => effectiveRank(sigma(context, weight)),
        },
        {
          ...common,
          name: 'stable-rank',
          title: { en: 'Stable rank', ja: '安定ランク' },
          of: (context) => stableRank(sigma(context, weight)),
        },
        {
          ...common,
          name: 'largest-singular-value',
          title: { en: 'Largest singular value', ja: '最大特異値' },
          of: (context) => sigma(context, weight)[0] ?? Number.NaN,
        },
      ]
    }),
}
