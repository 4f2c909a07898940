/**
 * Oracle 8.9 and the prediction of preset E6: the learning rates at which SGD noise alone kills a product.
 *
 *   ℓ_t = (uwx − y)² + γ(u² + w²),  z = xy of mean m and deviation s:  near 0 one step multiplies
 *   u + w by 1 + 2λ(z − γ)  and  u − w by 1 − 2λ(z + γ)
 *
 * Zero attracts iff the mean logarithms of both factors are negative. Noise helps at larger rates, too much of it repels again, and a
 * weak deterministic pull may leave no rate at all.
 */
import { requireWhole } from '#core/numerics/require.ts'
import { requireNonNegative, requirePositive, requireReal } from './inputs.ts'
import { lyapunovExponent, meanLog, type NoiseLaw } from './lyapunov.ts'
import { turningPoint } from './turningPoint.ts'

export const sgdThresholds = { number: '8.9', title: { en: 'SGD thresholds', ja: 'SGD の臨界学習率' } } as const
export const noiseSparsity = { number: 'E6', title: { en: 'Collapse by noise', ja: 'ノイズによる崩壊' } } as const

/**
 * z per step, already averaged over the batch: mean m (its sign does not matter: u → −u turns it), deviation s ≥ 0, its law; γ ≥ 0.
 * A batch of B: s/√B for the Gaussian law; the mean of B binary draws is no longer binary.
 */
export type NoisyProduct = { readonly law: NoiseLaw; readonly mean: number; readonly deviation: number; readonly weightDecay: number }

/** The law's half-width h for a deviation of 1. */
const spread = { binary: 1, uniform: Math.sqrt(3), gaussian: 1 } as const satisfies Record<NoiseLaw, number>

/**
 * The Lyapunov exponents of sum and difference of the factors at zero, per step.
 *
 *   Λ₊ = E log|1 + 2λ(z − γ)|,   Λ₋ = E log|1 − 2λ(z + γ)|
 *
 * @param product       see `NoisyProduct`
 * @param learningRate  λ ≥ 0
 * @returns             sum, difference, and the larger of them: zero attracts iff `largest` < 0
 * Accuracy: for λ → 0 relative to the terms of first and second order, 1e-13.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.9, 8.8.
 */
export function sgdExponents(
  product: NoisyProduct,
  learningRate: number,
): { readonly sum: number; readonly difference: number; readonly largest: number } {
  requireProduct('sgdExponents', product)
  requireNonNegative('sgdExponents: learningRate', learningRate)
  const mean = Math.abs(product.mean)
  const sum = exponent(product, { pull: mean - product.weightDecay, learningRate })
  const difference = exponent(product, { pull: -mean - product.weightDecay, learningRate })
  return { sum, difference, largest: Math.max(sum, difference) }
}

/**
 * The same for a batch of B rows, each with noise of its own.
 *
 *   gaussian: s/√B, exactly;   binary: Σ_j C(B, j) 2⁻ᴮ log|1 + 2λ(k + s(2j − B)/B)|, exactly;
 *   uniform: exactly for B = 1, else to second order, 2λk − 2λ²(s²/B + k²)
 *
 * @param product       see `NoisyProduct`, of a single row; batchSize B whole, ≥ 1
 * @param learningRate  λ ≥ 0
 * @returns             as `sgdExponents`
 * Accuracy: as `sgdExponents`; of the binomial sum B · 2⁻⁵³ of its largest term.
 * Cost: B logarithms for the binary law.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.9 (batch); the mean of B binary draws is binomial, its sum derived here.
 */
export function batchExponents(
  { batchSize, ...product }: NoisyProduct & { readonly batchSize: number },
  learningRate: number,
): ReturnType<typeof sgdExponents> {
  requireWhole('batchExponents: batchSize', batchSize, 1)
  const deviation = product.deviation / Math.sqrt(batchSize)
  if (product.law === 'gaussian' || batchSize === 1) return sgdExponents({ ...product, deviation }, learningRate)
  requireProduct('batchExponents', product)
  requireNonNegative('batchExponents: learningRate', learningRate)
  const of = (pull: number) =>
    product.law === 'binary'
      ? binomialExponent({ pull: 2 * learningRate * pull, h: 2 * learningRate * product.deviation, batchSize })
      : 2 * learningRate * pull - 2 * learningRate ** 2 * (deviation ** 2 + pull ** 2)
  const mean = Math.abs(product.mean)
  const [sum, difference] = [of(mean - product.weightDecay), of(-mean - product.weightDecay)]
  return { sum, difference, largest: Math.max(sum, difference) }
}

