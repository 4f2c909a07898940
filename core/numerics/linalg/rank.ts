/**
 * Ranks of a spectrum, whole and not: theory.md 9. All take singular values in any order and depend on their ratios only. NaN or ±∞ among them
 * makes every rank NaN; no value at all, or zeros only, make it 0.
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireWhole } from '#core/numerics/require.ts'
import { powerOfTwoScale } from './scale.ts'
import { maxAbs } from './vector.ts'

/** Where a spectrum comes from: the sizes of its matrix, and 2⁻²³ or 2⁻⁵² for numbers born in float32 or float64. */
export interface Origin {
  readonly rows: number
  readonly columns: number
  readonly epsilon: number
}

/**
 * The number of singular values that matter to the eye.
 *
 *   #{σᵢ > 1e-3 σ₁}
 *
 * @param sigma  [k], ≥ 0
 * @returns      dimensionless, a whole number in [0, k], or NaN
 * Accuracy: exact, for the σ given.
 * Fails: 'invalid-input' if a value is negative.
 * Source: theory.md 9.
 */
export function numericRank(sigma: Float64Array): number {
  return countAbove('numericRank', sigma, 1e-3)
}

/**
 * The number of singular values that rounding alone does not explain.
 *
 *   #{σᵢ > max(rows, columns) · ε · σ₁}
 *
 * @param sigma   [k], ≥ 0
 * @param origin  ε of the dtype the numbers were born in, not the one they are held in
 * @returns       dimensionless, a whole number in [0, k], or NaN
 * Accuracy: exact, for the σ given.
 * Fails: 'invalid-input' if a value is negative, a size not whole, or ε not positive.
 * Source: theory.md 9; the threshold is that of numpy.linalg.matrix_rank.
 */
export function machineRank(sigma: Float64Array, { rows, columns, epsilon }: Origin): number {
  requireWhole('machineRank: rows', rows)
  requireWhole('machineRank: columns', columns)
  if (!(epsilon > 0)) throw new Refusal('invalid-input', `machineRank: epsilon: expected a positive number, got ${epsilon}`)
  return countAbove('machineRank', sigma, Math.max(rows, columns) * epsilon)
}

/**
 * The exponential of the entropy of the spectrum.
 *
 *   exp(−Σ pᵢ ln pᵢ),   pᵢ = σᵢ / Σσ,   0 · ln 0 = 0
 *
 * @param sigma  [k], ≥ 0
 * @returns      dimensionless, in [1, #{σᵢ > 0}], 0 for zeros only, or NaN
 * Accuracy: relative error a few k · 2⁻⁵³.
 * Fails: 'invalid-input' if a value is negative.
 * Source: Roy & Vetterli, "The effective rank", 2007; theory.md 9.
 */
export function effectiveRank(sigma: Float64Array): number {
  const parts = relative('effectiveRank', sigma)
  if (parts === null) return Number.NaN
  const total = parts.reduce((sum, part) => sum + part, 0)
  const positive = parts.filter((part) => part > 0)
  if (positive.length === 0) return 0
  const entropy = positive.reduce((sum, part) => sum - (part / total) * Math.log(part / total), 0)
  return Math.min(positive.length, Math.max(1, Math.exp(entropy))) // rounding can leave the range by an ulp
}

/**
 * The squared Frobenius norm over the squared spectral norm.
 *
 *   Σσᵢ² / σ₁² = ‖M‖_F² / ‖M‖₂²
 *
 * @param sigma  [k], ≥ 0
 * @returns      dimensionless, in [1, #{σᵢ > 0}], 0 for zeros only, or NaN
 * Accuracy: relative error (k + 3) · 2⁻⁵³ at most.
 * Fails: 'invalid-input' if a value is negative.
 * Source: Rudelson & Vershynin 2007; theory.md 9.
 */
export function stableRank(sigma: Float64Array): number {
  const parts = relative('stableRank', sigma)
  return parts === null ? Number.NaN : parts.reduce((sum, part) => sum + part * part, 0)
}

/**
 * The number of largest singular values that hold a share of the energy.
 *
 *   least k with Σ_{i ≤ k} σᵢ² ≥ q Σσᵢ²
 *
 * @param sigma  [k], ≥ 0
 * @param q      0 < q ≤ 1
 * @returns      dimensionless, a whole number in [1, #{σᵢ > 0}], 0 for zeros only, or NaN
 * Accuracy: exact but where a partial sum is within k · 2⁻⁵³ of the share.
 * Fails: 'invalid-input' if a value is negative, or q is no such number.
 * Source: theory.md 9.
 */
export function energyRank(sigma: Float64Array, q = 0.99): number {
  if (!(q > 0 && q <= 1)) throw new Refusal('invalid-input', `energyRank: q: expected a number > 0 and ≤ 1, got ${q}`)
  const largest = largestOf('energyRank', sigma)
  if (Number.isNaN(largest) || largest === 0) return largest
  const scale = powerOfTwoScale(largest) // not σ₁: the squares of whole numbers stay exact
  const parts = sigma
    .map((value) => value / scale)
    .sort()
    .reverse()
  const total = parts.reduce((sum, part) => sum + part * part, 0) // the same order as below: the last partial sum is the total
  let partial = 0
  let rank = 0
  for (const part of parts) {
    if (partial >= q * total) return rank
    partial += part * part
    rank += 1
  }
  return rank
}

function countAbove(name: string, sigma: Float64Array, threshold: number): number {
  const largest = largestOf(name, sigma)
  return Number.isNaN(largest) ? largest : sigma.filter((value) => value > threshold * largest).length
}

/** σ / σ₁, zeros for zeros, null where a value is not finite. */
function relative(name: string, sigma: Float64Array): Float64Array | null {
  const largest = largestOf(name, sigma)
  if (Number.isNaN(largest)) return null
  return largest === 0 ? sigma.map(() => 0) : sigma.map((value) => value / largest)
}

/** σ₁; NaN where a value is not finite. */
function largestOf(name: string, sigma: Float64Array): number {
  const largest = maxAbs(sigma)
  if (!Number.isFinite(largest)) return Number.NaN
  const negative = sigma.find((value) => value < 0)
  if (negative !== undefined) throw new Refusal('invalid-input', `${name}: sigma: expected numbers ≥ 0, got ${negative}`)
  return largest
}
