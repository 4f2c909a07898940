/**
 * The loss of the data, without the decay, in float64.
 * Source: theory.md 0.1 (ℓ₀ of ℓ_γ = ℓ₀ + γ‖θ‖²).
 */
import type { Metric } from './metric.ts'

export const loss: Metric = {
  kind: 'loss',
  title: { en: 'Loss', ja: '損失' },
  columns: [
    {
      name: 'loss',
      title: { en: 'Training loss', ja: '訓練損失' },
      unit: '1',
      scale: 'log',
      isPredictable: true,
      applies: () => true,
      of: ({ loss: of, data }) => of(data.train),
    },
    {
      name: 'validation-loss',
      title: { en: 'Validation loss', ja: '検証損失' },
      unit: '1',
      scale: 'log',
      isPredictable: true,
      applies: ({ hasValidation }) => hasValidation,
      of: ({ loss: of, data }) => (data.validation === null ? Number.NaN : of(data.validation)),
    },
    {
      name: 'test-loss',
      title: { en: 'Test loss', ja: 'テスト損失' },
      unit: '1',
      scale: 'log',
      isPredictable: true,
      applies: ({ hasTest }) => hasTest,
      of: ({ loss: of, data }) => (data.test === null ? Number.NaN : of(data.test)),
    },
  ],
}
