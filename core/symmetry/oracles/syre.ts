/**
 * Oracle 8.18: what a fixed random bias (syre) does. The decay is centred off the mirror, so that the mirror is no longer stationary.
 *
 *   loss of φ = θ + θ₀ with γ‖θ‖² = γ‖φ − θ₀‖²
 */
import { Refusal } from '#core/contract/errors.ts'
import { transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { requireLength } from '#core/numerics/require.ts'
import { multiply, solve, transpose } from './dense.ts'
import { requireNonNegative, requireReal } from './inputs.ts'

export const syre = { number: '8.18', title: { en: 'Fixed random bias (syre)', ja: '固定ランダムバイアス(syre)' } } as const

/**
 * Ridge regression with its decay centred at θ₀.
 *
 *   min of ‖Aφ − y‖² + γ‖φ − θ₀‖²:   φ* = (AᵀA + γI)⁻¹(Aᵀy + γθ₀),   shift γ(AᵀA + γI)⁻¹θ₀
 *
 * @param data  a [n, d], y [n], float64, finite
 * @param bias  weightDecay γ ≥ 0; theta0 [d]
 * @returns     phi [d], and shift [d]: phi less the plain ridge solution
 * Accuracy: relative error of about d · 2⁻⁵³ · condition of AᵀA + γI.
 * Cost: n d² + d³.
 * Fails: 'invalid-input' if a size disagrees, γ is negative, or the matrix is singular to rounding.
 * Source: theory.md 8.18.
 */
export function syreRidge(
  { a, y }: { readonly a: Matrix; readonly y: Float64Array },
  { weightDecay, theta0 }: { readonly weightDecay: number; readonly theta0: Float64Array },
): { readonly phi: Float64Array; readonly shift: Float64Array } {
  requireNonNegative('syreRidge: weightDecay', weightDecay)
  requireLength('syreRidge: theta0', theta0, a.columns)
  const gram = multiply(transpose(a), a)
  const system = { ...gram, values: gram.values.map((value, place) => value + (place % (a.columns + 1) === 0 ? weightDecay : 0)) }
  const pull = theta0.map((value) => weightDecay * value)
  const moment = transposeTimes(a, y)
  return {
    phi: solve(
      system,
      moment.map((value, j) => value + (pull[j] ?? Number.NaN)),
    ),
    shift: solve(system, pull),
  }
}

/**
 * The gradient with which the bias drives the parameters off the mirror.
 *
 *   Oᵀ∇ = −2γOᵀθ₀ at every point of the mirror
 *
 * @param o     [d, k], the mirror's columns
 * @param bias  weightDecay γ ≥ 0; theta0 [d]
 * @returns     [k]; zero if θ₀ lies on the mirror: such a bias does not help
 * Fails: 'invalid-input' if a size disagrees or γ is negative.
 * Source: theory.md 8.18.
 */
export function escapeForce(
  o: Matrix,
  { weightDecay, theta0 }: { readonly weightDecay: number; readonly theta0: Float64Array },
): Float64Array {
  requireNonNegative('escapeForce: weightDecay', weightDecay)
  return transposeTimes(o, theta0).map((value) => -2 * weightDecay * value)
}

/**
 * Where the factors of a product stay that would collapse without bias.
 *
 *   φ* ≈ (2γI + H)⁻¹ 2γθ₀, H = [[0, −2y], [−2y, 0]]:   φ = γ/(γ² − y²) · (γu₀ + yw₀, yu₀ + γw₀)
 *
 * @param product  y finite, γ > |y|: the plain product collapses
 * @param theta0   (u₀, w₀), small
 * @returns        [u, w]
 * Accuracy: first order in θ₀, the error is cubic.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.18.
 */
export function collapsedPair(
  { y, weightDecay }: { readonly y: number; readonly weightDecay: number },
  theta0: readonly [number, number],
): readonly [number, number] {
  requireReal('collapsedPair: y', y)
  requireReal('collapsedPair: theta0', theta0[0])
  requireReal('collapsedPair: theta0', theta0[1])
  requireNonNegative('collapsedPair: weightDecay', weightDecay)
  if (weightDecay <= Math.abs(y)) {
    throw new Refusal('invalid-input', `collapsedPair: weightDecay: expected a decay > |y| = ${Math.abs(y)}, got ${weightDecay}`)
  }
  const factor = weightDecay / ((weightDecay - y) * (weightDecay + y))
  return [factor * (weightDecay * theta0[0] + y * theta0[1]), factor * (y * theta0[0] + weightDecay * theta0[1])]
}
