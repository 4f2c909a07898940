/**
 * Soft thresholds of singular values, for a matrix factorised under weight decay, and Y/(1 + γ) for the full matrix: its control.
 * Source: theory.md 8.5, E2.
 */
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { matrixFactorisation, softSingularValues } from '../oracles/matrixFactorisation.ts'
import { hasMeanSquareDecay, isPlain, meanSquareDecay, meanSquareScale, type Oracle } from './prediction.ts'

export const factorisationOracle: Oracle = {
  kind: 'matrix-factorisation',
  ...matrixFactorisation,
  speaksOf: (trained) =>
    isPlain(trained) &&
    hasMeanSquareDecay(trained) &&
    trained.reparametrise.length === 0 &&
    trained.data.kind === 'low-rank-matrix' &&
    trained.model.kind === 'matrix-factorisation' &&
    trained.model.form === 'plain',
  predict({ trained, data }) {
    const sigma = singularValues(data.y)
    // x = I: the mean of squares over n rows is 1/n of ‖M − Y‖², so its decay is n times that of the sum
    const weightDecay = meanSquareDecay(trained, data.x.rows) * data.x.rows
    const width = trained.model.kind === 'matrix-factorisation' ? trained.model.width : 0
    const vector = softSingularValues(sigma, { weightDecay, width })
    const scale = meanSquareScale(trained, data.x.rows) / data.x.rows // of the sum
    const margin = vector.map((value, i) => (value === 0 && i < width ? scale * (weightDecay - (sigma[i] ?? Number.NaN)) : Number.NaN))
    return { oracle: matrixFactorisation.number, vector, margin }
  },
}
