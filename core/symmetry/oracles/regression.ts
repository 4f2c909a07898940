/** Linear regression as the closed forms read it: rows of inputs, and one number to predict for each. */
import type { Part } from '#core/learning/data/data.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'

/** Inputs and one target, as regression has them. */
export type Regression = { readonly x: Matrix; readonly y: Float64Array } // [n, d], [n]

/** The regression of one column of y. */
export function regressionOf({ x, y }: Part, column: number): Regression {
  return { x, y: Float64Array.from({ length: y.rows }, (_, i) => y.values[i * y.columns + column] ?? Number.NaN) }
}

/** The vectors of the columns of y, entry (j, column) at j · columns + column, as a weight [inputs, outputs] is stored. */
export function joinColumns(columns: readonly Float64Array[]): Float64Array {
  const [first] = columns
  return Float64Array.from(
    { length: (first?.length ?? 0) * columns.length },
    (_, i) => columns[i % columns.length]?.[Math.floor(i / columns.length)] ?? Number.NaN,
  )
}
