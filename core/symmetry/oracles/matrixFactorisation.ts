/**
 * Oracle 8.5: a matrix as a product of two. Weight decay on the factors acts like the nuclear norm on the product, so ranks fall one by one.
 *
 *   min over U, V of c‖UV − Y‖² + γ(‖U‖² + ‖V‖²)  =  min over M of rank ≤ r of c‖M − Y‖² + 2γ‖M‖_*
 *
 * with r the inner width. At the minimum UᵀU = VVᵀ.
 */
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { requireWhole } from '#core/numerics/require.ts'
import { depthMinimum } from './depthProduct.ts'
import { requireNonNegative, requirePositive } from './inputs.ts'
import { softThreshold } from './lasso.ts'
import { singularTriplets, symmetricPairs, type Triplet } from './singularTriplets.ts'

export const matrixFactorisation = { number: '8.5', title: { en: 'Matrix factorisation', ja: '行列分解' } } as const

/**
 * γ, the factor c in front of the sum of squares (1 for a sum, 1/mn for a mean over the entries, ½ for half), and the inner width r;
 * without a width the product is free.
 */
export type FactorisationDecay = { readonly weightDecay: number; readonly scale?: number; readonly width?: number }

/** The minimising product, its singular values (all of them, zeros included), its rank, and what it costs. */
export type Factorisation = {
  readonly product: Matrix
  readonly singularValues: Float64Array
  readonly rank: number
  readonly objective: number
}

/**
 * The product UV that weight decay on U and V leaves of a target matrix.
 *
 *   UV = Σ_{i≤r} max(σ_i − γ/c, 0) p_i q_iᵀ,   objective Σ_i c·min(σ_i, γ/c)² + 2γ·max(σ_i − γ/c, 0) for a free product
 *
 * @param y      [m, n], float64, finite: Y = Σσ_i p_i q_iᵀ. For whitened regression (XᵀX/n = I) pass XᵀY/n
 * @param decay  γ ≥ 0, c > 0, r whole ≥ 0
 * @returns      see `Factorisation`; if σ_r = σ_{r+1} the product is one of many
 * Accuracy: that of `singularTriplets`.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.5, 0.4; Srebro 2004.
 */
export function factorisationMinimum(
  y: Matrix,
  { weightDecay, scale = 1, width = Math.min(y.rows, y.columns) }: FactorisationDecay,
): Factorisation {
  requireDecay('factorisationMinimum', { weightDecay, scale, width })
  const triplets = singularTriplets(y)
  const singularValues = softSingularValues(
    Float64Array.from(triplets, ({ value }) => value),
    { weightDecay, scale, width },
  )
  const objective = triplets.reduce((sum, { value }, i) => {
    const kept = singularValues[i] ?? 0
    return sum + scale * (kept - value) ** 2 + 2 * weightDecay * kept
  }, 0)
  const product = rebuild(triplets, singularValues, { rows: y.rows, columns: y.columns })
  return { product, singularValues, rank: singularValues.filter((value) => value > 0).length, objective }
}

/**
 * What weight decay leaves of singular values.
 *
 *   max(σ_i − γ/c, 0) for the r largest, 0 for the rest
 *
 * @param sigma  [k], ≥ 0, in decreasing order
 * @param decay  γ ≥ 0, c > 0, r whole ≥ 0
 * @returns      [k]
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.5.
 */
export function softSingularValues(
  sigma: Float64Array,
  { weightDecay, scale = 1, width = sigma.length }: FactorisationDecay,
): Float64Array {
  requireDecay('softSingularValues', { weightDecay, scale, width })
  for (const value of sigma) requireNonNegative('softSingularValues: sigma', value)
  return sigma.map((value, i) => (i < width ? softThreshold(value, weightDecay / scale) : 0))
}

