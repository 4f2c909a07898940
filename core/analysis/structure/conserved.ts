/**
 * What training conserves when the loss sees its parameters through a product, and the exact law by which a step of gradient descent changes it.
 *
 * The flow of a loss with the symmetry (u, w) → (ρu, w/ρ) keeps u² − w², that of one with (A, B) → (AQ, BQ⁻ᵀ) keeps AᵀA − BᵀB; weight decay makes both
 * shrink as e^{−4γt}. A step of finite size breaks this by a known term. The loss with decay is ℓ(uw) + γ(u² + w²).
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireMatrix, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { requireLength } from '#core/numerics/require.ts'

/**
 * How far two factors are from the same size, coordinate by coordinate.
 *
 *   max_i |u_i² − w_i²|,   each as (u_i − w_i)(u_i + w_i), which keeps the digits of nearly equal factors
 *
 * @param u  [d], float64
 * @param w  [d], float64
 * @returns  ≥ 0, the square of the factors' unit; 0 for d = 0; NaN if an entry is NaN or ±∞
 * Accuracy: relative error 2⁻⁵¹; ∞ where a square is beyond 1.8e308.
 * Fails: 'invalid-input' if the lengths differ.
 * Source: theory.md 8.6.
 */
export function productImbalance(u: Float64Array, w: Float64Array): number {
  requireLength('productImbalance: w', w, u.length)
  return maxAbs(u.map((value, i) => (areFinite(value, at(w, i)) ? (value - at(w, i)) * (value + at(w, i)) : Number.NaN)))
}

/**
 * How far two matrix factors are from balance.
 *
 *   Q = AᵀA − BᵀB for a product ABᵀ;   max |Q_ij|
 *
 * For a product UV take A = U and B = Vᵀ.
 *
 * @param a  [m, r], float64
 * @param b  [n, r], float64
 * @returns  matrix: [r, r], symmetric; largest: ≥ 0, the square of the factors' unit, NaN if an entry is NaN or ±∞
 * Accuracy: absolute error of an entry at most (m + n + 1) · 2⁻⁵³ · (‖a_i‖‖a_j‖ + ‖b_i‖‖b_j‖), the norms those of columns.
 * Cost: (m + n) r² multiplications.
 * Fails: 'invalid-input' if the inner sizes differ or a size does not fit its values.
 * Source: theory.md 8.6; conserved by the flow of linear networks: Arora, Cohen and Hazan 2018.
 */
export function factorImbalance(a: Matrix, b: Matrix): { readonly matrix: Matrix; readonly largest: number } {
  requireInner('factorImbalance', a, b)
  const ofB = gram(b).values
  const matrix: Matrix = { rows: a.columns, columns: a.columns, values: gram(a).values.map((value, i) => value - at(ofB, i)) }
  const isFinite = a.values.every(Number.isFinite) && b.values.every(Number.isFinite)
  return { matrix, largest: isFinite ? maxAbs(matrix.values) : Number.NaN }
}

/** The numbers by which one step multiplies u + w, u − w and u² − w²; `keepsSigns` says that u + w and u − w cannot change theirs. */
export interface StepFactors {
  readonly sum: number
  readonly difference: number
  readonly imbalance: number
  readonly keepsSigns: boolean
}

/**
 * What one step of gradient descent does to a product of two numbers, exactly.
 *
 *   (u + w)' = (c − ηg)(u + w),   (u − w)' = (c + ηg)(u − w),   u'² − w'² = (c² − η²g²)(u² − w²),   c = 1 − 2ηγ
 *
 * It holds for every loss of v = uw, with label noise and minibatches too: g is the derivative that the step used. Signs are kept while |ηg| < c.
 *
 * @param gradient      g = ∂ℓ/∂v, without the decay
 * @param learningRate  η
 * @param weightDecay   γ of γ(u² + w²)
 * @returns             dimensionless; NaN for NaN
 * Accuracy: each factor within 2⁻⁵¹ · (1 + |ηg| + |2ηγ|); `imbalance` is the product of the other two.
 * Source: theory.md 8.6.
 */
