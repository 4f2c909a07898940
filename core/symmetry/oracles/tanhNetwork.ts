/**
 * The worked example 2.5: local thresholds of the mirrors of a tanh network, in closed form.
 *
 *   f(x) = Σ_i u_i tanh(w_iᵀx),  ℓ = E(f − y)²,  γ_loc = −½ λ_min(Ĥ), Ĥ the Hessian's block in the mirror's directions, at the mirror
 *
 * Above γ_loc the mirror is locally stable. Blocks hold residual terms only: at zero residual any decay is enough.
 */
import { Refusal } from '#core/contract/errors.ts'
import { matrixTimes, requireMatrix, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { requireFinite, requireLength, requireWhole } from '#core/numerics/require.ts'
import { requireNonNegative, requireReal } from './inputs.ts'
import { symmetricPairs } from './singularTriplets.ts'

export const tanhNetwork = { number: '2.5', title: { en: 'Mirrors of a tanh network', ja: 'tanh ネットワークの鏡映' } } as const

/** Samples x [n, d], y [n] and parameters u [h], w [h, d]: row i of w feeds neuron i. */
export type TanhNetwork = { readonly x: Matrix; readonly y: Float64Array; readonly u: Float64Array; readonly w: Matrix }

/**
 * The residual of a network on its samples.
 *
 *   f(x_k) − y_k
 *
 * @param network  see `TanhNetwork`; float64, finite; h = 0 is the zero network
 * @returns        [n]
 * Cost: n h d.
 * Fails: 'invalid-input' if a size disagrees or an entry is not finite.
 * Source: theory.md 2.5.
 */
export function tanhResidual(network: TanhNetwork): Float64Array {
  requireNetwork('tanhResidual', network)
  const { x, y, u } = network
  const residual = y.map((value) => -value)
  for (const [i, outgoing] of u.entries()) {
    for (const [k, z] of matrixTimes(x, row(network.w, i)).entries()) residual[k] = (residual[k] ?? Number.NaN) + outgoing * Math.tanh(z)
  }
  return residual
}

/** E(f − y)², the mean over the samples; NaN without samples. Fails as `tanhResidual`. */
export function tanhLoss(network: TanhNetwork): number {
  const residual = tanhResidual(network)
  return residual.reduce((sum, value) => sum + value * value, 0) / residual.length
}

/**
 * The local threshold of the sign mirror of one neuron: from which decay on a dead neuron stays dead.
 *
 *   the block at u_i = 0, w_i = 0 is [[0, cᵀ], [c, 0]], c = 2E[(f − y)x], eigenvalues ±‖c‖ and 0;   γ_loc = ½‖c‖ = ‖E[(f − y)x]‖
 *
 * @param network  see `TanhNetwork`, at least one sample
 * @param neuron   i whole, 0 ≤ i < h; it is put to 0 first (θ̄), whatever it is; null for a neuron beside those of the network, for instance
 *                 any neuron of a zero network given as h = 0
 * @returns        c [d] and γ_loc ≥ 0
 * Accuracy: n · 2⁻⁵² of the mean of |f − y|‖x‖.
 * Fails: 'invalid-input' if a size disagrees, an entry is not finite, or there is no such neuron or no sample.
 * Source: theory.md 2.5.
 */
export function deadNeuronThreshold(network: TanhNetwork, neuron: number | null): { readonly c: Float64Array; readonly threshold: number } {
  requireNetwork('deadNeuronThreshold', network)
  requireSamples('deadNeuronThreshold', network)
  if (neuron !== null) requireNeuron('deadNeuronThreshold: neuron', neuron, network)
  const alive = { ...network, u: network.u.map((value, i) => (i === neuron ? 0 : value)) }
  const n = network.x.rows
  const c = transposeTimes(network.x, tanhResidual(alive)).map((value) => (2 * value) / n)
  return { c, threshold: norm(c) / 2 }
}

/**
 * The block of the permutation mirror of two neurons, and its local threshold.
 *
 *   at θ_i = θ_j = (u, w):   Ĥ = 2E[(f − y)·[[0, σ'xᵀ], [σ'x, uσ''xxᵀ]]],  σ' = 1 − tanh²(wᵀx),  σ'' = −2tanh(wᵀx)σ'
 *
 * @param network  see `TanhNetwork`, at least one sample
 * @param pair     two different neurons; both are put to their mean first (θ̄)
 * @returns        block [1 + d, 1 + d], the outgoing weight first; eigenvalues in decreasing order; γ_loc = −½λ_min, below 0 where the mirror
 *                 is stable without decay
 * Accuracy: absolute, d · 2⁻⁵⁰ · ‖Ĥ‖ for the eigenvalues.
 * Fails: 'invalid-input' if a size disagrees, an entry is not finite, or there are no such neurons or no sample.
 * Source: theory.md 2.5, 1.6e.
 */
export function permutationBlock(
  network: TanhNetwork,
  [first, second]: readonly [number, number],
): { readonly block: Matrix; readonly eigenvalues: Float64Array; readonly threshold: number } {
  requireNetwork('permutationBlock', network)
  requireSamples('permutationBlock', network)
  requireNeuron('permutationBlock: pair', first, network)
  requireNeuron('permutationBlock: pair', second, network)
  if (first === second) throw new Refusal('invalid-input', `permutationBlock: pair: expected two different neurons, got ${first} twice`)
  const tied = tie(network, [first, second])
  const block = relativeBlock(tied, first)
  const eigenvalues = Float64Array.from(symmetricPairs(block), ({ value }) => value)
  return { block, eigenvalues, threshold: -(eigenvalues.at(-1) ?? Number.NaN) / 2 }
}

/** θ̄ of the swap: both neurons at their mean. */
function tie({ x, y, u, w }: TanhNetwork, [i, j]: readonly [number, number]): TanhNetwork {
  const mean = (a: number | undefined, b: number | undefined): number => (a ?? Number.NaN) / 2 + (b ?? Number.NaN) / 2
  const [p, q] = [row(w, i), row(w, j)]
  const values = w.values.slice()
  for (const neuron of [i, j])
    values.set(
      p.map((value, k) => mean(value, q[k])),
      neuron * w.columns,
    )
  return { x, y, u: u.map((value, k) => (k === i || k === j ? mean(u[i], u[j]) : value)), w: { ...w, values } }
}

function relativeBlock(network: TanhNetwork, neuron: number): Matrix {
  const { x, u, w } = network
  const size = x.columns + 1
  const values = new Float64Array(size * size)
  const outgoing = u[neuron] ?? Number.NaN
  const inputs = matrixTimes(x, row(w, neuron))
  for (const [k, residual] of tanhResidual(network).entries()) {
    const output = Math.tanh(inputs[k] ?? Number.NaN)
    const slope = 1 - output * output
    const sample = row(x, k)
    const weight = (2 * residual) / x.rows
    const extended = [Number.NaN, ...sample] // one place for the outgoing weight
    for (let place = size; place < values.length; place += 1) {
      const [r, c] = [Math.floor(place / size), place % size]
      const xr = extended[r] ?? Number.NaN
      const term = c === 0 ? slope * xr : outgoing * -2 * output * slope * xr * (extended[c] ?? Number.NaN)
      values[place] = (values[place] ?? Number.NaN) + weight * term
    }
  }
  for (let c = 1; c < size; c += 1) values[c] = values[c * size] ?? Number.NaN
  return { rows: size, columns: size, values }
}

/**
 * How fast the distance to a mirror grows just off it, per plain step.
 *
 *   log(1 − η(λ_min + 2γ)) = log(1 − 2η(γ − γ_loc))
 *
 * @returns  per step; < 0 where the mirror attracts; NaN if 2η(γ − γ_loc) > 1
 * Accuracy: first order in the distance.
 * Fails: 'invalid-input' if a number is not finite, or η or γ is negative.
 * Source: theory.md 2.5 D and E.
 */
export function growthPerStep({
  learningRate,
  weightDecay,
  threshold,
}: {
  readonly learningRate: number
  readonly weightDecay: number
  readonly threshold: number
}): number {
  requireNonNegative('growthPerStep: learningRate', learningRate)
  requireNonNegative('growthPerStep: weightDecay', weightDecay)
  requireReal('growthPerStep: threshold', threshold)
  return Math.log1p(-2 * learningRate * (weightDecay - threshold))
}

function row({ columns, values }: Matrix, i: number): Float64Array {
  return values.subarray(i * columns, (i + 1) * columns)
}

function requireNetwork(name: string, { x, y, u, w }: TanhNetwork): void {
  requireMatrix(`${name}: x`, x)
  requireMatrix(`${name}: w`, w)
  requireLength(`${name}: y`, y, x.rows)
  requireLength(`${name}: w`, w.values, u.length * x.columns)
  for (const [field, values] of Object.entries({ x: x.values, y, u, w: w.values })) requireFinite(`${name}: ${field}`, values)
}

function requireSamples(name: string, { x }: TanhNetwork): void {
  if (x.rows === 0) throw new Refusal('invalid-input', `${name}: x: expected at least one sample, got none`)
}

function requireNeuron(name: string, neuron: number, { u }: TanhNetwork): void {
  requireWhole(name, neuron)
  if (neuron >= u.length) throw new Refusal('invalid-input', `${name}: expected a neuron below ${u.length}, got ${neuron}`)
}