/**
 * What weight decay on D matrices leaves of the singular values of their product: 8.3 for each.
 *
 *   min of ‖W_1⋯W_D − Y‖² + γΣ‖W_k‖²  =  Σ_i min over v of (v − σ_i)² + Dγ|v|^{2/D}
 *
 * @param sigma  [k], ≥ 0, in decreasing order
 * @param deep   D whole ≥ 2, γ ≥ 0, width: the smallest inner width
 * @returns      [k], the global minimum; D = 2 is `softSingularValues`
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 8.5, 8.3.
 */
export function deepSingularValues(
  sigma: Float64Array,
  { depth, weightDecay, width = sigma.length }: { readonly depth: number; readonly weightDecay: number; readonly width?: number },
): Float64Array {
  requireDecay('deepSingularValues', { weightDecay, scale: 1, width })
  for (const value of sigma) requireNonNegative('deepSingularValues: sigma', value)
  return sigma.map((value, i) => (i < width ? depthMinimum({ depth, y: value }, weightDecay) : 0))
}

/**
 * The symmetric product UUᵀ that weight decay on U leaves of a symmetric target.
 *
 *   min of c‖UUᵀ − A‖² + γ‖U‖²:   eigenvalues max(a_i − γ/2c, 0) on the eigenvectors of A, the r largest of them
 *
 * @param a      [d, d], symmetric, float64, finite; negative eigenvalues become 0
 * @param decay  γ ≥ 0, c > 0, r whole ≥ 0
 * @returns      product UUᵀ [d, d] and its eigenvalues [d] in decreasing order
 * Accuracy: absolute, d · 2⁻⁵⁰ · ‖A‖.
 * Fails: 'invalid-input' if a number breaks its rule or A is not square.
 * Source: theory.md 8.5.
 */
export function symmetricFactorisationMinimum(
  a: Matrix,
  { weightDecay, scale = 1, width = a.rows }: FactorisationDecay,
): { readonly product: Matrix; readonly eigenvalues: Float64Array } {
  requireDecay('symmetricFactorisationMinimum', { weightDecay, scale, width })
  const pairs = symmetricPairs(a)
  const eigenvalues = Float64Array.from(pairs, ({ value }, i) =>
    i < width ? Math.max(softThreshold(value, weightDecay / (2 * scale)), 0) : 0,
  )
  const triplets = pairs.map(({ value, vector }) => ({ value, left: vector, right: vector }))
  return { product: rebuild(triplets, eigenvalues, { rows: a.rows, columns: a.columns }), eigenvalues }
}

/**
 * The decay from which zero is the best product, for a convex loss of UV.
 *
 *   γ₀ = ½‖∇L(0)‖_op;   for E‖y − UVx‖² it is ‖E[yxᵀ]‖_op, for ‖UV − Y‖² it is σ₁(Y)
 *
 * @param gradient  ∇L at UV = 0, [m, n], float64, finite
 * @returns         γ₀ ≥ 0
 * Fails: 'invalid-input' if an entry is not finite.
 * Source: theory.md 8.5: zero is optimal iff ‖∇L(0)‖_op ≤ 2γ.
 */
export function zeroWeightDecay(gradient: Matrix): number {
  return (singularTriplets(gradient)[0]?.value ?? 0) / 2
}

function requireDecay(name: string, { weightDecay, scale, width }: Required<FactorisationDecay>): void {
  requireNonNegative(`${name}: weightDecay`, weightDecay)
  requirePositive(`${name}: scale`, scale)
  requireWhole(`${name}: width`, width)
}

/** Σ values_i p_i q_iᵀ. */
function rebuild(
  triplets: readonly Triplet[],
  kept: Float64Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Matrix {
  const values = new Float64Array(rows * columns)
  for (const [i, { left, right }] of triplets.entries()) {
    const value = kept[i] ?? 0
    if (value === 0) continue
    for (let place = 0; place < values.length; place += 1) {
      const [row, column] = [Math.floor(place / columns), place % columns]
      values[place] = (values[place] ?? 0) + value * (left[row] ?? Number.NaN) * (right[column] ?? Number.NaN)
    }
  }
  return { rows, columns, values }
}
