/**
 * Singular vectors of a square matrix by way of a bidiagonal one, whose values `bidiagonalValues.ts` finds more precisely.
 *
 *   A = QBPᵀ by reflections,   B = XΣYᵀ by implicit QR with the Golub–Kahan shift or, near singular blocks, none
 *
 * Source: Golub & Kahan 1965 (bidiagonalisation); Demmel & Kahan, "Accurate singular values of bidiagonal matrices", 1990 (the sweep without
 * shift); the choice between the sweeps, their direction and their recurrences are LAPACK's dbdsqr. Ours decouples by the size of the whole
 * matrix, which adds errors of 2⁻⁵¹σ₁, as bidiagonalisation has done before: by the neighbours' size alone, rounding from large entries can keep
 * small ones coupled for ever.
 */
import { assert } from '#core/contract/errors.ts'
import { columnAt, reflect, reflectAcross, reflectorOf, type Reflector } from './householder.ts'
import { hypotenuse, rotate } from './rotation.ts'
import { maxAbs } from './vector.ts'

/** An upper bidiagonal matrix: `diagonal` [n], and `above` [n − 1] (empty for n = 0), above[i] in row i and column i + 1. */
export interface Bidiagonal {
  readonly diagonal: Float64Array
  readonly above: Float64Array
}

export interface Bidiagonalisation extends Bidiagonal {
  readonly left: readonly Reflector[] // Q = H₀H₁ …
  readonly right: readonly Reflector[] // P = G₀G₁ …
}

/** Lists of vectors that turn with the rows (left) and columns (right) of B: [n] each, or empty where no vectors are wanted. */
export interface SingularVectors {
  readonly left: Float64Array[]
  readonly right: Float64Array[]
}

const unit = 2 ** -53
const sweepsEach = 60 // two or three are usual; what needs 60 is a bug of ours

/**
 * A square matrix made bidiagonal by reflections from both sides.
 *
 * @param columns  n columns of length n, finite, largest entry near 1; destroyed
 * Accuracy: backward stable, ‖QBPᵀ − A‖ at most a small multiple of n · 2⁻⁵³ ‖A‖.
 * Cost: 8n³/3 multiplications and additions.
 */
export function bidiagonalise(columns: readonly Float64Array[]): Bidiagonalisation {
  const n = columns.length
  const diagonal = new Float64Array(n)
  const above = new Float64Array(Math.max(0, n - 1))
  const left: Reflector[] = []
  const right: Reflector[] = []
  const row = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    const below = reflectorOf(columnAt(columns, k), k)
    diagonal[k] = below.head
    left.push(below.reflector)
    for (let j = k + 1; j < n; j++) {
      reflect(below.reflector, columnAt(columns, j))
      row[j] = at(columnAt(columns, j), k)
    }
    if (k + 1 === n) break
    const beside = reflectorOf(row, k + 1)
    above[k] = beside.head
    right.push(beside.reflector)
    reflectAcross(beside.reflector, columns, k + 1)
  }
  return { diagonal, above, left, right }
}

/**
 * Makes a bidiagonal matrix diagonal, in place, and turns the vectors with it.
 *
 * @param b        finite, largest entry near 1; its diagonal becomes the singular values, ≥ 0, descending; `above` becomes 0
 * @param vectors  columns of Q and P on entry, left and right singular vectors on return, in the order of the values
 * Accuracy: absolute error of each value a few √n · 2⁻⁵³σ₁.
 * Cost: some 2n² rotations, each of 6 · (length of the vectors) operations.
 */
export function diagonaliseBidiagonal(b: Bidiagonal, vectors: SingularVectors): void {
  const n = b.diagonal.length
  const negligible = 4 * unit * Math.max(maxAbs(b.diagonal), maxAbs(b.above)) // less would be rounding between equal values
  let high = n - 1
  let sweeps = 0
  while (high > 0) {
    const low = blockStart(b, high, negligible)
    if (low === high) {
      high -= 1
      continue
    }
    sweeps += 1
    assert(sweeps <= sweepsEach * n, `diagonaliseBidiagonal: no convergence in ${sweepsEach * n} sweeps`)
    sweepBlock(b, vectors, { low, high })
  }
  makePositive(b.diagonal, vectors.right)
  sortDescending(b.diagonal, vectors)
}

