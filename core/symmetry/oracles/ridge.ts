/**
 * Ridge regression: what the plain linear model under weight decay becomes. The control of every study of sparsity.
 *
 *   min over v of (1/n)‖Xv − y‖² + γ‖v‖²:   (XᵀX/n + γI) v = Xᵀy/n
 *
 * Solved by Cholesky's factorisation in float64.
 * Source: Hoerl & Kennard 1970; theory.md E1 (control) and 0.2 (alpha = nγ in scikit-learn's Ridge).
 */
import { Refusal } from '#core/contract/errors.ts'
import { transposeTimes } from '#core/numerics/linalg/matrix.ts'
import type { Regression } from './regression.ts'

/**
 * @param data         x [n, d], y [n], float64, finite
 * @param weightDecay  γ ≥ 0
 * @returns            v [d]
 * Accuracy: relative error of about d · 2⁻⁵³ · condition of XᵀX/n + γI.
 * Cost: n d² + d³/3.
 * Fails: 'invalid-input' if the matrix is not positive definite to rounding (dependent columns at γ = 0).
 */
export function ridge({ x, y }: Regression, weightDecay: number): Float64Array {
  const d = x.columns
  const factor = new Float64Array(d * d) // lower triangle of A, then of its factor L
  for (let i = 0; i < x.rows; i += 1) {
    for (let j = 0; j < d; j += 1) {
      const xj = (x.values[i * d + j] ?? 0) / x.rows
      for (let k = 0; k <= j; k += 1) factor[j * d + k] = (factor[j * d + k] ?? 0) + xj * (x.values[i * d + k] ?? 0)
    }
  }
  for (let j = 0; j < d; j += 1) factor[j * d + j] = (factor[j * d + j] ?? 0) + weightDecay
  choleskyInPlace(factor, d)
  return solveTriangles(
    factor,
    transposeTimes(x, y).map((value) => value / x.rows),
  )
}

function choleskyInPlace(l: Float64Array, d: number): void {
  const at = (j: number, k: number) => l[j * d + k] ?? 0
  for (let j = 0; j < d; j += 1) {
    const before = at(j, j)
    for (let k = 0; k <= j; k += 1) {
      let sum = at(j, k)
      for (let m = 0; m < k; m += 1) sum -= at(j, m) * at(k, m)
      if (k < j) l[j * d + k] = sum / at(k, k)
      else if (sum > d * 2 ** -52 * before) l[j * d + j] = Math.sqrt(sum)
      else throw new Refusal('invalid-input', `ridge: expected linearly independent columns or γ > 0, got a dependent column ${j + 1}`)
    }
  }
}

/** Solves LLᵀv = b for the lower triangle L. */
function solveTriangles(l: Float64Array, b: Float64Array): Float64Array {
  const d = b.length
  const v = b.slice()
  for (let j = 0; j < d; j += 1) {
    for (let k = 0; k < j; k += 1) v[j] = (v[j] ?? 0) - (l[j * d + k] ?? 0) * (v[k] ?? 0)
    v[j] = (v[j] ?? 0) / (l[j * d + j] ?? 1)
  }
  for (let j = d - 1; j >= 0; j -= 1) {
    for (let k = j + 1; k < d; k += 1) v[j] = (v[j] ?? 0) - (l[k * d + j] ?? 0) * (v[k] ?? 0)
    v[j] = (v[j] ?? 0) / (l[j * d + j] ?? 1)
  }
  return v
}
