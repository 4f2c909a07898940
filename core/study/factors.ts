/** How factors are called on screen and paper, and whether their levels have an order. */
import type { Factor } from '#core/contract/studies.ts'
import type { Words } from '#core/contract/values.ts'
import { branchFactor } from './cells.ts'
import type { Study } from './study.ts'

const titles: Readonly<Record<string, Words>> = {
  model: { en: 'Model', ja: 'モデル' },
  'model.depth': { en: 'Depth D', ja: '深さ D' },
  'model.init.std': { en: 'Standard deviation of the initial values', ja: '初期値の標準偏差' },
  reparametrise: { en: 'Reparametrisation', ja: '再パラメータ化' },
  tasks: { en: 'Tasks', ja: 'タスク' },
  [branchFactor]: { en: 'Direction', ja: '方向' },
  'noise.label.std': { en: 'Label noise s', ja: 'ラベルノイズ s' },
  'noise.gradient.std': { en: 'Gradient noise σ', ja: '勾配ノイズ σ' },
  optimiser: { en: 'Optimiser', ja: 'オプティマイザ' },
  'model.widths': { en: 'Widths', ja: '幅' },
  'model.beta': { en: 'β', ja: 'β' },
  data: { en: 'Data', ja: 'データセット' },
  'data.samples': { en: 'Samples n', ja: '標本サイズ n' },
  'data.noise': { en: 'Noise σ', ja: 'ノイズ σ' },
  'regularisation.weightDecay': { en: 'Weight decay γ', ja: '重み減衰係数 γ' },
  'optimiser.learningRate': { en: 'Learning rate η', ja: '学習率 η' },
  'optimiser.momentum': { en: 'Momentum μ', ja: 'モーメンタム μ' },
  'optimiser.batch': { en: 'Batch size', ja: 'バッチサイズ' },
  'training.steps': { en: 'Steps', ja: 'ステップ数' },
}

/** The factors of a study as the contract shows them, with the levels that its cells have; a path without a title of its own is its title. */
export function factorsOf({ file: { design }, cells }: Study): Factor[] {
  const paths = new Set(cells.flatMap(({ levels }) => levels.map(({ factor }) => factor)))
  return [...paths].map((path) => {
    const all = cells.flatMap(({ levels }) => levels.filter(({ factor }) => factor === path))
    const levels = [...new Map(all.map(({ label, value }) => [label, { value, label }])).values()]
    if (design.kind === 'bisection' && design.factor === path) levels.sort((a, b) => Number(a.value) - Number(b.value)) // asked in another order
    const isNumeric = levels.every(({ value }) => typeof value === 'number')
    return { path, title: titles[path] ?? { en: path, ja: path }, ordered: isNumeric, levels }
  })
}
