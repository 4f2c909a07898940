/**
 * The lasso that a product of two factors under weight decay is equivalent to.
 *
 *   min over u, w of (1/n)‖X(u ⊙ w) − y‖² + γ(‖u‖² + ‖w‖²)  =  min over v of (1/n)‖Xv − y‖² + 2γ‖v‖₁
 *
 * which is scikit-learn's Lasso(alpha = γ), ½ of both terms. Solved by cyclic coordinate descent on the Gram matrix:
 *
 *   v_j ← soft(b_j − Σ_{k≠j} A_jk v_k, γ) / A_jj,   A = XᵀX/n, b = Xᵀy/n
 *
 * Source: Hoff 2017; theory.md 8.1 (soft threshold), 8.2 (dictionary, KKT); Friedman, Hastie & Tibshirani 2010 for the descent.
 */
import { Refusal } from '#core/contract/errors.ts'
import { transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import type { Regression } from './regression.ts'

/**
 * The soft threshold: the minimiser of (v − y)² + 2γ|v|, and of (uw − y)² + γ(u² + w²) over uw.
 *
 *   soft(y, γ) = sign(y) · max(|y| − γ, 0)
 *
 * @param y      real
 * @param gamma  ≥ 0
 * @returns      real; +0 inside the threshold; NaN for NaN
 * Source: theory.md 8.1.
 */
export function softThreshold(y: number, gamma: number): number {
  return Math.abs(y) <= gamma ? 0 : y - Math.sign(y) * gamma // a NaN is not inside
}

/**
 * @param data         x [n, d], y [n], float64, finite
 * @param weightDecay  γ ≥ 0
 * @returns            v [d]; zeros are exact
 * Accuracy: stops when a sweep moves no coordinate by more than 1e-14 of the largest; the KKT conditions then hold to rounding.
 * Cost: n d² for the Gram matrix and d² for a sweep; a sweep multiplies the error by about 1 − 1/condition. Beyond 2,000 columns only those that
 * may not be zero are solved for, until every other satisfies its condition: n d and the cost of a few hundred columns for each of some rounds.
 * Of columns that depend on each other exactly the minimisers are many, and one is returned.
 * Fails: 'invalid-input' if a column of x is zero or its squares leave float64, or if 10⁶ sweeps do not converge (columns that nearly depend on
 * each other, at small γ).
 */
export function lasso(regression: Regression, weightDecay: number): Float64Array {
  return regression.x.columns > mostGramColumns
    ? wideLasso(regression, weightDecay)
    : descended(regression, { weightDecay, tolerance: converged })
}

const mostGramColumns = 2_000
const columnsARound = 200
const converged = 1e-14 // of the largest coefficient: a sweep that moves none by more

/**
 * The lasso of many columns: solved over a set of them, which gains the columns that violate |c_j| ≤ γ most and keeps those that are not zero, until none does.
 * Only the last rounds converge in full. The result satisfies the conditions of all columns, whatever set it began with.
 */
function wideLasso({ x, y }: Regression, weightDecay: number): Float64Array {
  let v = new Float64Array(x.columns)
  let tolerance = 1e-4
  for (let round = 0; round < 1_000; round += 1) {
    const c = residualCorrelation({ x, y }, v)
    const slack = 1e-12 * Math.max(weightDecay, maxAbs(c))
    const violating = [...c.keys()].filter((j) => v[j] === 0 && Math.abs(c[j] ?? Number.NaN) > weightDecay + slack)
    if (violating.length === 0 && round > 0) {
      if (tolerance === converged) return v
      tolerance = converged
    }
    const worst = violating.toSorted((i, j) => Math.abs(c[j] ?? 0) - Math.abs(c[i] ?? 0)).slice(0, columnsARound)
    const active = [...v.keys()].filter((j) => v[j] !== 0 || worst.includes(j))
    const part = descended({ x: columnsOf(x, active), y }, { weightDecay, tolerance })
    v = new Float64Array(x.columns)
    for (const [i, j] of active.entries()) v[j] = part[i] ?? Number.NaN
  }
  throw new Refusal('invalid-input', 'lasso: expected the set of columns that are not zero to settle within 1,000 rounds, got none')
}

function columnsOf({ rows, columns, values }: Matrix, wanted: readonly number[]): Matrix {
  const out = new Float64Array(rows * wanted.length)
  for (let i = 0; i < rows; i += 1)
    for (const [k, j] of wanted.entries()) out[i * wanted.length + k] = values[i * columns + j] ?? Number.NaN
  return { rows, columns: wanted.length, values: out }
}

/** Cyclic coordinate descent on the Gram matrix. */
function descended({ x, y }: Regression, { weightDecay, tolerance }: { weightDecay: number; tolerance: number }): Float64Array {
  const d = x.columns
  const a = gram(x)
  const b = transposeTimes(x, y).map((value) => value / x.rows)
  const v = new Float64Array(d)
  const correlation = b.slice() // b − Av, kept up to date
  for (let j = 0; j < d; j += 1) requireColumn(a[j * d + j] ?? Number.NaN, j + 1)
  for (let sweep = 0; sweep < 1_000_000; sweep += 1) {
    const moved = descend({ a, v, correlation, weightDecay })
    if (moved <= tolerance * Math.max(maxAbs(v), Number.MIN_VALUE)) return v
  }
  throw new Refusal('invalid-input', 'lasso: expected convergence within 1,000,000 sweeps, got none; are columns linearly dependent?')
}

/** Refuses a column by its mean square. A product of two columns is no larger than the larger of their squares. */
function requireColumn(meanSquare: number, column: number): void {
  if (meanSquare > 0 && Number.isFinite(meanSquare)) return
  throw new Refusal(
    'invalid-input',
    meanSquare === 0
      ? `lasso: expected columns that are not zero, got a zero column ${column}`
      : `lasso: expected columns whose squares float64 can hold, got a mean of ${meanSquare} in column ${column}`,
  )
}

type Descent = { readonly a: Float64Array; readonly v: Float64Array; readonly correlation: Float64Array; readonly weightDecay: number }

/** One sweep in place; returns the largest change of a coordinate. */
function descend({ a, v, correlation, weightDecay }: Descent): number {
  const d = v.length
  let moved = 0
  for (let j = 0; j < d; j += 1) {
    const scale = a[j * d + j] ?? 0
    const before = v[j] ?? 0
    const after = softThreshold((correlation[j] ?? 0) + scale * before, weightDecay) / scale
    const change = after - before
    if (change === 0) continue
    v[j] = after
    for (let k = 0; k < d; k += 1) correlation[k] = (correlation[k] ?? 0) - (a[k * d + j] ?? 0) * change
    moved = Math.max(moved, Math.abs(change))
  }
  return moved
}

/** A = XᵀX/n, [d, d], row after row. */
function gram({ rows, columns, values }: Matrix): Float64Array {
  const a = new Float64Array(columns * columns)
  for (let i = 0; i < rows; i += 1) {
    const row = values.subarray(i * columns, (i + 1) * columns)
    for (let j = 0; j < columns; j += 1) {
      const xj = (row[j] ?? 0) / rows
      for (let k = 0; k < columns; k += 1) a[j * columns + k] = (a[j * columns + k] ?? 0) + xj * (row[k] ?? 0)
    }
  }
  return a
}

/**
 * Xᵀ(y − Xv)/n, [d]: what each feature still explains. Computed from the rows, not from the descent's running correlation.
 */
export function residualCorrelation({ x, y }: Regression, v: Float64Array): Float64Array {
  const residual = y.map((value, i) => {
    let output = 0
    for (let j = 0; j < x.columns; j += 1) output += (x.values[i * x.columns + j] ?? Number.NaN) * (v[j] ?? Number.NaN)
    return value - output
  })
  return transposeTimes(x, residual).map((value) => value / x.rows)
}

/**
 * How far v is from satisfying the lasso's optimality conditions: c = Xᵀ(y − Xv)/n has c_j = γ·sign(v_j) where v_j ≠ 0 and |c_j| ≤ γ
 * where v_j = 0.
 *
 * @returns  the largest violation, ≥ 0, in the units of c. Coordinates with |v_j| < zero count as zero.
 * Source: theory.md 8.2.
 */
export function kktResidual(data: Regression, v: Float64Array, { weightDecay, zero }: { weightDecay: number; zero: number }): number {
  const c = residualCorrelation(data, v)
  return maxAbs(
    c.map((value, j) => {
      const coefficient = v[j] ?? Number.NaN
      return Math.abs(coefficient) < zero ? Math.max(0, Math.abs(value) - weightDecay) : value - weightDecay * Math.sign(coefficient)
    }),
  )
}
