/** Do two groups differ in mean, with no assumption about how the values are distributed? */
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'
import { permutation } from '#core/numerics/random/draw.ts'
import type { Key } from '#core/numerics/random/key.ts'
import { requireFinite } from '#core/numerics/require.ts'
import type { Sample } from './moments.ts'

/** `permutations` counts the splits that were looked at: all of them when `exact`. */
export interface PermutationResult {
  readonly p: number
  readonly permutations: number
  readonly exact: boolean
}

const mostSplits = 20_000 // up to here every split is counted
const draws = 9_999 // beyond, so that p is a multiple of 1/10,000

/**
 * The two-sided permutation test of the absolute difference of means.
 *
 *   exact:  p = #{splits: |d| ≥ |d_observed|} / C(n + m, n), the observed split among them
 *   random: p = (1 + #{draws: |d| ≥ |d_observed|}) / (1 + 9,999)
 *
 * Under the hypothesis that the labels mean nothing, P(p ≤ α) ≤ α for every α, in both cases: the random p is slightly too large, never 0.
 * The pooled values are sorted first, so that p depends on the groups' contents and not on their order, and swapping a and b leaves it.
 *
 * Ties: with T the pooled sum, |d| grows with |S − kT/(n + m)|, S the sum of the smaller group, k its size; two splits count as tied when
 * these differ by at most 4(n + m) · 2⁻⁵³ · Σ|x|. That bounds the rounding of both sums and of the values themselves (0.1 + 0.2 against
 * 0.3), so that a split which is tied on paper is never lost, and it is far below any difference that float64 values could show.
 *
 * @param a    [n], float64, finite
 * @param b    [m], float64, finite
 * @param key  used only when the splits are drawn
 * @returns    p ≥ 1 / C(n + m, n), or ≥ 1e-4; null if n < 2 or m < 2: one seed gives no test
 * Accuracy: exact p is a ratio of counts; a random one has standard error √(p(1 − p) / 9,999).
 * Cost: min(C(n + m, n), 9,999) · (n + m).
 * Fails: 'invalid-input' if a value is NaN or ±∞.
 * Source: Fisher, "The design of experiments", 1935; the estimator is that of Phipson and Smyth, "Permutation p-values should never be zero", 2010.
 */
export function permutationTest(a: Sample, b: Sample, key: Key): PermutationResult | null {
  requireFinite('permutationTest: a', a)
  requireFinite('permutationTest: b', b)
  if (a.length < 2 || b.length < 2) return null
  const { pool, observed } = pooled(a, b)
  const size = Math.min(a.length, b.length)
  const expected = (sum(pool) * size) / pool.length
  const tolerance = 4 * pool.length * 2 ** -53 * sum(pool.map(Math.abs))
  const threshold = Math.abs(observed - expected) - tolerance
  const isExtreme = (subsetSum: number): boolean => Math.abs(subsetSum - expected) >= threshold

  const splits = binomial(pool.length, size, mostSplits)
  if (splits <= mostSplits) return { p: countSubsets(pool, size, isExtreme) / splits, permutations: splits, exact: true }
  let extreme = 0
  for (let draw = 0; draw < draws; draw++) {
    let subsetSum = 0
    for (const index of permutation(key, pool.length, draw).subarray(0, size)) subsetSum += pool[index] ?? Number.NaN
    if (isExtreme(subsetSum)) extreme += 1
  }
  return { p: (extreme + 1) / (draws + 1), permutations: draws, exact: false }
}

/** The values of both groups, sorted and scaled by a power of two so that no sum overflows, and the scaled sum of the smaller group. */
function pooled(a: Sample, b: Sample): { pool: Float64Array; observed: number } {
  const pool = Float64Array.from([...a, ...b]).sort()
  const largest = Math.max(Math.abs(pool[0] ?? Number.NaN), Math.abs(pool[pool.length - 1] ?? Number.NaN))
  const scale = largest === 0 ? 1 : powerOfTwoScale(largest)
  const smaller = a.length <= b.length ? a : b
  return { pool: pool.map((value) => value / scale), observed: sum(Float64Array.from(smaller, (value) => value / scale)) }
}

/** How many subsets of `size` values have a sum that counts as extreme. */
function countSubsets(pool: Float64Array, size: number, isExtreme: (sum: number) => boolean): number {
  const visit = (start: number, left: number, subsetSum: number): number => {
    if (left === 0) return isExtreme(subsetSum) ? 1 : 0
    let count = 0
    for (let i = start; i <= pool.length - left; i++) count += visit(i + 1, left - 1, subsetSum + (pool[i] ?? Number.NaN))
    return count
  }
  return visit(0, size, 0)
}

/** C(n, k), exact; any number above `limit` once it is passed. */
function binomial(n: number, k: number, limit: number): number {
  let count = 1
  for (let i = 1; i <= k && count <= limit; i++) count = (count * (n - k + i)) / i // whole after every step
  return count
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}