export function productStepFactors({
  gradient,
  learningRate,
  weightDecay,
}: {
  readonly gradient: number
  readonly learningRate: number
  readonly weightDecay: number
}): StepFactors {
  const kept = 1 - 2 * learningRate * weightDecay
  const moved = learningRate * gradient
  return { sum: kept - moved, difference: kept + moved, imbalance: (kept - moved) * (kept + moved), keepsSigns: Math.abs(moved) < kept }
}

/**
 * What one step of gradient descent makes of Q = AᵀA − BᵀB, exactly.
 *
 *   Q' = c²Q + η²(BᵀGᵀGB − AᵀGGᵀA),   c = 1 − 2ηγ,   G = ∂ℓ/∂(ABᵀ) without the decay
 *
 * @param a  [m, r], before the step, float64
 * @param b  [n, r], before the step, float64
 * @param step  gradient: [m, n]; learningRate: η; weightDecay: γ of γ(‖A‖² + ‖B‖²)
 * @returns  Q' [r, r]; NaN and ±∞ as IEEE arithmetic gives them
 * Accuracy: absolute error about (m + n) · 2⁻⁵² · ((‖A‖² + ‖B‖²)(1 + |2ηγ| + |η|‖G‖)²).
 * Cost: m n r multiplications and (m + n) r² more.
 * Fails: 'invalid-input' if a shape disagrees.
 * Source: theory.md 8.6.
 */
export function factorImbalanceAfterStep(
  a: Matrix,
  b: Matrix,
  step: { readonly gradient: Matrix; readonly learningRate: number; readonly weightDecay: number },
): Matrix {
  const before = factorImbalance(a, b).matrix
  const { gradient, learningRate, weightDecay } = step
  requireMatrix('factorImbalanceAfterStep: gradient', gradient)
  if (gradient.rows !== a.rows || gradient.columns !== b.rows) {
    const [expected, got] = [`${a.rows} × ${b.rows}`, `${gradient.rows} × ${gradient.columns}`]
    throw new Refusal('invalid-input', `factorImbalanceAfterStep: gradient: expected ${expected} entries, got ${got}`)
  }
  const alongB = gram(times(gradient, b)).values // (GB)ᵀGB, [r, r]
  const alongA = gram(times(transpose(gradient), a)).values // (GᵀA)ᵀGᵀA, [r, r]
  const kept = (1 - 2 * learningRate * weightDecay) ** 2
  return { ...before, values: before.values.map((value, i) => kept * value + learningRate ** 2 * (at(alongB, i) - at(alongA, i))) }
}

/** The share of u² − w², or of Q, that the gradient flow with decay γ has left after a time: e^{−4γt}. Source: theory.md 8.6. */
export function imbalanceLeft(weightDecay: number, time: number): number {
  return Math.exp(-4 * weightDecay * time)
}

function requireInner(name: string, a: Matrix, b: Matrix): void {
  requireMatrix(`${name}: a`, a)
  requireMatrix(`${name}: b`, b)
  if (a.columns !== b.columns) throw new Refusal('invalid-input', `${name}: b: expected ${a.columns} columns, got ${b.columns}`)
}

/** XᵀX. */
function gram(x: Matrix): Matrix {
  return times(transpose(x), x)
}

function times(x: Matrix, y: Matrix): Matrix {
  const values = new Float64Array(x.rows * y.columns)
  for (let i = 0; i < x.rows; i++) {
    for (let k = 0; k < x.columns; k++) {
      const weight = at(x.values, i * x.columns + k)
      for (let j = 0; j < y.columns; j++)
        values[i * y.columns + j] = at(values, i * y.columns + j) + weight * at(y.values, k * y.columns + j)
    }
  }
  return { rows: x.rows, columns: y.columns, values }
}

function transpose({ rows, columns, values }: Matrix): Matrix {
  const place = (i: number) => (i % rows) * columns + Math.floor(i / rows)
  return { rows: columns, columns: rows, values: Float64Array.from(values, (_, i) => at(values, place(i))) }
}

function areFinite(...values: readonly number[]): boolean {
  return values.every(Number.isFinite)
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
