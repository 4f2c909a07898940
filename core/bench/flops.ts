/** The arithmetic of one training step, by formula: products alone, for rates that can be held against the rate of a product. */

/** A layer that is a product of matrices: for each row (`places` of them for each sample, as a convolution has) `inputs` × `outputs` multiplications. */
export type Layer = { readonly inputs: number; readonly outputs: number; readonly places?: number }

/**
 * Floating-point operations of a step of gradient descent on one run: the products of its layers, forward and backward.
 *
 *   F = Σ_l 2 · B · p_l · m_l · n_l · c_l,   c_l = 3, but 2 for the first layer
 *
 * B rows, p places of a row, m inputs, n outputs of a layer; a multiplication and an addition are two operations. Each layer is multiplied three times: XW forward, XᵀG for
 * its weights, GWᵀ for its inputs; the last is not needed of the data, which have no gradient. A convolution of a k × k kernel is a layer with k²·(channels in) inputs at each
 * place of its output. What is left out, functions of single numbers and the update, is O(B·n + m·n), so F is a lower bound.
 *
 * @param rows    B, samples of a step
 * @param layers  in their order; the first one's inputs are data
 * @returns       operations, exact while below 2⁵³; 0 without layers
 * Source: 2mnk for a product of m × k and k × n is counted so by Golub & Van Loan, Matrix Computations, 1.1.15; the three products of a layer are those of Rumelhart, Hinton &
 * Williams 1986. Derived here, tested against a program that counts.
 */
export function trainingFlops(rows: number, layers: readonly Layer[]): number {
  return layers.reduce((sum, { inputs, outputs, places = 1 }, l) => sum + 2 * rows * places * inputs * outputs * (l === 0 ? 2 : 3), 0)
}