type Range = { readonly low: number; readonly high: number }

/**
 * The first row of the unreduced block that ends at `high`; what cuts it off becomes 0, and so does a negligible entry of its diagonal: the step
 * with a shift does not get past one, the step without carries an exact 0 to the end.
 */
function blockStart({ diagonal, above }: Bidiagonal, high: number, negligible: number): number {
  for (let k = high; ; k--) {
    if (k > 0 && Math.abs(at(above, k - 1)) <= negligible) above[k - 1] = 0
    if (k === 0 || above[k - 1] === 0) return k
    for (const i of [k - 1, k]) if (Math.abs(at(diagonal, i)) <= negligible) diagonal[i] = 0
  }
}

/** A block that is being swept, from its larger to its smaller end, and the rotations that did it. */
interface Block extends Bidiagonal {
  readonly leftC: Float64Array
  readonly leftS: Float64Array
  readonly rightC: Float64Array
  readonly rightS: Float64Array
}

/**
 * One sweep over a block. Sweeps converge fast only from the large end to the small: where the large end is below, the block is read backwards,
 * which is its transpose with both orders reversed, upper bidiagonal too; left and right change places.
 */
function sweepBlock({ diagonal, above }: Bidiagonal, vectors: SingularVectors, { low, high }: Range): void {
  const isReversed = Math.abs(at(diagonal, low)) < Math.abs(at(diagonal, high))
  const block = blockOf(diagonal.slice(low, high + 1), above.slice(low, high))
  if (isReversed) reverse(block)
  const shift = shiftOf(block)
  if (shift === 0) sweepWithoutShift(block)
  else sweepWithShift(block, shift)
  const { left, right } = vectors
  if (isReversed) {
    turn(right, block.leftC, { s: block.leftS, start: high, step: -1 })
    turn(left, block.rightC, { s: block.rightS, start: high, step: -1 })
    reverse(block)
  } else {
    turn(left, block.leftC, { s: block.leftS, start: low, step: 1 })
    turn(right, block.rightC, { s: block.rightS, start: low, step: 1 })
  }
  diagonal.set(block.diagonal, low)
  above.set(block.above, low)
}

function blockOf(diagonal: Float64Array, above: Float64Array): Block {
  const [leftC, leftS, rightC, rightS] = [above.slice(), above.slice(), above.slice(), above.slice()]
  return { diagonal, above, leftC, leftS, rightC, rightS }
}

function reverse({ diagonal, above }: Bidiagonal): void {
  diagonal.reverse()
  above.reverse()
}

/** The smaller singular value of the last 2 × 2 part; 0 where a shift would drown in rounding, or the block is singular. */
function shiftOf({ diagonal, above }: Bidiagonal): number {
  if (diagonal.includes(0)) return 0 // one sweep without shift then decouples a zero exactly
  const n = diagonal.length
  const shift = smallerOfPair(at(diagonal, n - 2), at(above, n - 2), at(diagonal, n - 1))
  return (shift / at(diagonal, 0)) ** 2 < unit ? 0 : shift
}

/** The smaller singular value of [[f, g], [0, h]], f and h not 0, to a few units in the last place (LAPACK's dlas2). */
function smallerOfPair(f: number, g: number, h: number): number {
  const small = Math.min(Math.abs(f), Math.abs(h))
  const large = Math.max(Math.abs(f), Math.abs(h))
  const across = Math.abs(g)
  const sum = 1 + small / large
  const difference = (large - small) / large
  if (across < large) {
    const ratio = (across / large) ** 2
    return small * (2 / (Math.sqrt(sum * sum + ratio) + Math.sqrt(difference * difference + ratio)))
  }
  const ratio = large / across
  if (ratio === 0) return (small * large) / across
  return 2 * (small * (1 / (Math.sqrt(1 + (sum * ratio) ** 2) + Math.sqrt(1 + (difference * ratio) ** 2))) * ratio)
}

