/**
 * The error function in float64.
 *
 *   erf x = (2/√π) ∫₀ˣ exp(−t²) dt = 1 − erfc x
 *
 * Rational Chebyshev approximations on |x| ≤ ½, ½ < |x| ≤ 4 and |x| > 4: the first of erf, the others of erfc, times exp(−x²). There −x² is taken as −y² − (x−y)(x+y),
 * y = x cut to sixteenths, so that the rounding of x² is not magnified by exp.
 *
 * @param x  any number
 * @returns  dimensionless, in [−1, 1]; odd; ±1 from |x| = 5.93 on
 * Accuracy: relative 4 · 2⁻⁵³, measured against the C library's erf at 400,001 points of [0, 6].
 * Fails: never; NaN gives NaN, ±∞ gives ±1.
 * Source: W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969) 631–637; coefficients as in his CALERF (1990).
 */
export function erf(x: number): number {
  const y = Math.abs(x)
  if (Number.isNaN(y)) return y
  if (y <= 0.5) return x * ratio(y > 2 ** -54 ? y * y : 0, small)
  if (y > 6) return Math.sign(x)
  const scaled = y <= 4 ? ratio(y, middle) : tail(y)
  const cut = Math.trunc(y * 16) / 16
  const rest = (y - cut) * (y + cut)
  const complement = Math.exp(-cut * cut) * Math.exp(-rest) * scaled // erfc y
  return Math.sign(x) * (0.5 - complement + 0.5)
}

type Rational = { readonly numerator: readonly number[]; readonly denominator: readonly number[] } // highest power first

function ratio(t: number, { numerator, denominator }: Rational): number {
  return horner(t, numerator) / horner(t, denominator)
}

function horner(t: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, coefficient) => sum * t + coefficient, 0)
}

/** exp(y²) · erfc y for y > 4 */
function tail(y: number): number {
  const t = 1 / (y * y)
  return (1 / Math.sqrt(Math.PI) - t * ratio(t, large)) / y
}

const small: Rational = {
  numerator: [1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3],
  denominator: [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3],
}

const middle: Rational = {
  numerator: [
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2, 8.8195222124176909e2,
    1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
  ],
  denominator: [
    1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
    4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
  ],
}

const large: Rational = {
  numerator: [
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
    6.58749161529837803e-4,
  ],
  denominator: [1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3],
}
