/** Eigenvalues and vectors of a symmetric tridiagonal matrix. */
import { assert } from '#core/contract/errors.ts'
import { columnAt } from './householder.ts'
import { hypotenuse, rotate } from './rotation.ts'
import { maxAbs } from './vector.ts'

/** `diagonal` [n] and `beside` [n − 1] (empty for n = 0): beside[i] stands in (i, i + 1) and (i + 1, i). */
export interface Tridiagonal {
  readonly diagonal: Float64Array
  readonly beside: Float64Array
}

const unit = 2 ** -53
const stepsEach = 60 // two are usual; what needs 60 is a bug of ours

/**
 * Makes a symmetric tridiagonal matrix diagonal by implicit QL with Wilkinson's shift, in place, and turns vectors with it.
 *
 *   T = SΛSᵀ
 *
 * @param t        finite, largest entry near 1; its diagonal becomes the eigenvalues, descending; `beside` becomes 0
 * @param vectors  n arrays of one length, the columns of a matrix Z; they become the columns of ZS in the order of the values.
 *                 Unit columns give S; one row of Z gives that row of ZS
 * Accuracy: absolute error of each value a few √n · 2⁻⁵³ times the largest size.
 * Cost: some 3n²/2 rotations, each of 6 · (length of the vectors) operations.
 * Source: Martin & Wilkinson, "The implicit QL algorithm", 1968 (EISPACK's imtql2). Ours decouples by the size of the whole matrix: by that of
 * the neighbours alone, rounding from the large entries can keep the small ones coupled for ever.
 */
export function diagonaliseTridiagonal({ diagonal, beside }: Tridiagonal, vectors: Float64Array[]): void {
  const n = diagonal.length
  const e = new Float64Array(n) // one longer: a step writes past the end of its block
  e.set(beside)
  const negligible = 4 * unit * Math.max(maxAbs(diagonal), maxAbs(beside)) // less would be rounding between equal values
  for (let low = 0; low < n; low++) {
    for (let step = 0; ; step++) {
      const high = blockEnd(e, low, negligible)
      if (high === low) break
      assert(step < stepsEach, `diagonaliseTridiagonal: no convergence in ${stepsEach} steps`)
      stepQl({ diagonal, e, vectors }, low, high)
    }
  }
  beside.fill(0)
  sortDescending(diagonal, vectors)
}

/** The last row of the unreduced block that starts at `low`. */
function blockEnd(e: Float64Array, low: number, negligible: number): number {
  let high = low
  while (high + 1 < e.length && Math.abs(at(e, high)) > negligible) high += 1
  return high
}

type Work = { readonly diagonal: Float64Array; readonly e: Float64Array; readonly vectors: Float64Array[] }

/** One implicit QL step on the rows low … high, from the bottom up. */
function stepQl({ diagonal: d, e, vectors }: Work, low: number, high: number): void {
  let g = (at(d, low + 1) - at(d, low)) / (2 * at(e, low))
  const root = hypotenuse(g, 1)
  g = at(d, high) - at(d, low) + at(e, low) / (g + (g >= 0 ? root : -root))
  let [s, c, p] = [1, 1, 0]
  for (let i = high - 1; i >= low; i--) {
    const f = s * at(e, i)
    const b = c * at(e, i)
    const r = hypotenuse(f, g)
    e[i + 1] = r
    if (r === 0) {
      d[i + 1] = at(d, i + 1) - p
      e[high] = 0
      return // decoupled by underflow
    }
    s = f / r
    c = g / r
    g = at(d, i + 1) - p
    const across = (at(d, i) - g) * s + 2 * c * b
    p = s * across
    d[i + 1] = g + p
    g = c * across - b
    if (vectors.length > 0) rotate(columnAt(vectors, i + 1), columnAt(vectors, i), { c, s })
  }
  d[low] = at(d, low) - p
  e[low] = g
  e[high] = 0
}

function sortDescending(diagonal: Float64Array, vectors: Float64Array[]): void {
  const order = [...diagonal.keys()].sort((i, j) => at(diagonal, j) - at(diagonal, i))
  diagonal.set(order.map((i) => at(diagonal, i)))
  if (vectors.length > 0) vectors.splice(0, vectors.length, ...order.map((i) => columnAt(vectors, i)))
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
