/** Euclidean norms: of all parameters, and of the coefficients that they amount to. */
import { norm } from '#core/numerics/linalg/vector.ts'
import type { Metric } from './metric.ts'

export const norms: Metric = {
  kind: 'norm',
  title: { en: 'Norms', ja: 'ノルム' },
  columns: [
    {
      name: 'parameter-norm',
      title: { en: 'Norm of the parameters ‖θ‖', ja: 'パラメータのノルム ‖θ‖' },
      unit: '1',
      scale: 'linear',
      isPredictable: false,
      applies: () => true,
      of: ({ parameters }) => norm(Float64Array.from(Object.values(parameters), norm)),
    },
    {
      name: 'coefficient-norm',
      title: { en: 'Norm of the coefficients ‖v‖', ja: '係数のノルム ‖v‖' },
      unit: '1',
      scale: 'linear',
      isPredictable: true,
      applies: () => true,
      of: ({ coefficients }) => norm(coefficients),
    },
  ],
}
