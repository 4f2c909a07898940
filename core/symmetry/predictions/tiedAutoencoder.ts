/**
 * The tied linear autoencoder under weight decay: principal directions, each shrunk by what its variance can resist.
 *
 *   min over W of c·(1/n)‖X − XWWᵀ‖² + γ‖W‖²:   WWᵀ = Σ_{i≤r} max(1 − γ/(2cλ_i), 0) q_i q_iᵀ
 *
 * with XᵀX/n = Σλ_i q_i q_iᵀ, λ_i in decreasing order, and r the size of the code. In P = WWᵀ the cost is c·Tr S(I − P)² + γ Tr P. At a stationary point with γ > 0
 * WᵀSW commutes with WᵀW and S maps the columns of W on themselves, so P and S have common eigenvectors; there cλ(1 − p)² + γp has its minimum at the p above,
 * which saves cλp² against p = 0: more for a larger λ.
 * NaN where targets are not the inputs, and for a direction without variance or decay, which stays as it starts.
 * Source: derived here, as the positive semidefinite form of theory.md 8.5 in the metric of the data.
 */
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { matrixFactorisation } from '../oracles/matrixFactorisation.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { Boundary } from './boundary.ts'
import { commonDecay, isMeanSquare, isPlain, meanSquareScale, unknown, type Oracle } from './prediction.ts'

export const tiedAutoencoderOracle: Oracle = {
  kind: 'tied-autoencoder',
  ...matrixFactorisation,
  speaksOf: (trained) =>
    isPlain(trained) &&
    isMeanSquare(trained) &&
    trained.reparametrise.length === 0 &&
    trained.model.kind === 'tied-autoencoder' &&
    !Number.isNaN(commonDecay(trained, ['w'])),
  predict({ trained, data: { x, y } }) {
    const width = trained.model.kind === 'tied-autoencoder' ? trained.model.width : 0
    const length = Math.min(x.columns, width)
    const weightDecay = commonDecay(trained, ['w'])
    const scale = meanSquareScale(trained, x.rows)
    const sigma = isTied({ x, y }) ? singularValues(x) : unknown(length)
    const variances = Float64Array.from({ length }, (_, i) => (sigma[i] ?? 0) ** 2 / x.rows)
    const vector = variances.map((variance) => Math.sqrt(Math.max(1 - weightDecay / (2 * scale * variance), 0)))
    const margin = vector.map((value, i) => (value === 0 ? (weightDecay - 2 * scale * (variances[i] ?? Number.NaN)) / 2 : Number.NaN))
    return { oracle: matrixFactorisation.number, vector, margin }
  },
}

/** The code is zero iff γ/2c ≥ the largest variance λ₁ of a direction: γ − 2cλ₁. Source: as above. */
export const tiedAutoencoderBoundary: Boundary = {
  kind: tiedAutoencoderOracle.kind,
  number: tiedAutoencoderOracle.number,
  title: tiedAutoencoderOracle.title,
  speaksOf: (trained) => tiedAutoencoderOracle.speaksOf(trained),
  criterionOn(data) {
    const { rows } = data.x
    const largest = isTied(data) ? (singularValues(data.x)[0] ?? 0) ** 2 / rows : Number.NaN
    return (trained) => commonDecay(trained, ['w']) - 2 * meanSquareScale(trained, rows) * largest
  },
}

/** Whether the targets are the inputs. */
function isTied({ x, y }: Part): boolean {
  return x.columns === y.columns && x.values.every((value, i) => value === y.values[i])
}
