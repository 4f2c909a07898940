/**
 * The two extreme eigenvalues of a symmetric map that is known only by its products, such as the Hessian of a network.
 *
 * For a matrix that can be held, `symmetricEigen` gives all eigenvalues and no doubt.
 */
import { Refusal } from '#core/contract/errors.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import type { Key } from '#core/numerics/random/key.ts'
import { requireFinite, requireLength, requireWhole } from '#core/numerics/require.ts'
import { columnAt, unitColumns } from './householder.ts'
import { powerOfTwoScale } from './scale.ts'
import { diagonaliseTridiagonal } from './tridiagonal.ts'
import { dot, maxAbs, norm } from './vector.ts'

export interface Extreme {
  readonly value: number
  readonly vector: Float64Array // [dimension], length 1, sign not specified
  readonly residual: number // ‖Av − value · v‖₂, from a product of its own
}

export interface LanczosExtremes {
  readonly smallest: Extreme
  readonly largest: Extreme
  readonly steps: number // dimension of the space that was searched
  readonly converged: boolean
}

export interface LanczosOptions {
  readonly dimension: number
  readonly key: Key
  readonly steps?: number
  readonly tolerance?: number
}

/** Asymmetry that is refused, against ‖A‖: far above the rounding of float32 products, far below that of a map that is not meant to be symmetric. */
const asymmetry = 2 ** -10
const afterBreak = 10 // further directions before an invariant subspace is taken for all there is

/**
 * The smallest and the largest eigenvalue of a symmetric map, by Lanczos with full reorthogonalisation from a random start.
 *
 *   AQ = QT + β q eᵀ,   T tridiagonal,   the extreme eigenpairs (θ, s) of T give (θ, Qs)
 *
 * Where the space becomes invariant before it is whole (repeated eigenvalues, few distinct ones), it goes on with a fresh random vector
 * orthogonal to it. With steps ≥ dimension the space becomes whole and the answer that of a dense method.
 *
 * What it says: within `residual` of `value` there is an eigenvalue of A, always; and smallest.value ≥ λ_min − rounding, largest.value ≤ λ_max
 * + rounding. That it is the extreme one is sure where steps = dimension. Else it fails only for a start almost orthogonal to the extreme
 * eigenvector: of a random start, its component is below δ / √dimension with probability about 0.8 δ, and a few more steps make up even for that.
 *
 * @param apply      v [dimension] ↦ Av [dimension], symmetric, linear; it may keep or reuse neither array
 * @param dimension  whole, ≥ 1
 * @param key        of this purpose alone
 * @param steps      whole, ≥ 1: the most products for the search (two more measure the residuals); 128 where absent
 * @param tolerance  > 0: converged means both residuals ≤ tolerance · max(|smallest|, |largest|); 1e-8 where absent
 * @returns          in the unit of A; exact for dimension 1. `converged` false means what it says: the numbers are a bound from inside
 * Accuracy: |value − λ| ≤ residual for some λ of A, and ≤ residual² / gap where others are at least gap away.
 * Cost: a product and 4 · dimension · step multiplications in each step, and steps · dimension numbers of memory.
 * Fails: 'invalid-input' if a product has another length, holds NaN or ±∞, or shows A asymmetric by more than 2⁻¹⁰ ‖A‖; if an option
 * breaks its rule.
 * Source: Lanczos 1950; Parlett, "The symmetric eigenvalue problem", chapters 4 and 13; Kuczyński & Woźniakowski 1992 for the random start.
 */
export function lanczosExtremes(apply: (v: Float64Array) => Float64Array, options: LanczosOptions): LanczosExtremes {
  const { dimension, key, steps = 128, tolerance = 1e-8 } = options
  requireWhole('lanczosExtremes: dimension', dimension, 1)
  requireWhole('lanczosExtremes: steps', steps, 1)
  if (!(tolerance > 0)) throw new Refusal('invalid-input', `lanczosExtremes: tolerance: expected a positive number, got ${tolerance}`)
  const product = checked(apply, dimension)
  const space = search(product, { dimension, key, steps: Math.min(steps, dimension), tolerance })
  const vectors = unitColumns(space.basis.length)
  const values = ritz(space, vectors)
  const last = values.length - 1
  const largest = extreme(product, at(values, 0), combination(space.basis, columnAt(vectors, 0)))
  const smallest = extreme(product, at(values, last), combination(space.basis, columnAt(vectors, last)))
  const allowed = tolerance * Math.max(Math.abs(largest.value), Math.abs(smallest.value))
  const converged = space.isSettled && largest.residual <= allowed && smallest.residual <= allowed
  return { smallest, largest, steps: space.basis.length, converged }
}

type Product = (v: Float64Array) => Float64Array

function checked(apply: Product, dimension: number): Product {
  return (v) => {
    const out = apply(v.slice())
    requireLength('lanczosExtremes: apply(v)', out, dimension)
    requireFinite('lanczosExtremes: apply(v)', out)
    return out.slice()
  }
}

interface Space {
  readonly basis: Float64Array[] // Q
  readonly diagonal: number[] // of T
  readonly beside: number[] // of T, and the β that leads out of the space
  isSettled: boolean
}

