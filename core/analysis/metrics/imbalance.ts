/**
 * How far two factors are from balance: the largest |u² − w²| of a product of two numbers, the largest entry of |UᵀU − VVᵀ| of a product of matrices.
 *
 * What rescaling and rotation symmetry conserve along gradient flow without decay; with decay γ it dies as e^{−4γt}, and SGD noise makes it die too.
 * Source: theory.md 8.6, E2.
 */
import { transposed } from '#core/numerics/linalg/matrix.ts'
import { factorImbalance, productImbalance } from '../structure/conserved.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import type { Metric } from './metric.ts'

export const imbalance: Metric = {
  kind: 'imbalance',
  title: { en: 'Imbalance of the factors', ja: '因子の不均衡' },
  columns: ({ factors, subject }) =>
    factors === null
      ? []
      : [
          {
            name: 'imbalance',
            title: { en: 'Imbalance of the factors', ja: '因子の不均衡' },
            scale: 'log',
            isPredictable: false,
            of: ({ plain, weight }) => {
              const [first, second] = factors
              const [u, w] = [plain[first] ?? new Float64Array(), plain[second] ?? new Float64Array()]
              if (subject.kind === 'coefficients') return productImbalance(u, w)
              const { rows, columns } = weight(subject.weight)
              const width = u.length / rows
              const v: Matrix = { rows: width, columns, values: w }
              return factorImbalance({ rows, columns: width, values: u }, transposed(v)).largest
            },
          },
        ],
}
