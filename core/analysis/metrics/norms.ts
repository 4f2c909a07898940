/** Euclidean norms: of all that is trained, and of the vector that the theory speaks about. */
import { norm } from '#core/numerics/linalg/vector.ts'
import type { Metric } from './metric.ts'

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
    subject.kind === 'coefficients'
      ? {
          name: 'coefficient-norm',
          title: { en: 'Norm of the coefficients ‖v‖', ja: '係数のノルム ‖v‖' },
          scale: 'linear',
          isPredictable: true,
          of: ({ vector }) => norm(vector),
        }
      : {
          name: 'weight-norm',
          title: { en: 'Norm of the weight ‖W‖', ja: '重み行列のノルム ‖W‖' },
          scale: 'linear',
          isPredictable: true,
          of: ({ vector }) => norm(vector), // the norm of a matrix is that of its singular values
        },
  ],
}
