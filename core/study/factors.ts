/** How factors are called on screen and paper, and whether their levels have an order. */
import type { Factor } from '#core/contract/studies.ts'
import type { Json, Words } from '#core/contract/values.ts'
import type { StudyFile } from './schema.ts'
import { labelsOf } from './labels.ts'

const titles: Readonly<Record<string, Words>> = {
  model: { en: 'Model', ja: 'モデル' },
  'model.depth': { en: 'Depth D', ja: '深さ D' },
  'model.init.std': { en: 'Standard deviation of the initial values', ja: '初期値の標準偏差' },
  data: { en: 'Data', ja: 'データセット' },
  'data.samples': { en: 'Samples n', ja: '標本サイズ n' },
  'data.noise': { en: 'Noise σ', ja: 'ノイズ σ' },
  'regularisation.weightDecay': { en: 'Weight decay γ', ja: '重み減衰係数 γ' },
  'optimiser.learningRate': { en: 'Learning rate η', ja: '学習率 η' },
  'optimiser.momentum': { en: 'Momentum μ', ja: 'モーメンタム μ' },
  'optimiser.batch': { en: 'Batch size', ja: 'バッチサイズ' },
  'training.steps': { en: 'Steps', ja: 'ステップ数' },
}

/** The factors of a study as the contract shows them; a path without a title of its own is its title. */
export function factorsOf(file: StudyFile): Factor[] {
  return Object.entries(file.factors).map(([path, levels]) => ({
    path,
    title: titles[path] ?? { en: path, ja: path },
    ordered: levels.every((level) => typeof level === 'number'),
    levels: zip(levels),
  }))
}

function zip(levels: readonly Json[]): Factor['levels'] {
  const labels = labelsOf(levels)
  return levels.map((value, i) => ({ value, label: labels[i] ?? '' }))
}
