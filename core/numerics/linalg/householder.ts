/**
 * Householder reflections of lists of columns, what QR, bidiagonalisation and tridiagonalisation are made of.
 *
 * A matrix is held as a list of its columns, each an array of its own: every loop then runs along memory.
 * Source: Golub & Van Loan, "Matrix Computations", section 5.1; the choice of sign is LAPACK's dlarfg.
 */
import { assert } from '#core/contract/errors.ts'
import type { Matrix } from './matrix.ts'
import { powerOfTwoScale } from './scale.ts'
import { maxAbs, norm } from './vector.ts'

/** H = I − τvvᵀ, v zero before `from`: orthogonal and its own inverse. τ = 0 stands for the identity. */
export interface Reflector {
  readonly v: Float64Array // [n − from], its first entry 1
  readonly from: number
  readonly tau: number
}

/**
 * The reflection that takes a vector to one entry at `from`, leaving what stands before.
 *
 *   Hx = (x₀ … , head, 0 … 0),   head = −sign(x_from) ‖(x_from … )‖₂
 *
 * The sign avoids cancellation. The tail is first scaled by its own power of two: a tail of 1e-310 still gives an orthogonal H.
 *
 * @param x     [n], float64, finite
 * @param from  0 ≤ from < n
 * @returns     head and H; of a vector that is already of that form, H = I and head = x_from with its own sign
 * Accuracy: HᵀH = I to a few (n − from) · 2⁻⁵³.
 */
export function reflectorOf(x: Float64Array, from: number): { readonly head: number; readonly reflector: Reflector } {
  const v = x.slice(from)
  const alpha = at(v, 0)
  v[0] = 1
  const rest = maxAbs(v.subarray(1))
  if (rest === 0) return { head: alpha, reflector: { v, from, tau: 0 } }
  const scale = powerOfTwoScale(Math.max(rest, Math.abs(alpha)))
  v[0] = alpha / scale
  for (let i = 1; i < v.length; i++) v[i] = at(v, i) / scale
  const length = norm(v)
  const first = at(v, 0)
  const beta = first >= 0 ? -length : length
  const divisor = first - beta
  for (let i = 1; i < v.length; i++) v[i] = at(v, i) / divisor
  v[0] = 1
  return { head: beta * scale, reflector: { v, from, tau: (beta - first) / beta } }
}

/** Replaces x by Hx. The four partial sums are for speed: one sum would wait for each addition. */
export function reflect({ v, from, tau }: Reflector, x: Float64Array): void {
  if (tau === 0) return
  const weight = tau * dotFrom(v, x, from)
  if (weight === 0) return
  for (let i = 0; i < v.length; i++) x[from + i] = at(x, from + i) - weight * at(v, i)
}

/** Replaces rows `row` and later of the matrix A of these columns by those of AH. */
export function reflectAcross({ v, from, tau }: Reflector, columns: readonly Float64Array[], row: number): void {
  if (tau === 0) return
  const sum = new Float64Array(columnAt(columns, 0).length) // Av
  for (let j = 0; j < v.length; j++) addScaled(sum, columnAt(columns, from + j), { weight: at(v, j), from: row })
  for (let j = 0; j < v.length; j++) addScaled(columnAt(columns, from + j), sum, { weight: -tau * at(v, j), from: row })
}

/** Replaces every column x by H₀H₁ … x. */
export function reflectBack(reflectors: readonly Reflector[], columns: readonly Float64Array[]): void {
  for (const column of columns) {
    for (let k = reflectors.length - 1; k >= 0; k--) {
      const reflector = reflectors[k]
      assert(reflector !== undefined, 'reflectBack: a list with a hole')
      reflect(reflector, column)
    }
  }
}

/**
 * Makes a list of columns upper triangular, in place: entry (i, j), i ≤ j, of R is then columns[j][i].
 *
 *   A = H₀H₁ … R
 *
 * What stands below the diagonal is left unspecified. The diagonal of R can be negative.
 *
 * @param columns  n columns of length m, any m and n
 * Cost: 2n²(m − n/3) multiplications and additions for m ≥ n.
 */
export function triangularise(columns: readonly Float64Array[]): Reflector[] {
  const rows = columns[0]?.length ?? 0
  const reflectors: Reflector[] = []
  for (let k = 0; k < Math.min(rows, columns.length); k++) {
    const pivot = columnAt(columns, k)
    const { head, reflector } = reflectorOf(pivot, k)
    pivot[k] = head
    for (let j = k + 1; j < columns.length; j++) reflect(reflector, columnAt(columns, j))
    reflectors.push(reflector)
  }
  return reflectors
}

/** Σ vᵢ x[from + i]. */
export function dotFrom(v: Float64Array, x: Float64Array, from: number): number {
  const end = v.length - (v.length % 4)
  let [a, b, c, d] = [0, 0, 0, 0]
  for (let i = 0; i < end; i += 4) {
    a += at(v, i) * at(x, from + i)
    b += at(v, i + 1) * at(x, from + i + 1)
    c += at(v, i + 2) * at(x, from + i + 2)
    d += at(v, i + 3) * at(x, from + i + 3)
  }
  for (let i = end; i < v.length; i++) a += at(v, i) * at(x, from + i)
  return a + b + (c + d)
}

/** The columns of a matrix divided by a scale, each an array of its own. */
export function columnsOf({ rows, columns, values }: Matrix, scale: number): Float64Array[] {
  return Array.from({ length: columns }, (_, j) => Float64Array.from({ length: rows }, (__, i) => at(values, i * columns + j) / scale))
}

/** The rows of a matrix divided by a scale, each an array of its own: the columns of its transpose. */
export function rowsOf({ rows, columns, values }: Matrix, scale: number): Float64Array[] {
  return Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns).map((value) => value / scale))
}

/** The first columns of an identity matrix. */
export function unitColumns(count: number, length = count): Float64Array[] {
  return Array.from({ length: count }, (_, j) => {
    const column = new Float64Array(length)
    column[j] = 1
    return column
  })
}

/** The matrix of these columns, all of `rows` entries. */
export function fromColumns(columns: readonly Float64Array[], rows: number): Matrix {
  const values = new Float64Array(rows * columns.length)
  columns.forEach((column, j) => {
    for (let i = 0; i < rows; i++) values[i * columns.length + j] = at(column, i)
  })
  return { rows, columns: columns.length, values }
}

export function columnAt(columns: readonly Float64Array[], j: number): Float64Array {
  const column = columns[j]
  assert(column !== undefined, `linalg: no column ${j}`)
  return column
}

function addScaled(into: Float64Array, x: Float64Array, { weight, from }: { readonly weight: number; readonly from: number }): void {
  if (weight === 0) return
  for (let i = from; i < into.length; i++) into[i] = at(into, i) + weight * at(x, i)
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
