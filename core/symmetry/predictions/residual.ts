/**
 * Products (1 + a)(1 + b) under decay on a and b, for a matrix factorised with residual connections, on a diagonal target. NaN for another target, and for an inner
 * width that leaves some of the diagonal without an identity.
 * Source: theory.md 8.19, E4.
 */
import { residualMinimum } from '../oracles/residual.ts'
import { commonDecay, isMeanSquare, isPlain, type Oracle } from './prediction.ts'
import { mayHaveTarget, targetOf } from './target.ts'

const trainedNames = ['u/residual', 'v/residual']

export const residualOracle: Oracle = {
  kind: 'residual',
  number: '8.19',
  title: { en: 'Residual model', ja: '残差モデル' },
  speaksOf: (trained) =>
    isPlain(trained) &&
    isMeanSquare(trained) &&
    mayHaveTarget(trained) &&
    trained.model.kind === 'matrix-factorisation' &&
    trained.model.form === 'plain' &&
    trained.reparametrise.length === 1 &&
    trained.reparametrise[0]?.kind === 'residual' &&
    trained.reparametrise[0].parameters === '*' &&
    !Number.isNaN(commonDecay(trained, trainedNames)),
  predict({ trained, data }) {
    const { scale, target: y } = targetOf(trained, data) ?? { scale: Number.NaN, target: { ...data.y, rows: data.x.columns } }
    const weightDecay = commonDecay(trained, trainedNames) / scale
    const width = trained.model.kind === 'matrix-factorisation' ? trained.model.width : 0
    const isDiagonal =
      scale > 0 && width >= y.rows && y.rows === y.columns && y.values.every((value, i) => value === 0 || i % (y.columns + 1) === 0)
    const product = (i: number) => Math.abs(residualMinimum({ s: y.values[i * (y.columns + 1)] ?? Number.NaN, weightDecay }).product)
    const vector = Float64Array.from({ length: Math.min(y.rows, y.columns) }, (_, i) => (isDiagonal ? product(i) : Number.NaN)).sort(
      (a, b) => b - a,
    )
    return { oracle: residualOracle.number, vector, margin: vector.map(() => Number.NaN) }
  },
}
