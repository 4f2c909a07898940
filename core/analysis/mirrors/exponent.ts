/**
 * Whether the noise of plain SGD pulls to a mirror: the Lyapunov exponent of s ← s − λ(Ĥ(x_t) + 2γI)s just off it.
 *
 *   s → 0 in probability iff Λ < 0;   rank 1: Λ = E log|1 − λ(h(x) + 2γ)|
 *
 * Ĥ(x_t) is the block of a step's batch: a mean or sum of samples' blocks, each with a part that is linear in the noise on its labels. Where all blocks share their
 * eigenvectors each direction is a case of rank 1, and the exponents are told apart; else the largest is measured on a product of random matrices. Of momentum and of
 * optimisers with a memory this says nothing.
 * Source: theory.md 2.3, 8.8, section 9 (Λ).
 */
import { Refusal } from '#core/contract/errors.ts'
import { labelDraws, type LabelNoiseName } from '#core/learning/noise/labelNoise.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { matrixProduct, matrixTimes, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { symmetricEigen } from '#core/numerics/linalg/symmetricEigen.ts'
import { maxAbs, norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal, drawUniform } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { symmetrise, type Mirror } from '#core/symmetry/mirror.ts'
import { lyapunovExponent } from '#core/symmetry/oracles/lyapunov.ts'
import { isOneSample, type Network, type Rows } from './network.ts'
import { sampleBlocks } from './threshold.ts'

/** What of a study moves θ near a mirror, with plain SGD. */
export type NoisySteps = {
  readonly learningRate: number
  readonly weightDecay: number
  readonly batch: number | 'full'
  readonly labelNoise: { readonly kind: LabelNoiseName; readonly std: number } | null
}

export type Exponent = {
  readonly value: number // Λ per step, the largest
  readonly standardError: number // of the estimator; 0 for a closed form or a whole mean
  /** exact: a closed form or the mean over all that can happen; draws: a mean over random batches and labels; product: of random matrices, renormalised each step. */
  readonly estimator: 'exact' | 'draws' | 'product of matrices'
  readonly count: number // draws or steps of it; 0 where exact
  /** Of each common direction, in decreasing order; null where blocks share none. */
  readonly directions: readonly number[] | null
}

const draws = 20_000
const mostWork = 2e8 // multiplications of a simulation; bounds its steps
const commuting = 1e-9 // relative to the largest entry: rounding of blocks is far below it

/**
 * The largest Lyapunov exponent of a mirror under the noise of a study, at the nearest point θ̄ on it.
 *
 * @param theta  where the network is; held still at θ̄: what training does along the mirror is not followed
 * @param rows   all of the training data
 * @param steps  λ > 0, γ ≥ 0; a batch is drawn without replacement
 * @param key    of this purpose alone
 * @returns      per step; −∞ if a step lands on the mirror, or what rounding leaves of it, below −30
 * Accuracy: exact: that of the blocks; else `standardError`, of a product from 20 parts of the path.
 * Cost: (1 + outputs, with noisy labels) · k products with the Hessians of all samples; 20,000 draws, or steps of k² · batch multiplications (2e8 at most).
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 2.3; 8.8 for the closed forms; Furstenberg & Kesten 1960 for the product.
 */
export function mirrorExponent(
  network: Network,
  mirror: Mirror,
  { theta, rows, steps, key }: { theta: Parameters; rows: Rows; steps: NoisySteps; key: Key },
): Exponent {
  requireSteps(steps, rows)
  const on = symmetrise(theta, mirror)
  const blocks = sampleBlocks(network, mirror, { on, rows })
  const slopes = steps.labelNoise === null || isOneSample(network) ? blocks.map(() => []) : slopesOf(network, mirror, { on, rows, blocks })
  const batch = steps.batch === 'full' || isOneSample(network) ? blocks.length : Math.min(steps.batch, blocks.length)
  const isSum = network.loss.kind.kind === 'sse' || isOneSample(network)
  const weight = isSum ? 1 : 1 / batch
  const isWhole = batch === blocks.length // then every step sees their sum, and each label's noise
  const process: Process = isWhole
    ? { blocks: [sumOf(blocks)], slopes: [slopes.flat()], batch: 1, weight, steps }
    : { blocks, slopes, batch, weight, steps }
  const basis = commonBasis([...process.blocks, ...process.slopes.flat()], split(key, 'basis'))
  if (basis === null) return productExponent(process, key)
  const each = Array.from({ length: basis.columns }, (_, j) => alongOne(process, columnOf(basis, j), key))
  const [first, ...rest] = each.toSorted((a, b) => b.value - a.value)
  if (first === undefined) throw new Refusal('invalid-input', 'mirrorExponent: mirror: expected a normal, got a mirror of rank 0')
  return { ...first, directions: [first, ...rest].map(({ value }) => value) }
}

