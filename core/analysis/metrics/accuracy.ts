/**
 * Accuracy: the share of samples whose largest output is that of their class. Of equal largest outputs the first counts.
 *
 * In [0, 1]; NaN for a part without samples.
 */
import type { Words } from '#core/contract/values.ts'
import type { Column, Metric, PartName } from './metric.ts'

const column = (part: PartName, name: string, title: Words): Column => ({
  name,
  title,
  scale: 'linear',
  isPredictable: false,
  of: ({ score }) => score(part).accuracy,
})

export const accuracy: Metric = {
  kind: 'accuracy',
  title: { en: 'Accuracy', ja: '正解率' },
  columns: ({ isClassification, hasValidation, hasTest }) =>
    !isClassification
      ? []
      : [
          column('train', 'accuracy', { en: 'Training accuracy', ja: '訓練正解率' }),
          ...(hasValidation ? [column('validation', 'validation-accuracy', { en: 'Validation accuracy', ja: '検証正解率' })] : []),
          ...(hasTest ? [column('test', 'test-accuracy', { en: 'Test accuracy', ja: 'テスト正解率' })] : []),
        ],
}