/** E log|1 + pull + h(2j − B)/B|, j binomial: the weights by their ratios, outwards from the middle so that none underflows before it is nothing. */
function binomialExponent({ pull, h, batchSize }: { readonly pull: number; readonly h: number; readonly batchSize: number }): number {
  const middle = Math.floor(batchSize / 2)
  const term = (j: number) => Math.log(Math.abs(1 + pull + (h * (2 * j - batchSize)) / batchSize))
  let [total, sum] = [0, 0]
  const add = (j: number, weight: number) => {
    total += weight
    if (weight > 0) sum += weight * term(j) // 0 · −∞ would be NaN
  }
  add(middle, 1)
  for (let j = middle + 1, weight = 1; j <= batchSize; j += 1) add(j, (weight *= (batchSize - j + 1) / j))
  for (let j = middle, weight = 1; j > 0; j -= 1) add(j - 1, (weight *= j / (batchSize - j + 1)))
  return sum / total
}

/** E log|1 + 2λ(k + sξ)|, k the pull away from zero. */
function exponent(
  { law, deviation }: NoisyProduct,
  { pull, learningRate }: { readonly pull: number; readonly learningRate: number },
): number {
  const shift = 2 * learningRate * pull
  const h = 2 * learningRate * deviation * spread[law]
  if (Math.abs(shift) > 0.5) return lyapunovExponent(law, 1 + shift, h) // no small number to be kept
  return Math.log1p(shift) + meanLog(law, h / (1 + shift))
}

/**
 * The learning rates at which zero attracts: the first interval of them, counted from 0.
 *
 * @param product  see `NoisyProduct`
 * @returns        λ from `lower` (0 if decay alone does it) to `upper`; 'none' where the larger exponent is ≥ 0 for every λ
 * Accuracy: relative 1e-12 for binary z (closed form) and better than 1e-6 for the others; intervals narrower than 1e-6 of λ may be missed.
 * Cost: some hundred exponents, each at most some thousand additions.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.9. For binary z: Λ₊ < 0 from k/(s² − k²), k = m − γ; the upper end is where (1 − 2λ(m + γ))² − 4λ²s² = −1.
 */
export function collapseInterval(product: NoisyProduct): { readonly lower: number; readonly upper: number } | 'none' {
  requireProduct('collapseInterval', product)
  const { deviation, weightDecay } = product
  const mean = Math.abs(product.mean)
  const size = deviation + mean + weightDecay
  if (size === 0) return 'none' // every factor is 1
  const pull = mean - weightDecay
  if (pull === 0 && deviation === 0) return 'none' // the sum stays for ever
  // Below `first` the larger exponent has the sign of the first order, from `last` on it is positive: E log|z| > log(size) − 1 or so
  const first = pull > 0 ? (1e-2 * pull) / size ** 2 : 1e-3 / size
  const largest = (learningRate: number) => sgdExponents(product, learningRate).largest
  const grid = ladder(first, 1e3 / size)
  const start = pull > 0 ? firstNegative(largest, grid) : { before: 0, at: first }
  if (start === null) return 'none'
  const lower = start.before === 0 ? 0 : turningPoint((rate) => largest(rate) >= 0, start.before, start.at)
  const end = grid.find((rate) => rate > start.at && largest(rate) >= 0) ?? Number.POSITIVE_INFINITY
  const upper = Number.isFinite(end) ? turningPoint((rate) => largest(rate) < 0, start.at, end) : end
  return { lower, upper }
}

/** Rates from `first` to `last`, each 3 % above the one before. */
function ladder(first: number, last: number): readonly number[] {
  const count = Math.ceil(Math.log(last / first) / Math.log(1.03))
  return Array.from({ length: count + 1 }, (_, k) => first * 1.03 ** k)
}

/** The first rate with a negative value and one before it without; looks between the rungs wherever three of them form a valley. */
function firstNegative(f: (rate: number) => number, grid: readonly number[]): { readonly before: number; readonly at: number } | null {
  const values = grid.map(f)
  for (const [i, rate] of grid.entries()) {
    const [left, value, right] = [
      values[i - 1] ?? Number.POSITIVE_INFINITY,
      values[i] ?? Number.NaN,
      values[i + 1] ?? Number.POSITIVE_INFINITY,
    ]
    const before = grid[i - 1] ?? rate / 1.03
    if (value < 0) return { before, at: rate }
    if (value > left || value > right) continue
    const lowest = valley(f, before, grid[i + 1] ?? rate)
    if (f(lowest) < 0) return { before, at: lowest }
  }
  return null
}

/** The lowest place of a function with one valley between two rates, by golden sections. */
function valley(f: (rate: number) => number, left: number, right: number): number {
  const golden = (Math.sqrt(5) - 1) / 2
  let [a, b] = [left, right]
  for (let k = 0; k < 40; k += 1) {
    const [p, q] = [b - golden * (b - a), a + golden * (b - a)]
    if (f(p) < f(q)) b = q
    else a = p
  }
  return (a + b) / 2
}

/**
 * The critical learning rate: the smallest at which zero begins to attract.
 *
 * @param product  see `NoisyProduct`
 * @returns        λ_c ≥ 0; 0 where decay alone is enough (γ > m); 'none' where no rate is
 * Accuracy: see `collapseInterval`.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.9.
 */