/** The implicit QR step of Golub and Kahan: the shift sets the first rotation, the others chase the bulge out below. */
function sweepWithShift(block: Block, shift: number): void {
  const { diagonal: d, above: e } = block
  const last = e.length - 1
  const top = at(d, 0)
  let f = (Math.abs(top) - shift) * (Math.sign(top) + shift / top)
  let g = at(e, 0)
  for (let i = 0; i <= last; i++) {
    const right = hypotenuse(f, g)
    const [rightC, rightS] = right === 0 ? [1, 0] : [f / right, g / right]
    if (i > 0) e[i - 1] = right
    f = rightC * at(d, i) + rightS * at(e, i)
    const beside = rightC * at(e, i) - rightS * at(d, i)
    g = rightS * at(d, i + 1)
    const next = rightC * at(d, i + 1)
    const left = hypotenuse(f, g)
    const [leftC, leftS] = left === 0 ? [1, 0] : [f / left, g / left]
    d[i] = left
    f = leftC * beside + leftS * next
    d[i + 1] = leftC * next - leftS * beside
    if (i < last) {
      g = leftS * at(e, i + 1)
      e[i + 1] = leftC * at(e, i + 1)
    }
    note(block, i, { leftC, leftS, rightC, rightS })
  }
  e[last] = f
}

/** The same step for shift 0, without a subtraction. A zero on the diagonal becomes a zero at the end, exactly. */
function sweepWithoutShift(block: Block): void {
  const { diagonal: d, above: e } = block
  const last = e.length - 1
  let [leftC, leftS, rightC, rightS] = [1, 0, 1, 0]
  for (let i = 0; i <= last; i++) {
    const scaled = at(d, i) * rightC
    const right = hypotenuse(scaled, at(e, i))
    ;[rightC, rightS] = right === 0 ? [1, 0] : [scaled / right, at(e, i) / right]
    if (i > 0) e[i - 1] = leftS * right
    const kept = leftC * right
    const risen = at(d, i + 1) * rightS
    const left = hypotenuse(kept, risen)
    ;[leftC, leftS] = left === 0 ? [1, 0] : [kept / left, risen / left]
    d[i] = left
    note(block, i, { leftC, leftS, rightC, rightS })
  }
  const rest = at(d, last + 1) * rightC
  d[last + 1] = rest * leftC
  e[last] = rest * leftS
}

type Pair = { readonly leftC: number; readonly leftS: number; readonly rightC: number; readonly rightS: number }

function note(block: Block, i: number, { leftC, leftS, rightC, rightS }: Pair): void {
  block.leftC[i] = leftC
  block.leftS[i] = leftS
  block.rightC[i] = rightC
  block.rightS[i] = rightS
}

/** Turns the vectors start, start + step, … with the rotations of a sweep. */
function turn(vectors: Float64Array[], c: Float64Array, { s, start, step }: { s: Float64Array; start: number; step: 1 | -1 }): void {
  if (vectors.length === 0) return
  for (let i = 0; i < c.length; i++) {
    const first = start + step * i
    rotate(columnAt(vectors, first), columnAt(vectors, first + step), { c: at(c, i), s: at(s, i) })
  }
}

function makePositive(diagonal: Float64Array, right: readonly Float64Array[]): void {
  for (let i = 0; i < diagonal.length; i++) {
    const isNegative = at(diagonal, i) < 0
    diagonal[i] = Math.abs(at(diagonal, i)) // also of −0
    if (!isNegative) continue
    const vector = right[i]
    if (vector !== undefined) for (let k = 0; k < vector.length; k++) vector[k] = -at(vector, k)
  }
}

function sortDescending(diagonal: Float64Array, { left, right }: SingularVectors): void {
  const order = [...diagonal.keys()].sort((i, j) => at(diagonal, j) - at(diagonal, i))
  const sorted = order.map((i) => at(diagonal, i))
  diagonal.set(sorted)
  for (const vectors of [left, right]) {
    if (vectors.length === 0) continue
    const kept = order.map((i) => columnAt(vectors, i))
    vectors.splice(0, vectors.length, ...kept)
  }
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
