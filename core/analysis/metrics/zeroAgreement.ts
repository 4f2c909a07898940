/**
 * Whether a run's zeros are the theory's zeros.
 *
 * A coordinate disagrees when one of the two is zero and the other is not: |v_j| < 1e-6 against v*_j = 0. A zero of the theory is
 * exempt while training cannot have resolved it: near its critical point a product shrinks as e^{−4ηδt}, δ = γ − |X_jᵀr/n| its
 * margin, so 1e-6 takes t ≥ 3.5/(ηδ) steps; momentum μ makes η/(1 − μ) of η.
 * Source: theory.md section 8 [C].
 */
import type { Prediction } from '#core/symmetry/predictions/prediction.ts'
import type { Column, Metric, MetricContext } from './metric.ts'

/** The ηδt after which e^{−4ηδt} is below 1e-6: 4 · 3.5 = 14 = −ln 8.3e-7. */
export const resolvedTime = 3.5

/**
 * The margin below which a zero cannot have been resolved after so many steps: 3.5(1 − μ)/(ηt).
 *
 * @param steps  t ≥ 0; ∞ at 0, where nothing is resolved
 */
export function resolvedMargin({ learningRate, momentum = 0 }: { learningRate: number; momentum?: number }, steps: number): number {
  return (resolvedTime * (1 - momentum)) / (learningRate * steps)
}

/** What counts as zero in a verdict. */
export const zeroThreshold = 1e-6

export type ZeroAgreement = { readonly predicted: number; readonly measured: number; readonly exempt: number; readonly wrong: number }

/**
 * @param vector          v [d], float64
 * @param leastMargin     zeros with a smaller margin are exempt; see `resolvedMargin`
 * @returns               counts of coordinates; a NaN coefficient is no zero
 */
export function zeroAgreement(vector: Float64Array, { vector: predicted, margin }: Prediction, leastMargin: number): ZeroAgreement {
  const count = { predicted: 0, measured: 0, exempt: 0, wrong: 0 }
  for (const [j, value] of vector.entries()) {
    const isZero = Math.abs(value) < zeroThreshold
    const shouldBeZero = predicted[j] === 0
    const isExempt = shouldBeZero && (margin[j] ?? Number.NaN) < leastMargin
    count.predicted += shouldBeZero ? 1 : 0
    count.measured += isZero ? 1 : 0
    count.exempt += isExempt ? 1 : 0
    count.wrong += isZero !== shouldBeZero && !isExempt ? 1 : 0
  }
  return count
}

export const zeroDisagreement: Metric = {
  kind: 'zero-agreement',
  title: { en: 'Zeros against the oracle', ja: 'ゼロの一致(理論値)' },
  columns: ({ hasOracle, subject }) => [
    ...(hasOracle
      ? [
          {
            name: 'zero-disagreements',
            title: { en: 'Entries zero in one and not in the other', ja: '理論値とゼロが食い違う成分の数' },
            scale: 'linear',
            isPredictable: false,
            of: ({ vector, prediction, leastMargin }) =>
              prediction === null || vector.some(Number.isNaN) ? Number.NaN : zeroAgreement(vector, prediction, leastMargin).wrong,
          } satisfies Column,
        ]
      : []),
    ...(hasOracle && subject.kind === 'coefficients' ? [sparsityDifference] : []),
    subject.kind === 'coefficients'
      ? {
          name: 'zeros',
          title: { en: 'Coefficients with |v| < 1e-6', ja: '|v| < 1e-6 の係数の数' },
          scale: 'linear',
          isPredictable: true,
          of: zeros,
        }
      : {
          name: 'zeros',
          title: { en: 'Singular values below 1e-6', ja: '1e-6 未満の特異値の数' },
          scale: 'linear',
          isPredictable: true,
          of: zeros,
        },
  ],
}

/** Source: theory.md 7.1, where |v| < 1e-10 counts. */
const sparsityDifference: Column = {
  name: 'sparsity-difference',
  title: { en: 'Sparsity at 1e-10 less that of the oracle', ja: 'スパース率(1e-10)と理論値との差' },
  scale: 'linear',
  isPredictable: false,
  of: ({ vector, prediction }) =>
    prediction === null
      ? Number.NaN
      : (vector.filter((value) => Math.abs(value) < 1e-10).length - prediction.vector.filter((value) => value === 0).length) /
        vector.length,
}

function zeros({ vector }: MetricContext): number {
  return vector.some(Number.isNaN) ? Number.NaN : vector.filter((value) => Math.abs(value) < zeroThreshold).length
}
