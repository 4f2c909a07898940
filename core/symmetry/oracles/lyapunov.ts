/**
 * Oracle 8.8: the Lyapunov exponent of a random factor, Λ = E log|μ + hξ|. A product of such factors dies almost surely iff Λ < 0.
 *
 * Everything is written as log|μ| + E log|1 + rξ| with r = h/|μ|. The second term, the mean log, is computed to full relative accuracy for
 * small r, so that an exponent near 0 keeps its digits: this is what thresholds need.
 */
import { requireReal } from './inputs.ts'

export const lyapunov = { number: '8.8', title: { en: 'Lyapunov exponents', ja: 'リアプノフ指数' } } as const

/**
 * The law of ξ. `binary`: ±1 with equal chance; `uniform`: on [−1, 1] (deviation 1/√3); `gaussian`: mean 0, deviation 1.
 */
export type NoiseLaw = 'binary' | 'uniform' | 'gaussian'

/**
 * The mean logarithm of a random factor.
 *
 *   Λ = E log|μ + hξ|
 *
 * @param law  of ξ
 * @param mu   finite; its sign does not matter
 * @param h    finite; its sign does not matter
 * @returns    finite; −∞ for μ = h = 0, and for `binary` with |μ| = |h|
 * Accuracy: absolute 1e-12; the handbook asks 1e-7.
 * Fails: 'invalid-input' if μ or h is not finite.
 * Source: theory.md 8.8.
 */
export function lyapunovExponent(law: NoiseLaw, mu: number, h: number): number {
  requireReal('lyapunovExponent: mu', mu)
  requireReal('lyapunovExponent: h', h)
  const [centre, spread] = [Math.abs(mu), Math.abs(h)]
  if (law === 'binary') return 0.5 * (Math.log(Math.abs(mu + h)) + Math.log(Math.abs(mu - h))) // near its pole 1 − r² would round
  if (spread <= centre) return Math.log(centre) + meanLog(law, centre === 0 ? 0 : spread / centre)
  return Math.log(spread) + meanLogOfShare(law, centre / spread)
}

/**
 * E log|1 + rξ|: how much noise of relative size r takes off the logarithm.
 *
 *   binary    ½ log|1 − r²|
 *   uniform   artanh(r)/r + ½ log(1 − r²) − 1  =  −Σ_j r^{2j}/(2j(2j+1))   (r < 1)
 *   gaussian  −Σ_j (2j−1)!! r^{2j}/(2j), asymptotic for small r; else the Poisson–digamma series
 *
 * @param law  of ξ
 * @param r    ≥ 0; ∞ gives ∞
 * @returns    < 0 for small r; −∞ for `binary` at r = 1; NaN for NaN
 * Accuracy: relative 1e-13 for small r, absolute 1e-12 elsewhere.
 * Source: theory.md 8.8; the asymptotic series is the mean of the logarithm's, cut where r ≤ 1/28 makes the rest smaller than 1e-16 of it.
 */
export function meanLog(law: NoiseLaw, r: number): number {
  if (r > 1) return Math.log(r) + meanLogOfShare(law, 1 / r)
  switch (law) {
    case 'binary':
      return 0.5 * Math.log1p(-r * r)
    case 'uniform':
      if (r < 0.1) return smallSeries(r, (j) => 1 / (2 * j * (2 * j + 1)))
      return r === 1 ? Math.LN2 - 1 : Math.atanh(r) / r + 0.5 * Math.log1p(-r * r) - 1
    case 'gaussian':
      return r < 1 / 28 ? smallSeries(r, doubleFactorialShare) : Math.log(r) + poissonDigamma(1 / r)
  }
}

/** E log|δ + ξ|, 0 ≤ δ ≤ 1: the noise is larger than the mean. */
function meanLogOfShare(law: NoiseLaw, delta: number): number {
  switch (law) {
    case 'binary':
      return 0.5 * Math.log1p(-delta * delta)
    case 'uniform': {
      const low = delta === 1 ? 0 : (1 - delta) * Math.log1p(-delta) // t log t at 0
      return 0.5 * ((1 + delta) * Math.log1p(delta) + low) - 1
    }
    case 'gaussian':
      return poissonDigamma(delta)
  }
}

/**
 * E log|m + ξ| for a standard normal ξ and |m| ≤ 28: (m + ξ)² is a χ² with 1 + 2K degrees of freedom, K Poisson of mean m²/2.
 *
 *   ½[log 2 + Σ_k Pois(k; m²/2) ψ(½ + k)],   ψ(½) = −γ_E − 2 log 2,   ψ(½ + k + 1) = ψ(½ + k) + 1/(½ + k)
 */
function poissonDigamma(m: number): number {
  const rate = (m * m) / 2 // at most 392: e^{−392} is a normal float64
  const last = Math.ceil(rate + 12 * Math.sqrt(rate + 1) + 60) // twelve deviations: what is left out is below 1e-20
  let weight = Math.exp(-rate)
  let digamma = -eulerGamma - 2 * Math.LN2
  let sum = 0
  for (let k = 0; k < last; k += 1) {
    sum += weight * digamma
    digamma += 1 / (k + 0.5)
    weight *= rate / (k + 1)
  }
  return 0.5 * (Math.LN2 + sum)
}

const eulerGamma = 0.5772156649015329

/** −Σ_{j≥1} c_j r^{2j} for a small r, to the last digit. */
function smallSeries(r: number, coefficient: (j: number) => number): number {
  let [sum, power] = [0, 1]
  for (let j = 1; j <= 12; j += 1) {
    power *= r * r
    sum -= coefficient(j) * power
  }
  return sum
}

/** (2j − 1)!!/(2j). */
function doubleFactorialShare(j: number): number {
  let product = 1
  for (let odd = 3; odd < 2 * j; odd += 2) product *= odd
  return product / (2 * j)
}
