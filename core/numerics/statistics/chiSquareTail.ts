/** The upper tail of the χ² distribution: what a sum of squares of standard normals exceeds, and how often. */
import { Refusal } from '#core/contract/errors.ts'
import { requireWhole } from '#core/numerics/require.ts'

const mostTerms = 100_000

/**
 * The probability that χ² with ν degrees of freedom exceeds a value.
 *
 *   Q(a, t) = Γ(a, t) / Γ(a),  a = ν/2,  t = x/2
 *   t < a + 1:  1 − tᵃ e⁻ᵗ / Γ(a + 1) · Σ_k t^k / ((a + 1) … (a + k))
 *   otherwise:  tᵃ e⁻ᵗ / Γ(a) · 1/(t + 1 − a − 1(1 − a)/(t + 3 − a − 2(2 − a)/(t + 5 − a − …)))
 *
 * The tail is computed as such: 1 − P would lose every digit of a small p.
 *
 * @param x                 dimensionless; 1 for x ≤ 0, 0 for +∞
 * @param degreesOfFreedom  ν, whole, ≥ 1
 * @returns                 [0, 1]; NaN if x is NaN; 0 below 5e-324
 * Accuracy: relative error below 1e-11 for ν ≤ 100 and p ≥ 1e-130, against SciPy 1.17; it grows with t, as that of e⁻ᵗ does.
 * Cost: about √(x + ν) to x + ν terms.
 * Fails: 'invalid-input' if ν is not a whole number ≥ 1, or the sum has not settled after 100 000 terms, for ν far beyond 1e8.
 * Source: Abramowitz & Stegun 6.5.29, 6.5.31; the fraction by Lentz's method.
 */
export function chiSquareTail(x: number, degreesOfFreedom: number): number {
  requireWhole('chiSquareTail: degreesOfFreedom', degreesOfFreedom, 1)
  if (Number.isNaN(x)) return Number.NaN
  if (x <= 0) return 1
  if (x === Infinity) return 0
  const [a, t] = [degreesOfFreedom / 2, x / 2]
  const front = Math.exp(a * Math.log(t) - t - logGammaHalf(degreesOfFreedom))
  return Math.max(0, Math.min(1, t < a + 1 ? 1 - front * lowerSum(a, t) : front * upperFraction(a, t)))
}

/** log Γ(ν/2) by the recursion from Γ(½) = √π or Γ(1) = 1: a sum of ν/2 logarithms. */
function logGammaHalf(degreesOfFreedom: number): number {
  const isOdd = degreesOfFreedom % 2 === 1
  let sum = isOdd ? 0.5 * Math.log(Math.PI) : 0
  for (let a = isOdd ? 0.5 : 1; a < degreesOfFreedom / 2; a += 1) sum += Math.log(a)
  return sum
}

function lowerSum(a: number, t: number): number {
  let term = 1 / a
  let sum = term
  for (let k = 1; k <= mostTerms; k += 1) {
    term *= t / (a + k)
    sum += term
    if (term < sum * 2 ** -54) return sum
  }
  throw unsettled(a, t)
}

function upperFraction(a: number, t: number): number {
  const tiny = 1e-300 // stands for a denominator of 0
  let b = t + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let value = d
  for (let k = 1; k <= mostTerms; k += 1) {
    const numerator = -k * (k - a)
    b += 2
    d = 1 / (numerator * d + b || tiny)
    c = b + numerator / c || tiny
    value *= c * d
    if (Math.abs(c * d - 1) < 2 ** -52) return value
  }
  throw unsettled(a, t)
}

function unsettled(a: number, t: number): Refusal {
  return new Refusal('invalid-input', `chiSquareTail: x: expected one near enough to few degrees of freedom, got ${2 * t} for ${2 * a}`)
}
