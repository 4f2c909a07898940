/** The order in which a correlation matrix shows its blocks: average-linkage clustering on 1 − |r|. */
import { Refusal } from '#core/contract/errors.ts'
import { requireMatrix, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { requireFinite } from '#core/numerics/require.ts'

/** Two clusters that became one: each is named by its first unit, and `first` < `second`. */
export interface Merge {
  readonly first: number
  readonly second: number
  readonly distance: number
}

/**
 * Units in the order of the leaves of an average-linkage tree.
 *
 *   d_ij = 1 − |r_ij|;   d(A, B) = Σ_{i∈A, j∈B} d_ij / (|A| |B|)
 *
 * The two nearest clusters become one until one is left; the cluster with the smaller first unit stands in front. Of equal distances the pair
 * with the smaller first unit comes first, then the one with the smaller second unit. The sums of d are kept, not the averages, so that
 * distances that are equal as fractions of representable numbers compare equal.
 *
 * @param correlation  [n, n], symmetric, float64, finite; only entries above the diagonal are read
 * @returns            order: [n] a permutation of the units; merges: [max(0, n − 1)] with distances that never fall but by rounding
 * Accuracy: an average of k terms has relative error k · 2⁻⁵³.
 * Cost: n² numbers of memory; n² time where few units have the same nearest neighbour, n³ at worst. Measured for 512 units on one core of Node 24:
 *   below 0.1 s for correlations of random data, 0.4 s for a chain in which every merge is the nearest neighbour of all.
 * Fails: 'invalid-input' if the matrix is not square or an entry is NaN or ±∞.
 * Source: Sokal and Michener 1958 (UPGMA); the search with remembered neighbours is Anderberg's, 1973.
 */
export function averageLinkage(correlation: Matrix): { readonly order: readonly number[]; readonly merges: readonly Merge[] } {
  requireMatrix('averageLinkage: correlation', correlation)
  requireFinite('averageLinkage: correlation', correlation.values)
  if (correlation.rows !== correlation.columns) {
    throw new Refusal(
      'invalid-input',
      `averageLinkage: correlation: expected a square matrix, got ${correlation.rows} × ${correlation.columns}`,
    )
  }
  const state = start(correlation)
  const leaves = new Map(state.alive.map((unit) => [unit, [unit]]))
  const merges: Merge[] = []
  while (state.alive.length > 1) {
    const merge = nearestPair(state)
    merges.push(merge)
    leaves.set(merge.first, [...(leaves.get(merge.first) ?? []), ...(leaves.get(merge.second) ?? [])])
    join(state, merge)
  }
  return { order: leaves.get(0) ?? [], merges }
}

type State = {
  readonly n: number
  readonly sums: Float64Array // [n, n], Σ d over the pairs of two clusters, in both triangles
  readonly sizes: Float64Array // [n]
  readonly nearest: Int32Array // [n], the nearest cluster behind this one; −1 for none
  readonly distance: Float64Array // [n], to it
  alive: readonly number[] // ascending
}

function start({ rows: n, values }: Matrix): State {
  const sums = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const apart = 1 - Math.abs(at(values, i * n + j))
      sums[i * n + j] = apart
      sums[j * n + i] = apart
    }
  }
  const alive = Array.from({ length: n }, (_, unit) => unit)
  const state = { n, sums, sizes: new Float64Array(n).fill(1), nearest: new Int32Array(n), distance: new Float64Array(n), alive }
  for (const unit of alive) findNearest(state, unit)
  return state
}

function between({ n, sums, sizes }: State, i: number, j: number): number {
  return at(sums, i * n + j) / (at(sizes, i) * at(sizes, j))
}

/** Looks behind the cluster alone: every pair is remembered once, by its first. */
function findNearest(state: State, i: number): void {
  state.nearest[i] = -1
  state.distance[i] = Number.POSITIVE_INFINITY
  for (const j of state.alive) {
    if (j <= i) continue
    const apart = between(state, i, j)
    if (apart >= at(state.distance, i)) continue
    state.nearest[i] = j
    state.distance[i] = apart
  }
}

function nearestPair({ alive, nearest, distance }: State): Merge {
  let best: Merge = { first: -1, second: -1, distance: Number.POSITIVE_INFINITY }
  for (const first of alive) {
    const apart = at(distance, first)
    if (apart < best.distance) best = { first, second: nearest[first] ?? -1, distance: apart }
  }
  return best
}

/** The second cluster goes into the first. Only clusters whose nearest was one of the two, or is now the first, look again. */
function join(state: State, { first, second }: Merge): void {
  const { n, sums, sizes } = state
  state.alive = state.alive.filter((unit) => unit !== second)
  for (const k of state.alive) {
    const sum = at(sums, first * n + k) + at(sums, second * n + k)
    sums[first * n + k] = sum
    sums[k * n + first] = sum
  }
  sizes[first] = at(sizes, first) + at(sizes, second)
  for (const k of state.alive) {
    const nearest = state.nearest[k] ?? -1
    if (k === first || nearest === first || nearest === second) findNearest(state, k)
    else if (k < first) offer(state, k, first)
  }
}

/** The grown cluster may now be nearer to k than the one remembered: as it got no nearer than the nearer of its halves, only by a tie or rounding. */
function offer(state: State, k: number, first: number): void {
  const apart = between(state, k, first)
  const known = at(state.distance, k)
  if (apart > known || (apart === known && (state.nearest[k] ?? -1) < first)) return
  state.nearest[k] = first
  state.distance[k] = apart
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
