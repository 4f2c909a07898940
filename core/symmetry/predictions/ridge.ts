/**
 * Ridge regression, for the plain linear model. Equal columns share their coefficient equally under any decay; without one the answer is the start's, and nothing is said.
 * Source: theory.md E1 (control), 8.17.
 */
import { ridge } from '../oracles/ridge.ts'
import { joinColumns, regressionOf } from '../oracles/regression.ts'
import { commonDecay, isMeanSquare, isPlain, meanSquareScale, orUnknown, unknown, type Oracle } from './prediction.ts'

export const ridgeOracle: Oracle = {
  kind: 'ridge',
  number: 'E1',
  title: { en: 'Ridge regression', ja: 'リッジ回帰' },
  speaksOf: (trained) =>
    isPlain(trained) &&
    isMeanSquare(trained) &&
    trained.model.kind === 'linear' &&
    trained.reparametrise.length === 0 &&
    !Number.isNaN(commonDecay(trained, ['v'])),
  predict({ trained, data }) {
    const weightDecay = commonDecay(trained, ['v']) / meanSquareScale(trained, data.x.rows)
    const column = (k: number) => orUnknown(data.x.columns, () => ridge(regressionOf(data, k), weightDecay))
    const vector = joinColumns(Array.from({ length: data.y.columns }, (_, k) => column(k)))
    return { oracle: ridgeOracle.number, vector, margin: unknown(vector.length) }
  },
}
