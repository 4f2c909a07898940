/** Ridge regression, for the plain linear model. Source: theory.md E1 (control). */
import { ridge } from '../oracles/ridge.ts'
import { joinColumns, regressionOf } from '../oracles/regression.ts'
import { hasMeanSquareDecay, isPlain, meanSquareDecay, type Oracle } from './prediction.ts'

export const ridgeOracle: Oracle = {
  kind: 'ridge',
  number: 'E1',
  title: { en: 'Ridge regression', ja: 'リッジ回帰' },
  speaksOf: (trained) =>
    isPlain(trained) && hasMeanSquareDecay(trained) && trained.model.kind === 'linear' && trained.reparametrise.length === 0,
  predict({ trained, data }) {
    const weightDecay = meanSquareDecay(trained, data.x.rows)
    const vector = joinColumns(Array.from({ length: data.y.columns }, (_, k) => ridge(regressionOf(data, k), weightDecay)))
    return { oracle: ridgeOracle.number, vector, margin: vector.map(() => Number.NaN) }
  },
}
