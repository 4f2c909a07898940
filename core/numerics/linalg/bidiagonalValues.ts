/**
 * Singular values of a bidiagonal matrix by counting.
 *
 * Why not the iteration that `bidiagonal.ts` needs for vectors: each of its some 2n sweeps rounds every value once more, which adds up to
 * 20–30 ε σ₁ at n = 256. A bisection rounds once, and costs less than the bidiagonalisation before it.
 */
import type { Bidiagonal } from './bidiagonal.ts'

const tiny = 2 ** -500 // against a largest entry near 1; its square is still normal
const ulp = 2 ** -52

/**
 * All singular values of an upper bidiagonal matrix.
 *
 * B has the singular values that ± are the eigenvalues of the tridiagonal matrix with zero diagonal and d₀, e₀, d₁, e₁ … beside it. For x > 0 the
 * number of negative pivots of that matrix − xI, less n, is #{σ < x}; every σ is bisected on that count.
 *
 * @param b  [n] and [n − 1], finite, largest entry near 1
 * @returns  [n], ≥ 0, descending; of a diagonal matrix exactly its sizes; below 2⁻⁵⁰⁰: 0
 * Accuracy: the values of a matrix whose entries differ from those of B by a few 2⁻⁵³ each, relatively, and 2⁻⁵² of each value for the bisection.
 * Cost: n values of 53 counts (some 100 for a value of the size of rounding), each of 2n divisions.
 * Source: Golub & Kahan 1965 for the tridiagonal matrix; Demmel & Kahan 1990 for what relative changes of its entries do: change each σ by a
 * relative (2n − 1) times theirs at most; Kahan 1966 for the backward error of the count.
 */
export function bidiagonalValues(b: Bidiagonal): Float64Array {
  const n = b.diagonal.length
  const values: number[] = []
  let start = 0
  for (let i = 0; i < n; i++) {
    if (i + 1 < n && at(b.above, i) !== 0) continue
    values.push(...blockValues(b.diagonal.subarray(start, i + 1), b.above.subarray(start, i)))
    start = i + 1
  }
  return Float64Array.from(values).sort().reverse()
}

function blockValues(d: Float64Array, e: Float64Array): Float64Array {
  if (d.length === 1) return d.map(Math.abs)
  const squares = new Float64Array(2 * d.length - 1)
  let bound = 0 // a row of the tridiagonal matrix holds two neighbours
  let before = 0
  for (let k = 0; k < squares.length; k++) {
    const size = Math.abs(k % 2 === 0 ? at(d, k / 2) : at(e, (k - 1) / 2))
    squares[k] = size * size
    bound = Math.max(bound, before + size)
    before = size
  }
  const out = new Float64Array(d.length)
  bisect(squares, { low: tiny, high: bound * (1 + 4 * ulp), from: countBelow(squares, tiny), to: d.length }, out)
  return out
}

/** Values `from` … `to` − 1 in ascending order lie in [low, high]. */
type Part = { readonly low: number; readonly high: number; readonly from: number; readonly to: number }

/** Halves an interval until each part holds no value, or is as narrow as its value's last place. */
function bisect(squares: Float64Array, { low, high, from, to }: Part, out: Float64Array): void {
  if (from >= to) return
  const middle = low + (high - low) / 2
  if (high - low <= ulp * middle || middle === low) {
    out.fill(middle, from, to)
    return
  }
  const count = Math.min(to, Math.max(from, countBelow(squares, middle))) // rounding can break the order of counts by an ulp
  bisect(squares, { low, high: middle, from, to: count }, out)
  bisect(squares, { low: middle, high, from: count, to }, out)
}

/** #{σ < x}, x > 0. */
function countBelow(squares: Float64Array, x: number): number {
  let pivot = -x
  let negative = 1
  for (let k = 0; k < squares.length; k++) {
    pivot = -x - at(squares, k) / pivot
    if (pivot < 0) negative += 1
    else if (pivot === 0) pivot = Number.MIN_VALUE
  }
  return negative - (squares.length + 1) / 2
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
