/**
 * Products (1 + a)(1 + b) under decay on a and b, for a matrix factorised with residual connections, on a diagonal target. NaN for another target, and for an inner
 * width that leaves some of the diagonal without an identity.
 * Source: theory.md 8.19, E4.
 */
import { residualMinimum } from '../oracles/residual.ts'
import { isPlain, meanSquareDecay, hasMeanSquareDecay, type Oracle } from './prediction.ts'

export const residualOracle: Oracle = {
  kind: 'residual',
  number: '8.19',
  title: { en: 'Residual model', ja: '残差モデル' },
  speaksOf: (trained) =>
    isPlain(trained) &&
    hasMeanSquareDecay(trained) &&
    trained.data.kind === 'low-rank-matrix' &&
    trained.model.kind === 'matrix-factorisation' &&
    trained.model.form === 'plain' &&
    trained.reparametrise.length === 1 &&
    trained.reparametrise[0]?.kind === 'residual' &&
    trained.reparametrise[0].parameters === '*',
  predict({ trained, data: { x, y } }) {
    const weightDecay = meanSquareDecay(trained, x.rows) * x.rows // as for the plain factorisation
    const width = trained.model.kind === 'matrix-factorisation' ? trained.model.width : 0
    const isDiagonal = width >= y.rows && y.rows === y.columns && y.values.every((value, i) => value === 0 || i % (y.columns + 1) === 0)
    const product = (i: number) => Math.abs(residualMinimum({ s: y.values[i * (y.columns + 1)] ?? Number.NaN, weightDecay }).product)
    const vector = Float64Array.from({ length: Math.min(y.rows, y.columns) }, (_, i) => (isDiagonal ? product(i) : Number.NaN)).sort(
      (a, b) => b - a,
    )
    return { oracle: residualOracle.number, vector, margin: vector.map(() => Number.NaN) }
  },
}
