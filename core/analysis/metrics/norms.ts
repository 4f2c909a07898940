/** Sizes: the Euclidean norm of all that is trained, and norm and mean of the vector that the theory speaks about. */
import { norm } from '#core/numerics/linalg/vector.ts'
import { mean } from '#core/numerics/statistics/moments.ts'
import type { Column, Metric } from './metric.ts'

export const norms: Metric = {
  kind: 'norm',
  title: { en: 'Norms', ja: 'ノルム' },
  columns: ({ subject }) => [
    {
      name: 'parameter-norm',
      title: { en: 'Norm of the parameters ‖θ‖', ja: 'パラメータのノルム ‖θ‖' },
      scale: 'linear',
      isPredictable: false,
      of: ({ parameters }) => norm(Float64Array.from(Object.values(parameters), norm)),
    },
    {
      name: 'log-norm',
      title: { en: 'Logarithm of the norm, ln ‖θ‖', ja: 'ノルムの対数 ln ‖θ‖' },
      scale: 'linear',
      isPredictable: false,
      of: ({ parameters }) => Math.log(norm(Float64Array.from(Object.values(parameters), norm))),
    },
    ...(subject.kind === 'coefficients'
      ? [
          {
            name: 'coefficient-norm',
            title: { en: 'Norm of the coefficients ‖v‖', ja: '係数のノルム ‖v‖' },
            scale: 'linear',
            isPredictable: true,
            of: ({ vector }) => norm(vector),
          } satisfies Column,
          {
            name: 'coefficient-mean',
            title: { en: 'Mean of the coefficients', ja: '係数の平均' },
            scale: 'linear',
            isPredictable: true,
            isLinear: true,
            of: ({ vector }) => mean(vector),
          } satisfies Column,
        ]
      : [
          {
            name: 'weight-norm',
            title: { en: 'Norm of the weight ‖W‖', ja: '重み行列のノルム ‖W‖' },
            scale: 'linear',
            isPredictable: true,
            of: ({ vector }) => norm(vector), // the norm of a matrix is that of its singular values
          } satisfies Column,
        ]),
  ],
}
