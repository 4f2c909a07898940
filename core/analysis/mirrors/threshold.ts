/**
 * From which decay on a mirror attracts: the block of the Hessian in its directions, at the nearest point on it.
 *
 *   γ_loc = −½ λ_min(Ĥ),   Ĥ = Oᵀ∇²ℓ(θ̄)O,   θ̄ = (I − OOᵀ)θ
 *
 * ℓ is the loss of the data without decay. At a symmetric critical point decay γ makes the mirror a strict local minimum in its directions iff γ > γ_loc. It belongs to
 * θ̄, which depends on γ itself when trained: a threshold γ* solves γ_loc(θ̄(γ)) = γ.
 * Source: theory.md 2.1 (local), 2.5, 11.11 (why not at θ).
 */
import type { Parameters } from '#core/learning/models/model.ts'
import { lanczosExtremes } from '#core/numerics/linalg/lanczos.ts'
import { matrixTimes, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import type { Key } from '#core/numerics/random/key.ts'
import { replace, restrict, symmetrise, type Mirror } from '#core/symmetry/mirror.ts'
import { batchProduct, sampleProducts, type Network, type Rows } from './network.ts'

export type LocalThreshold = {
  readonly threshold: number // γ_loc, in the unit of γ in ℓ + γ‖θ‖²; below 0 where the mirror attracts without decay
  readonly accuracy: number // half the residual of λ_min: some eigenvalue is within it
  readonly converged: boolean
}

/**
 * The local threshold of a mirror.
 *
 * @param theta  where the network is; the threshold is that of θ̄
 * @param rows   all of the data: the loss is that of one batch of them
 * @param key    of this purpose alone, for the start of Lanczos
 * @returns      NaN and not converged where the Hessian holds NaN or ±∞
 * Accuracy: rank 1: one exact product. Above: Lanczos over the block alone, whole where k ≤ 128 and so exact to about √k · 2⁻⁵⁰ ‖Ĥ‖; else see `converged`.
 * Cost: min(k, 128) + 2 products with the Hessian, each 6–12 runs of the network.
 * Source: theory.md 2.1.
 */
export function localThreshold(
  network: Network,
  mirror: Mirror,
  { theta, rows, key }: { theta: Parameters; rows: Rows; key: Key },
): LocalThreshold {
  const on = symmetrise(theta, mirror)
  const block = (s: Float64Array) => alongNormal(mirror, batchProduct(network, on, { rows, v: directionOf(mirror, on, s) }))
  const one = block(unit(mirror.o.columns, 0))
  if (!one.every(Number.isFinite)) return { threshold: Number.NaN, accuracy: Number.NaN, converged: false }
  if (mirror.o.columns === 1) return { threshold: -(one[0] ?? Number.NaN) / 2, accuracy: 0, converged: true }
  const { smallest, converged } = lanczosExtremes(block, { dimension: mirror.o.columns, key })
  return { threshold: -smallest.value / 2, accuracy: smallest.residual / 2, converged: converged || mirror.o.columns <= 128 }
}

/**
 * The Hessian's block in a mirror's directions, of every sample at one point.
 *
 *   Ĥ(x_i) = Oᵀ∇²ℓ(θ, x_i)O
 *
 * @param on  a point, on the mirror for what theory says
 * @returns   [k, k] for each sample (one for a model that is its own loss), symmetric up to rounding
 * Cost: k products with the Hessians of all samples.
 */
export function sampleBlocks(network: Network, mirror: Mirror, { on, rows }: { on: Parameters; rows: Rows }): readonly Matrix[] {
  const k = mirror.o.columns
  const columns = Array.from({ length: k }, (_, j) =>
    sampleProducts(network, on, { rows, v: directionOf(mirror, on, unit(k, j)) }).map((product) => alongNormal(mirror, product)),
  )
  return (columns[0] ?? []).map((_, i) => ({
    rows: k,
    columns: k,
    values: Float64Array.from({ length: k * k }, (__, place) => columns[place % k]?.[i]?.[Math.floor(place / k)] ?? Number.NaN),
  }))
}

/** Os as a direction of all that is trained. */
function directionOf(mirror: Mirror, like: Parameters, s: Float64Array): Parameters {
  const zero = Object.fromEntries(Object.entries(like).map(([name, values]) => [name, new Float64Array(values.length)]))
  return replace(zero, mirror, matrixTimes(mirror.o, s))
}

function alongNormal(mirror: Mirror, product: Parameters): Float64Array {
  return transposeTimes(mirror.o, restrict(product, mirror))
}

function unit(length: number, place: number): Float64Array {
  const vector = new Float64Array(length)
  vector[place] = 1
  return vector
}
