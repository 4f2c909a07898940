/**
 * Soft thresholds of eigenvalues, for a matrix factorised as UUᵀ under weight decay: max(a − γ/2c, 0). Of a target that is not symmetric only the symmetric part
 * counts: ‖UUᵀ − Y‖² = ‖UUᵀ − ½(Y + Yᵀ)‖² + constant. NaN for inputs that are not white.
 * Source: theory.md 8.5; 8.1 (one number) and 8.7 (c = ¼).
 */
import { transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { matrixFactorisation, symmetricFactorisationMinimum } from '../oracles/matrixFactorisation.ts'
import { symmetricPairs } from '../oracles/singularTriplets.ts'
import type { Boundary } from './boundary.ts'
import { commonDecay, isMeanSquare, isPlain, meanSquareScale, unknown, type Oracle } from './prediction.ts'
import { mayHaveTarget, targetOf, whitened } from './target.ts'

export const symmetricFactorisationOracle: Oracle = {
  kind: 'symmetric-factorisation',
  ...matrixFactorisation,
  speaksOf: (trained) =>
    isPlain(trained) &&
    isMeanSquare(trained) &&
    trained.reparametrise.length === 0 &&
    mayHaveTarget(trained) &&
    trained.model.kind === 'matrix-factorisation' &&
    trained.model.form === 'positive-semidefinite' &&
    !Number.isNaN(commonDecay(trained, ['u'])),
  predict({ trained, data }) {
    const oracle = matrixFactorisation.number
    const found = targetOf(trained, data)
    if (found === null) return { oracle, vector: unknown(data.y.columns), margin: unknown(data.y.columns) }
    const { scale, target } = found
    const a = symmetricPart(target)
    const width = trained.model.kind === 'matrix-factorisation' ? trained.model.width : 0
    const weightDecay = commonDecay(trained, ['u'])
    const vector = symmetricFactorisationMinimum(a, { weightDecay, scale, width }).eigenvalues
    const eigenvalues = symmetricPairs(a).map(({ value }) => value)
    const margin = vector.map((value, i) =>
      value === 0 && i < width ? weightDecay - 2 * scale * (eigenvalues[i] ?? Number.NaN) : Number.NaN,
    )
    return { oracle, vector, margin }
  },
}

/**
 * UUᵀ is zero iff γ/2c ≥ the largest eigenvalue a₁.
 *
 * @returns  γ − 2ca₁; what is negative dies without a decay too
 * Source: theory.md 8.5.
 */
export const symmetricFactorisationBoundary: Boundary = {
  kind: symmetricFactorisationOracle.kind,
  number: symmetricFactorisationOracle.number,
  title: symmetricFactorisationOracle.title,
  speaksOf: (trained) => symmetricFactorisationOracle.speaksOf(trained),
  criterionOn(data) {
    const found = whitened(data)
    const largest = found === null ? Number.NaN : (symmetricPairs(symmetricPart(found.target))[0]?.value ?? 0)
    return (trained) => commonDecay(trained, ['u']) - 2 * meanSquareScale(trained, data.x.rows) * (found?.share ?? Number.NaN) * largest
  },
}

function symmetricPart(target: Matrix): Matrix {
  const flipped = transposed(target)
  return { ...target, values: target.values.map((value, i) => (value + (flipped.values[i] ?? Number.NaN)) / 2) }
}
