/** The thin singular value decomposition. */
import { requireFinite } from '#core/numerics/require.ts'
import { bidiagonalise, diagonaliseBidiagonal } from './bidiagonal.ts'
import { bidiagonalValues } from './bidiagonalValues.ts'
import { columnsOf, fromColumns, reflectBack, rowsOf, triangularise, unitColumns, type Reflector } from './householder.ts'
import { requireMatrix, type Matrix } from './matrix.ts'
import { powerOfTwoScale } from './scale.ts'
import { maxAbs } from './vector.ts'

/** M = U diag(σ) Vᵀ, k = min(rows, columns). */
export interface Svd {
  readonly u: Matrix // [rows, k], orthonormal columns
  readonly sigma: Float64Array // [k], ≥ 0, descending
  readonly v: Matrix // [columns, k], orthonormal columns
}

/**
 * Singular values with their vectors.
 *
 *   M = U diag(σ) Vᵀ,   UᵀU = VᵀV = I,   k = min(rows, columns) columns each
 *
 * U and V are orthonormal in full, whatever the rank. The values are those of `singularValues`, to the bit. The common sign of a pair of
 * vectors is not specified, nor the basis inside a repeated value.
 *
 * @param m  [rows, columns], float64, finite
 * @returns  σ in the unit of m, descending, ∞ for a value beyond 1.8e308
 * Accuracy: of σ as there; ‖UᵀU − I‖, ‖VᵀV − I‖ and ‖U diag(σ) Vᵀ − M‖ / σ₁ at most some √k · 2⁻⁵²; a vector as the gap to the next
 * value allows: about 2⁻⁵² σ₁ / gap.
 * Cost: 4k²(2 max(rows, columns) + 6k) operations or so: 784 × 256 in 0.5 s of a 2020s processor.
 * Fails: 'invalid-input' if an entry is NaN or ±∞, or a size disagrees.
 * Source: Golub & Kahan 1965; Demmel & Kahan 1990; Chan 1982 for QR first.
 */
export function svd(m: Matrix): Svd {
  requireMatrix('svd: m', m)
  requireFinite('svd: m', m.values)
  const largest = maxAbs(m.values)
  const scale = largest === 0 ? 1 : powerOfTwoScale(largest)
  const isWide = m.rows < m.columns
  const [long, short] = isWide ? [m.columns, m.rows] : [m.rows, m.columns]
  const { left, sigma, right } = tall(isWide ? rowsOf(m, scale) : columnsOf(m, scale), long)
  const [outer, inner] = [fromColumns(left, long), fromColumns(right, short)]
  const values = sigma.map((value) => value * scale)
  return isWide ? { u: inner, sigma: values, v: outer } : { u: outer, sigma: values, v: inner }
}

/** Columns no longer than they are many: QR first, then the square R, whose left vectors the reflections of the QR carry back. */
function tall(columns: Float64Array[], rows: number): { left: Float64Array[]; sigma: Float64Array; right: Float64Array[] } {
  const n = columns.length
  const reflectors: readonly Reflector[] = rows === n ? [] : triangularise(columns)
  const square = rows === n ? columns : columns.map((column, j) => column.slice(0, n).fill(0, j + 1))
  const b = bidiagonalise(square)
  const sigma = bidiagonalValues(b)
  const [left, right] = [unitColumns(n), unitColumns(n)]
  reflectBack(b.left, left)
  reflectBack(b.right, right)
  diagonaliseBidiagonal(b, { left, right })
  const lengthened = left.map((vector) => {
    const column = new Float64Array(rows)
    column.set(vector)
    return column
  })
  reflectBack(reflectors, lengthened)
  return { left: lengthened, sigma, right }
}