/** Grows the space until both ends of the spectrum have settled, the steps are used up or the space is whole. */
function search(product: Product, { dimension, key, steps, tolerance }: Required<LanczosOptions>): Space {
  const space: Space = { basis: [], diagonal: [], beside: [], isSettled: false }
  let restarts = 0
  let firstBreak = Number.POSITIVE_INFINITY
  let nextLook = 1
  let next = drawNormal(key, dimension, restarts)
  for (let step = 1; step <= steps; step++) {
    space.basis.push(unitVector(next))
    const rest = expand(product, space)
    const size = sizeOf(space)
    let beta = norm(rest)
    next = rest
    if (beta <= 8 * Math.sqrt(dimension) * 2 ** -52 * size) {
      beta = 0
      firstBreak = Math.min(firstBreak, step)
      restarts += 1
      if (step < steps) next = freshVector(space.basis, drawNormal(key, dimension, restarts))
    }
    space.beside.push(beta)
    const isTime = step >= nextLook || step === steps
    const isDoubtful = step >= firstBreak && step < firstBreak + afterBreak
    space.isSettled = step === dimension || (isTime && !isDoubtful && settled(space, tolerance))
    if (space.isSettled) break
    if (step >= nextLook) nextLook = Math.ceil(step * 1.1) // a look costs step², a tenth more steps at most
  }
  return space
}

/** Adds a row to T and returns the part of Aq outside the space. Once through the basis can leave rounding as large as a small rest; twice is enough. */
function expand(product: Product, { basis, diagonal, beside }: Space): Float64Array {
  const k = basis.length - 1
  const rest = product(columnAt(basis, k))
  const seen = basis.map((q) => removeFrom(rest, q))
  for (const [j, q] of basis.entries()) seen[j] = (seen[j] ?? Number.NaN) + removeFrom(rest, q)
  diagonal.push(seen[k] ?? Number.NaN)
  const size = Math.max(sizeOf({ diagonal, beside }), maxAbs(Float64Array.from(seen)))
  for (let j = 0; j < k; j++) {
    const expected = j === k - 1 ? (beside[j] ?? Number.NaN) : 0
    const off = Math.abs((seen[j] ?? Number.NaN) - expected)
    if (off <= asymmetry * size) continue
    throw new Refusal(
      'invalid-input',
      `lanczosExtremes: apply: expected a symmetric linear map, got products that differ by ${off} of ${size}`,
    )
  }
  return rest
}

/** A size of A as T shows it: at most ‖A‖. */
function sizeOf({ diagonal, beside }: Pick<Space, 'diagonal' | 'beside'>): number {
  return Math.max(maxAbs(Float64Array.from(diagonal)), maxAbs(Float64Array.from(beside)))
}

/** Whether β |last entry of s| is small for both ends. */
function settled(space: Space, tolerance: number): boolean {
  const k = space.basis.length
  const lastRow = Array.from({ length: k }, (_, j) => Float64Array.of(j === k - 1 ? 1 : 0))
  const values = ritz(space, lastRow)
  const beta = space.beside[k - 1] ?? Number.NaN
  const allowed = (tolerance / 2) * Math.max(Math.abs(at(values, 0)), Math.abs(at(values, k - 1))) // half: the rest is for rounding
  return [0, k - 1].every((j) => beta * Math.abs(at(columnAt(lastRow, j), 0)) <= allowed)
}

/** The eigenvalues of T, descending; the vectors turn with it. */
function ritz({ diagonal, beside }: Space, vectors: Float64Array[]): Float64Array {
  const size = sizeOf({ diagonal, beside })
  const scale = size === 0 ? 1 : powerOfTwoScale(size)
  const scaled = Float64Array.from(diagonal, (value) => value / scale)
  diagonaliseTridiagonal({ diagonal: scaled, beside: Float64Array.from(beside.slice(0, -1), (value) => value / scale) }, vectors)
  return scaled.map((value) => value * scale)
}

function extreme(product: Product, value: number, vector: Float64Array): Extreme {
  const image = product(vector)
  return { value, vector, residual: norm(image.map((entry, i) => entry - value * at(vector, i))) }
}

function combination(basis: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(columnAt(basis, 0).length)
  for (const [j, q] of basis.entries()) {
    const weight = at(weights, j)
    for (let i = 0; i < sum.length; i++) sum[i] = at(sum, i) + weight * at(q, i)
  }
  return unitVector(sum)
}

/** The part of a random vector outside the space, twice cleaned. */
function freshVector(basis: readonly Float64Array[], drawn: Float64Array): Float64Array {
  const clean = (v: Float64Array): Float64Array => {
    for (const q of basis) removeFrom(v, q)
    return unitVector(v)
  }
  return clean(clean(drawn))
}

/** Takes the part along q out of v; returns its length along q. */
function removeFrom(v: Float64Array, q: Float64Array): number {
  const weight = dot(q, v)
  for (let i = 0; i < v.length; i++) v[i] = at(v, i) - weight * at(q, i)
  return weight
}

function unitVector(v: Float64Array): Float64Array {
  const length = norm(v)
  return v.map((value) => value / length)
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
