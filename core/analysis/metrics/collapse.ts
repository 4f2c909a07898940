/**
 * Whether a run has collapsed: all that is trained is zero, Σ|θ_i| < 1e-6. 1 if so, else 0; its mean over runs is the collapse fraction P.
 * Source: theory.md section 9, E6.
 */
import type { Metric } from './metric.ts'

const collapsedSize = 1e-6

export const collapse: Metric = {
  kind: 'collapse',
  title: { en: 'Collapse', ja: '崩壊' },
  columns: () => [
    {
      name: 'collapsed',
      title: { en: 'Collapsed, Σ|θ| < 1e-6', ja: '崩壊(Σ|θ| < 1e-6)' },
      scale: 'linear',
      isPredictable: false,
      of: ({ parameters }) => (Object.values(parameters).reduce((sum, values) => sum + l1(values), 0) < collapsedSize ? 1 : 0),
    },
  ],
}

function l1(values: Float64Array): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0)
}
