/** The singular values of one matrix and the five numbers that are called its rank. */
import { requireMatrix, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { effectiveRank, energyRank, machineRank, numericRank, stableRank } from '#core/numerics/linalg/rank.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'

const energyShare = 0.99

/** Ranks are NaN where the matrix holds NaN or ±∞, and 0 for a matrix that is zero or empty. */
export interface Spectrum {
  readonly singularValues: Float64Array // [min(rows, columns)], descending
  readonly numericRank: number
  readonly machineRank: number
  readonly effectiveRank: number
  readonly stableRank: number
  readonly energyRank: number // 99 % of Σσ²
}

/**
 * Singular values and ranks.
 *
 *   numeric    #{σ_i > 10⁻³ σ₁}
 *   machine    #{σ_i > max(rows, columns) · ε · σ₁}
 *   effective  exp(−Σ p_i ln p_i),  p_i = σ_i / Σσ
 *   stable     Σσ_i² / σ₁²
 *   energy     the least k with Σ_{i≤k} σ_i² ≥ 0.99 Σσ_i²
 *
 * All are the same for the transpose, for a multiple and after orthogonal maps; 1 ≤ effective, stable ≤ number of σ_i > 0.
 *
 * @param matrix   [rows, columns], float64
 * @param epsilon  of the dtype that the numbers were born in: 2⁻⁵² for float64, 2⁻²³ for float32
 * @returns        σ in the matrix's unit, the ranks dimensionless
 * Accuracy: that of `singularValues`. Numbers born in float32 say nothing of σ below the machine rank's bound.
 * Cost: rows · columns · min(rows, columns), times a small number.
 * Fails: 'invalid-input' if the sizes of the matrix do not fit its values.
 * Source: theory.md section 9.
 */
export function spectrumOf(matrix: Matrix, epsilon = 2 ** -52): Spectrum {
  requireMatrix('spectrumOf: matrix', matrix)
  const { rows, columns, values } = matrix
  const count = Math.min(rows, columns)
  if (!values.every(Number.isFinite)) return flat(new Float64Array(count).fill(Number.NaN), Number.NaN)
  if (values.every((value) => value === 0)) return flat(new Float64Array(count), 0) // also a matrix without entries
  const σ = singularValues(matrix)
  return {
    singularValues: σ,
    numericRank: numericRank(σ),
    machineRank: machineRank(σ, { rows, columns, epsilon }),
    effectiveRank: effectiveRank(σ),
    stableRank: stableRank(σ),
    energyRank: energyRank(σ, energyShare),
  }
}

function flat(σ: Float64Array, rank: number): Spectrum {
  return { singularValues: σ, numericRank: rank, machineRank: rank, effectiveRank: rank, stableRank: rank, energyRank: rank }
}