export function criticalLearningRate(product: NoisyProduct): number | 'none' {
  const interval = collapseInterval(product)
  return interval === 'none' ? 'none' : interval.lower
}

/**
 * The closed forms for binary z, on their own: where the sum begins to shrink and where one of the two factors stops to.
 *
 *   λ_c = k/(s² − k²), k = m − γ > 0, s > k;   upper: 1/(q + √(2s² − q²)), q = m + γ, or q/(q² − s²) if q² > 2s²
 *
 * @returns  'none' if s ≤ k, or if the upper end comes first; lower is 0 for γ > m
 * Accuracy: a few roundings, more where s is near k.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.9; the second form of the upper end, where the factor passes −1 in the mean before its square does, derived here.
 */
export function binaryInterval({
  mean,
  deviation,
  weightDecay,
}: Omit<NoisyProduct, 'law'>): { readonly lower: number; readonly upper: number } | 'none' {
  requireProduct('binaryInterval', { law: 'binary', mean, deviation, weightDecay })
  const [k, q, s] = [Math.abs(mean) - weightDecay, Math.abs(mean) + weightDecay, deviation]
  if (k >= s && (k > 0 || s === 0)) return 'none'
  const lower = k <= 0 ? 0 : k / ((s - k) * (s + k))
  const upper = q * q > 2 * s * s ? q / ((q - s) * (q + s)) : 1 / (q + Math.sqrt(2 * s * s - q * q))
  return lower < upper ? { lower, upper: Math.min(upper, sumUpper(k, s)) } : 'none'
}

/** Where the sum's factor stops to shrink: (1 + 2λk)² − 4λ²s² = −1, or +1 for a decay that overshoots without much noise. */
function sumUpper(k: number, s: number): number {
  if (k * k > 2 * s * s) return -k / ((k - s) * (k + s))
  return 1 / (-k + Math.sqrt(2 * s * s - k * k))
}

/**
 * The critical learning rate of second order, for any law.
 *
 *   λ_c ≈ k/(s²/B + k²), k = m − γ
 *
 * @param product  mean m, deviation s of a single sample, weightDecay γ, batchSize B (1)
 * @returns        0 for k ≤ 0; NaN for m = γ and s = 0, where nothing pulls
 * Accuracy: relative error of order λ_c k + (λ_c s)²; it gives a number even where `criticalLearningRate` finds none.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.9, 2.3.
 */
export function secondOrderLearningRate({
  mean,
  deviation,
  weightDecay,
  batchSize = 1,
}: Omit<NoisyProduct, 'law'> & { readonly batchSize?: number }): number {
  requireProduct('secondOrderLearningRate', { law: 'gaussian', mean, deviation, weightDecay })
  requireWhole('secondOrderLearningRate: batchSize', batchSize, 1)
  const pull = Math.abs(mean) - weightDecay
  if (pull < 0) return 0
  return pull / (deviation ** 2 / batchSize + pull ** 2) // 0 / 0 is the NaN that is promised
}

/**
 * The share of replicates that SGD with binary label noise has collapsed, as preset E6 counts it.
 *
 *   Λ ≤ 0: 1.   Λ > 0: P ≈ (ε/(2√m))^{2Λ/σ²}, σ = 2λs
 *
 * Below |u + w| ≈ 2√m the logarithm of the sum is a random walk of drift Λ and variance σ²: P is its stationary chance to lie below log ε.
 *
 * @param product       mean m > 0, deviation s > 0, binary z, γ = 0
 * @param learningRate  λ > 0
 * @param floor         ε > 0: what counts as collapsed; E6 has 1e-6
 * @returns             exponent Λ = ½ log|(1 + 2λm)² − 4λ²s²|, and the fraction in [0, 1]
 * Accuracy: a diffusion approximation, within the sampling error of 400 replicates at |λ/λ_c − 1| ≥ .1.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md E6.
 */
export function predictedCollapse(
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
  learningRate: number,
  floor: number,
): { readonly exponent: number; readonly fraction: number } {
  requirePositive('predictedCollapse: mean', mean)
  requirePositive('predictedCollapse: deviation', deviation)
  requirePositive('predictedCollapse: learningRate', learningRate)
  requirePositive('predictedCollapse: floor', floor)
  const { sum } = sgdExponents({ law: 'binary', mean, deviation, weightDecay: 0 }, learningRate)
  const power = (2 * sum) / (2 * learningRate * deviation) ** 2
  return { exponent: sum, fraction: sum <= 0 ? 1 : Math.min(1, (floor / (2 * Math.sqrt(mean))) ** power) }
}

function requireProduct(name: string, { mean, deviation, weightDecay }: NoisyProduct): void {
  requireReal(`${name}: mean`, mean)
  requireNonNegative(`${name}: deviation`, deviation)
  requireNonNegative(`${name}: weightDecay`, weightDecay)
}
