/**
 * Soft thresholds of singular values, for a matrix factorised under weight decay. Factors with decays of their own act as √(γ_uγ_v).
 * NaN for inputs that are not white.
 * Source: theory.md 8.5, 0.4, E2.
 */
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { matrixFactorisation, softSingularValues } from '../oracles/matrixFactorisation.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { Boundary } from './boundary.ts'
import {
  decaysOf,
  dyingRate,
  isMeanSquare,
  isPlain,
  meanSquareScale,
  productDecay,
  unknown,
  type Oracle,
  type Prediction,
  type Subject,
  type Trained,
} from './prediction.ts'
import { mayHaveTarget, targetOf, whitened } from './target.ts'

const factors = ['u', 'v']

export const factorisationOracle: Oracle = {
  kind: 'matrix-factorisation',
  ...matrixFactorisation,
  speaksOf: isFactorised,
  predict: (subject) => softened(subject, matrixFactorisation.number),
}

/** Whether a matrix is factorised as UV, and nothing but squares and decays acts. */
export function isFactorised(trained: Trained): boolean {
  return (
    isPlain(trained) &&
    isMeanSquare(trained) &&
    trained.reparametrise.length === 0 &&
    mayHaveTarget(trained) &&
    trained.model.kind === 'matrix-factorisation' &&
    trained.model.form === 'plain' &&
    !Number.isNaN(productDecay(trained, factors))
  )
}

/** The softened singular values of the target. */
export function softened({ trained, data }: Subject, oracle: string): Prediction {
  const found = targetOf(trained, data)
  const length = Math.min(data.x.columns, data.y.columns)
  if (found === null) return { oracle, vector: unknown(length), margin: unknown(length) }
  const { scale, target } = found
  const sigma = singularValues(target)
  const width = trained.model.kind === 'matrix-factorisation' ? trained.model.width : 0
  const decays = decaysOf(trained, factors)
  const vector = softSingularValues(sigma, { weightDecay: productDecay(trained, factors), scale, width })
  const margin = vector.map((value, i) => (value === 0 && i < width ? dyingRate(decays, scale * (sigma[i] ?? Number.NaN)) : Number.NaN))
  return { oracle, vector, margin }
}

/** Zero is the best product iff √(γ_uγ_v)/c ≥ σ₁. Source: theory.md 8.5. */
export const factorisationBoundary: Boundary = {
  kind: factorisationOracle.kind,
  number: factorisationOracle.number,
  title: factorisationOracle.title,
  speaksOf: isFactorised,
  criterionOn: lastToDie,
}

/** δ of the largest singular value, the last to die, in units of γ; at one decay γ − cσ₁. NaN for inputs that are not white. */
export function lastToDie(data: Part): (trained: Trained) => number {
  const found = whitened(data)
  const [largest = 0] = found === null ? [Number.NaN] : singularValues(found.target)
  return (trained) => dyingRate(decaysOf(trained, factors), meanSquareScale(trained, data.x.rows) * (found?.share ?? Number.NaN) * largest)
}