/** Blocks of samples and, of each, what one unit on each label adds; a batch, and what its sum is multiplied by. */
type Process = {
  readonly blocks: readonly Matrix[]
  readonly slopes: readonly (readonly Matrix[])[]
  readonly batch: number
  readonly weight: number
  readonly steps: NoisySteps
}

/** ∂Ĥ(x_i)/∂y_ic for each output c: the Hessian of every loss here is affine in the labels, so that one difference is exact. */
function slopesOf(
  network: Network,
  mirror: Mirror,
  { on, rows, blocks }: { on: Parameters; rows: Rows; blocks: readonly Matrix[] },
): readonly (readonly Matrix[])[] {
  const { y } = rows
  const each = Array.from({ length: y.columns }, (_, c) => {
    const moved = { ...y, values: y.values.map((value, i) => (i % y.columns === c ? value + 1 : value)) }
    const there = sampleBlocks(network, mirror, { on, rows: { ...rows, y: moved } })
    return there.map((block, i) => ({
      ...block,
      values: block.values.map((value, place) => value - (blocks[i]?.values[place] ?? Number.NaN)),
    }))
  })
  return blocks.map((_, i) => each.flatMap((of) => of[i] ?? []))
}

/** Eigenvectors of a random combination, if they are those of every matrix; null otherwise. */
function commonBasis(matrices: readonly Matrix[], key: Key): Matrix | null {
  const [first] = matrices
  if (first === undefined) throw new Refusal('invalid-input', 'mirrorExponent: rows: expected at least one sample, got none')
  const weights = drawNormal(key, matrices.length)
  const largest = matrices.reduce((most, { values }) => Math.max(most, maxAbs(values)), 0)
  const values = first.values.map((_, place) =>
    matrices.reduce((sum, matrix, i) => sum + (weights[i] ?? 0) * (matrix.values[place] ?? 0), 0),
  )
  const symmetric = values.map(
    (value, place) => (value + (values[(place % first.rows) * first.rows + Math.floor(place / first.rows)] ?? 0)) / 2,
  )
  const { vectors } = symmetricEigen({ ...first, values: symmetric })
  const across = transposed(vectors)
  const isShared = matrices.every((matrix) => {
    const turned = matrixProduct(across, matrixProduct(matrix, vectors)).values
    return turned.every((value, place) => place % (first.rows + 1) === 0 || Math.abs(value) <= commuting * largest)
  })
  return isShared ? vectors : null
}

/** A direction that every block keeps: h of each sample and its slopes, numbers. */
function alongOne({ blocks, slopes, batch, weight, steps }: Process, v: Float64Array, key: Key): Exponent {
  const along = (matrix: Matrix) => matrixTimes(matrix, v).reduce((sum, value, i) => sum + value * (v[i] ?? 0), 0)
  const h = blocks.map(along)
  const g = slopes.map((of) => of.map(along))
  const { learningRate, weightDecay, labelNoise } = steps
  const factor = (curvature: number) => 1 - learningRate * (curvature + 2 * weightDecay)
  const exact = (value: number): Exponent => ({ value, standardError: 0, estimator: 'exact', count: 0, directions: null })
  const isQuiet = labelNoise === null || labelNoise.std === 0 || g.every((of) => of.every((value) => value === 0))
  if (batch === 1) {
    // all that can happen: each sample alone, or all as one
    const cases = h.map((value, i) => ({ value, noise: g[i] ?? [] }))
    const logs = cases.map(
      ({ value, noise }) =>
      isQuiet ? Math.log(Math.abs(factor(weight * value))) : closedForm(labelNoise.kind, factor(weight * value), noise.map((one) => learningRate * weight * labelNoise.std * one)), // prettier-ignore
    )
    if (logs.every((value) => value !== null)) return exact(total(logs) / logs.length)
  }
  const random = batchesOf({ blocks, slopes, batch, weight, steps }, key)
  const logs = Float64Array.from({ length: draws }, (_, t) => {
    const { rows, labels } = random(t)
    const curvature = rows.reduce((sum, i, place) => sum + (h[i] ?? 0) + (g[i] ?? []).reduce((so, one, c) => so + one * (labels[place * (g[i]?.length ?? 0) + c] ?? 0), 0), 0) // prettier-ignore
    return Math.log(Math.abs(factor(weight * curvature)))
  })
  const value = total(logs) / draws
  const variance = logs.reduce((sum, one) => sum + (one - value) ** 2, 0) / (draws - 1)
  return { value, standardError: Math.sqrt(variance / draws), estimator: 'draws', count: draws, directions: null }
}

/** E log|μ + Σ_c h_c ξ_c|: of Gaussian noise, whose sum is Gaussian, and of one term of any law; else null. */
function closedForm(law: LabelNoiseName, mu: number, terms: readonly number[]): number | null {
  if (law === 'gaussian') return lyapunovExponent('gaussian', mu, norm(Float64Array.from(terms)))
  const [only, ...more] = terms.filter((term) => term !== 0)
  if (more.length > 0) return null
  return lyapunovExponent(law, mu, (only ?? 0) * (law === 'uniform' ? Math.sqrt(3) : 1))
}

