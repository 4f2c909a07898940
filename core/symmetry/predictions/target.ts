/** Studies whose squares are those of a matrix: c‖M − Y‖², M the weight of a linear map. */
import type { Part } from '#core/learning/data/data.ts'
import { matrixProduct, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { meanSquareScale, type Trained } from './prediction.ts'

/** Whether the data may be one: its rows are known to be those of the identity, or few enough to be looked at. */
export function mayHaveTarget({ data }: Trained): boolean {
  return data.kind === 'low-rank-matrix' || data.kind === 'scalar' || data.kind === 'inline'
}

/**
 * A loss of squares on whitened inputs as that of a matrix.
 *
 *   XᵀX = sI:   c·(1/n)‖XM − Y‖² = (cs/n)‖M − XᵀY/s‖² + constant
 *
 * @returns  the scale cs/n and the target XᵀY/s [inputs, outputs]; null for other inputs, of which XᵀX differs from sI by more than 1e-12 s
 * Source: theory.md 8.5, whitened regression; 0.3.
 */
export function targetOf(trained: Trained, data: Part): { readonly scale: number; readonly target: Matrix } | null {
  const found = whitened(data)
  return found === null ? null : { scale: meanSquareScale(trained, data.x.rows) * found.share, target: found.target }
}

/** The part of `targetOf` that only the data decide: the share s/n of the scale, and the target. */
export function whitened({ x, y }: Part): { readonly share: number; readonly target: Matrix } | null {
  if (isIdentity(x)) return { share: 1 / x.rows, target: y }
  const gram = matrixProduct(transposed(x), x)
  const [square = Number.NaN] = gram.values
  const isWhite = gram.values.every((value, i) => Math.abs(value - (i % (x.columns + 1) === 0 ? square : 0)) <= 1e-12 * square)
  if (!isWhite || !(square > 0)) return null
  const moment = matrixProduct(transposed(x), y)
  return { share: square / x.rows, target: { ...moment, values: moment.values.map((value) => value / square) } }
}

function isIdentity({ rows, columns, values }: Matrix): boolean {
  return rows === columns && values.every((value, i) => value === (i % (columns + 1) === 0 ? 1 : 0))
}
