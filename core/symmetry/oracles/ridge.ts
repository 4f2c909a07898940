/**
 * Ridge regression: what the plain linear model under weight decay becomes. The control of every study of sparsity.
 *
 *   min over v of (1/n)‖Xv − y‖² + γ‖v‖²:   (XᵀX/n + γI) v = Xᵀy/n
 *
 * Solved by Cholesky's factorisation in float64.
 * Source: Hoerl & Kennard 1970; theory.md E1 (control) and 0.2 (alpha = nγ in scikit-learn's Ridge).
 */
import { Refusal } from '#core/contract/errors.ts'
import { transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import type { Regression } from './regression.ts'

/**
 * @param data         x [n, d], y [n], float64, finite
 * @param weightDecay  γ ≥ 0
 * @returns            v [d]
 * Accuracy: relative error of about d · 2⁻⁵³ · condition of XᵀX/n + γI.
 * Cost: n d² + d³/3; with more columns than rows and γ > 0 the same in the dual, n² d + n³/3: v = Xᵀ(XXᵀ + nγI)⁻¹y.
 * Fails: 'invalid-input' if the matrix is not positive definite to rounding (dependent columns at γ = 0).
 */
export function ridge({ x, y }: Regression, weightDecay: number): Float64Array {
  if (x.columns > x.rows && weightDecay > 0) {
    const dual = solved(rowProducts(x), x.rows * weightDecay, y)
    return transposeTimes(x, dual)
  }
  if (x.columns > mostColumns && x.columns > x.rows)
    throw new Refusal('invalid-input', `ridge: expected linearly independent columns or γ > 0, got ${x.columns} columns of ${x.rows} rows`)
  return solved(
    columnProducts(x),
    weightDecay,
    transposeTimes(x, y).map((value) => value / x.rows),
  )
}

const mostColumns = 2_000 // whose products are made only to find that they depend on each other

/** (A + shift · I)⁻¹b for a symmetric A of which the lower triangle is given, [m, m]; A is written over. */
function solved(a: Float64Array, shift: number, b: Float64Array): Float64Array {
  const m = b.length
  for (let j = 0; j < m; j += 1) a[j * m + j] = (a[j * m + j] ?? 0) + shift
  choleskyInPlace(a, m)
  return solveTriangles(a, b)
}

/** The lower triangle of XᵀX/n, [d, d]. */
function columnProducts({ rows, columns: d, values }: Matrix): Float64Array {
  const out = new Float64Array(d * d)
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < d; j += 1) {
      const xj = (values[i * d + j] ?? 0) / rows
      for (let k = 0; k <= j; k += 1) out[j * d + k] = (out[j * d + k] ?? 0) + xj * (values[i * d + k] ?? 0)
    }
  }
  return out
}

/** The lower triangle of XXᵀ, [n, n]. */
function rowProducts({ rows, columns, values }: Matrix): Float64Array {
  const out = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = 0
      for (let k = 0; k < columns; k += 1) sum += (values[i * columns + k] ?? 0) * (values[j * columns + k] ?? 0)
      out[i * rows + j] = sum
    }
  }
  return out
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