/** The samples of step t, all different, and the noise sξ on each of their labels. */
function batchesOf(
  { blocks, slopes, batch, steps }: Process,
  key: Key,
): (t: number) => { readonly rows: readonly number[]; readonly labels: Float64Array } {
  const outputs = slopes[0]?.length ?? 0
  const order = blocks.map((_, i) => i)
  const { labelNoise } = steps
  const [rowKey, labelKey] = [split(key, 'rows'), split(key, 'labels')]
  return (t) => {
    if (batch < order.length) {
      const u = drawUniform(rowKey, batch, t)
      for (let i = 0; i < batch; i += 1) {
        const j = i + Math.floor((u[i] ?? 0) * (order.length - i)) // the first steps of a shuffle, from whatever order stands
        const kept = order[i] ?? 0
        order[i] = order[j] ?? 0
        order[j] = kept
      }
    }
    const labels = labelNoise === null || outputs === 0 ? new Float64Array() : labelDraws[labelNoise.kind](labelKey, batch * outputs, t).map((z) => labelNoise.std * z) // prettier-ignore
    return { rows: order.slice(0, batch), labels }
  }
}

/** The largest exponent of the product, after a first third that is left out; its error from 20 parts of the rest. */
function productExponent(process: Process, key: Key): Exponent {
  const { blocks, slopes, batch, weight, steps } = process
  const k = blocks[0]?.rows ?? 0
  const each = batch * k * k * (1 + (slopes[0]?.length ?? 0))
  const count = Math.max(1_200, Math.min(30_000, Math.floor(mostWork / Math.max(1, each))))
  const random = batchesOf(process, key)
  const start = drawNormal(split(key, 'start'), k)
  let s = start.map((value) => value / norm(start))
  const logs = Float64Array.from({ length: count }, (_, t) => {
    const { rows, labels } = random(t)
    const pull = new Float64Array(k)
    const addTimes = (matrix: Matrix | undefined, by: number) => {
      for (let r = 0; r < k; r += 1) for (let c = 0; c < k; c += 1) pull[r] = (pull[r] ?? 0) + by * (matrix?.values[r * k + c] ?? Number.NaN) * (s[c] ?? 0) // prettier-ignore
    }
    for (const [place, i] of rows.entries()) {
      addTimes(blocks[i], weight)
      for (const [c, slope] of (slopes[i] ?? []).entries()) addTimes(slope, weight * (labels[place * (slopes[i]?.length ?? 0) + c] ?? 0))
    }
    const next = s.map((value, r) => value - steps.learningRate * ((pull[r] ?? 0) + 2 * steps.weightDecay * value))
    const size = norm(next)
    if (size > 0) s = next.map((value) => value / size)
    return Math.log(size)
  })
  const kept = logs.subarray(Math.floor(count / 3))
  const parts = Array.from({ length: 20 }, (_, i) => {
    const part = kept.subarray(Math.floor((i * kept.length) / 20), Math.floor(((i + 1) * kept.length) / 20))
    return total(part) / part.length
  })
  const value = total(kept) / kept.length
  const variance = parts.reduce((sum, part) => sum + (part - value) ** 2, 0) / 19
  return { value, standardError: Math.sqrt(variance / 20), estimator: 'product of matrices', count, directions: null }
}

function sumOf(matrices: readonly Matrix[]): Matrix {
  const [first, ...rest] = matrices
  if (first === undefined) throw new Refusal('invalid-input', 'mirrorExponent: rows: expected at least one sample, got none')
  return {
    ...first,
    values: first.values.map((value, place) => rest.reduce((sum, { values }) => sum + (values[place] ?? Number.NaN), value)),
  }
}

function total(values: readonly number[] | Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

function columnOf({ rows, columns, values }: Matrix, j: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => values[i * columns + j] ?? Number.NaN)
}

function requireSteps({ learningRate, weightDecay, batch }: NoisySteps, { x }: Rows): void {
  if (!(learningRate > 0 && Number.isFinite(learningRate)))
    throw new Refusal('invalid-input', `mirrorExponent: learningRate: expected a positive number, got ${learningRate}`)
  if (!(weightDecay >= 0 && Number.isFinite(weightDecay)))
    throw new Refusal('invalid-input', `mirrorExponent: weightDecay: expected a number ≥ 0, got ${weightDecay}`)
  if (batch !== 'full' && !(Number.isSafeInteger(batch) && batch >= 1))
    throw new Refusal('invalid-input', `mirrorExponent: batch: expected full or a whole number ≥ 1, got ${batch}`)
  if (x.rows === 0) throw new Refusal('invalid-input', 'mirrorExponent: rows: expected at least one sample, got none')
}
