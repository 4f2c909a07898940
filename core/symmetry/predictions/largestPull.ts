/**
 * What holds a linear model against its decay at zero: the largest correlation of a feature with a target.
 *
 *   max over j, k of |X_jᵀY_k|/n  =  ½ max |∂ℓ/∂v| at v = 0, of the mean of squares
 *
 * @returns  ≥ 0, float64; NaN if an entry is NaN
 * Cost: n · inputs · outputs.
 * Source: theory.md 8.2: a lasso is all zero iff γ is at least that.
 */
import type { Part } from '#core/learning/data/data.ts'
import { matrixProduct, transposed } from '#core/numerics/linalg/matrix.ts'

export function largestPull({ x, y }: Part): number {
  const moments = matrixProduct(transposed(x), y).values // [inputs · outputs]
  return moments.reduce((largest, value) => Math.max(largest, Math.abs(value) / x.rows), 0)
}
