/**
 * Oracle 8.12: differentiable constraints by symmetry (DCS). An artificial product in the directions O turns weight decay into a lasso on Oᵀθ.
 *
 *   θ = O⊥a + O(u ⊙ w),  (1/n)‖Xθ − Y‖² + κ(‖u‖² + ‖w‖²)  ≡  lasso of weight κ on Oᵀθ, nothing on the rest
 *
 * For an identity design the lasso is the soft threshold of each coordinate. A tie θ_a = θ_b is O = (1, −1)/√2.
 */
import { matrixTimes, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { requireFinite } from '#core/numerics/require.ts'
import { Refusal } from '#core/contract/errors.ts'
import { multiply, transpose } from './dense.ts'
import { requireNonNegative } from './inputs.ts'
import { softThreshold } from './lasso.ts'

export const dcsTie = {
  number: '8.12',
  title: { en: 'Differentiable constraint by symmetry (DCS)', ja: '対称性による微分可能制約(DCS)' },
} as const

/**
 * The parameters that DCS makes of a target when the design is the identity.
 *
 *   min of ‖θ − y‖² + κ(‖u‖² + ‖w‖²), and of ½‖θ − y‖² + (κ/2)(‖u‖² + ‖w‖²):   θ = y − O(Oᵀy − soft(Oᵀy, κ))
 *
 * @param y           [d], float64, finite
 * @param constraint  o [d, k] with orthonormal columns, max |OᵀO − I| ≤ 1e-12; strength κ ≥ 0
 * @returns           [d]; a coordinate of Oᵀθ is 0 to rounding iff |Oᵀy| ≤ κ there
 * Accuracy: some roundings of the largest entry.
 * Cost: 2 d k, and d k² to look at O.
 * Fails: 'invalid-input' if a size disagrees, O is not orthonormal, a number is not finite or κ is negative.
 * Source: theory.md 8.12, 4.
 */
export function dcsMinimum(y: Float64Array, { o, strength }: { readonly o: Matrix; readonly strength: number }): Float64Array {
  requireFinite('dcsMinimum: y', y)
  requireNonNegative('dcsMinimum: strength', strength)
  requireOrthonormal('dcsMinimum: o', o)
  const component = transposeTimes(o, y)
  const removed = matrixTimes(
    o,
    component.map((value) => value - softThreshold(value, strength)),
  )
  return y.map((value, i) => value - (removed[i] ?? Number.NaN))
}

/**
 * The strengths from which the conditions hold: |Oᵀy|, one for each column.
 *
 * @returns  [k], ≥ 0
 * Fails: 'invalid-input' if a size disagrees.
 * Source: theory.md 8.12.
 */
export function dcsThresholds(y: Float64Array, o: Matrix): Float64Array {
  return transposeTimes(o, y).map(Math.abs)
}

/**
 * Two numbers tied by DCS.
 *
 *   ½‖θ − y‖² + (κ/2)(u² + w²), n = (1, −1)/√2:   θ = mean + n · soft(nᵀy, κ);   tied from κ = |y₁ − y₂|/√2
 *
 * @param y         two finite numbers
 * @param strength  κ ≥ 0
 * @returns         θ₁, θ₂: equal to the last bit when tied; and `tiedFrom`
 * Fails: 'invalid-input' if a number is not finite or κ is negative.
 * Source: theory.md 8.12.
 */
export function tieMinimum(
  y: readonly [number, number],
  strength: number,
): { readonly theta: readonly [number, number]; readonly tiedFrom: number } {
  requireFinite('tieMinimum: y', y)
  requireNonNegative('tieMinimum: strength', strength)
  const mean = y[0] / 2 + y[1] / 2
  const across = (y[0] - y[1]) * Math.SQRT1_2
  const half = softThreshold(across, strength) * Math.SQRT1_2
  return { theta: [mean + half, mean - half], tiedFrom: Math.abs(across) }
}

function requireOrthonormal(name: string, o: Matrix): void {
  const gram = multiply(transpose(o), o)
  const error = maxAbs(gram.values.map((value, place) => value - (place % (o.columns + 1) === 0 ? 1 : 0)))
  if (error <= 1e-12) return
  throw new Refusal('invalid-input', `${name}: expected orthonormal columns, got max |OᵀO − I| = ${error}`)
}
