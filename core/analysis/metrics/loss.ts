/**
 * The loss of the data, without the decay, in float64.
 * Source: theory.md 0.1 (ℓ₀ of ℓ_γ = ℓ₀ + γ‖θ‖²).
 */
import type { Words } from '#core/contract/values.ts'
import type { Column, Metric, PartName } from './metric.ts'

const column = (part: PartName, name: string, title: Words): Column => ({
  name,
  title,
  scale: 'log',
  isPredictable: true,
  of: ({ score }) => score(part).loss,
})

export const loss: Metric = {
  kind: 'loss',
  title: { en: 'Loss', ja: '損失' },
  columns: ({ hasValidation, hasTest }) => [
    column('train', 'loss', { en: 'Training loss', ja: '訓練損失' }),
    ...(hasValidation ? [column('validation', 'validation-loss', { en: 'Validation loss', ja: '検証損失' })] : []),
    ...(hasTest ? [column('test', 'test-loss', { en: 'Test loss', ja: 'テスト損失' })] : []),
  ],
}
