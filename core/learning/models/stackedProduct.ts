/** Products of the runs' matrices with their inputs. */
import { matMul, reshape, transpose, type Tensor } from '#core/engines/ops.ts'

/**
 * Row r of the result is X_r·W_r.
 *
 * @param x  [n, d], shared by the runs, or [R, n, d]
 * @param w  [R, d, q]
 * @returns  [R, n, q]
 * A shared X is one product with the runs side by side, [n, d]·[d, Rq]. For one output each run is a row times a transposed matrix, which
 * walks along rows: 68 against 126 µs for [80, 60, 12] on wasm.
 */
export function stackedProduct(x: Tensor, w: Tensor): Tensor {
  const [runs = 0, d = 0, q = 0] = w.shape
  const n = x.shape.at(-2) ?? 0
  if (x.rank === 2) {
    if (q === 1) return reshape(matMul(reshape(w, [runs, d]), transpose(x)), [runs, n, 1]) // [R, d]·[d, n]
    const together = matMul(x, reshape(transpose(w, [1, 0, 2]), [d, runs * q])) // [n, Rq]
    return transpose(reshape(together, [n, runs, q]), [1, 0, 2])
  }
  if (q === 1) return reshape(matMul(reshape(w, [runs, 1, d]), x, false, true), [runs, n, 1]) // [R, 1, d]·[R, d, n]
  return matMul(x, w)
}
