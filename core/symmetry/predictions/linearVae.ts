/**
 * Posterior collapse of the linear β-VAE, for its squared decoder weights. Several rows of variances act as their mean, for the loss is linear in them.
 * Under weight decay no closed form is known: nothing is said.
 * Source: theory.md 8.15.
 */
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { betaVae, betaVaeMinimum, type Dimension } from '../oracles/betaVae.ts'
import type { Boundary } from './boundary.ts'
import { decaysOf, isPlain, orUnknown, type Oracle } from './prediction.ts'

export const linearVaeOracle: Oracle = {
  kind: 'linear-vae',
  ...betaVae,
  speaksOf: (trained) =>
    isPlain(trained) &&
    trained.loss.kind === 'energy' &&
    trained.optimiser.batch === 'full' &&
    trained.model.kind === 'linear-vae' &&
    trained.reparametrise.length === 0 &&
    decaysOf(trained, ['u', 'w', 'logVariance']).every((decay) => decay === 0),
  predict({ trained: { model }, data: { x } }) {
    const { beta, noise } = model.kind === 'linear-vae' ? model : { beta: Number.NaN, noise: Number.NaN }
    const dimensions = [...meanRow(x)].map((variance) => ({ variance, beta, decoderVariance: noise ** 2 }))
    const vector = orUnknown(x.columns, () => Float64Array.from(dimensions, (dimension) => betaVaeMinimum(dimension).uSquared))
    const margin = vector.map((value, i) => (value === 0 ? collapseRate(dimensions[i], x.rows) : Number.NaN))
    return { oracle: betaVae.number, vector, margin }
  },
}

/** Every dimension is collapsed iff βs² ≥ the largest variance λ₁: βs² − λ₁. Source: theory.md 8.15. */
export const linearVaeBoundary: Boundary = {
  kind: linearVaeOracle.kind,
  number: linearVaeOracle.number,
  title: linearVaeOracle.title,
  speaksOf: (trained) => linearVaeOracle.speaksOf(trained),
  criterionOn({ x }) {
    const largest = Math.max(...meanRow(x))
    return ({ model }) => (model.kind === 'linear-vae' ? model.beta * model.noise ** 2 - largest : Number.NaN)
  },
}

function meanRow({ rows, columns, values }: Matrix): Float64Array {
  return Float64Array.from({ length: columns }, (_, j) => {
    let total = 0
    for (let i = 0; i < rows; i += 1) total += values[i * columns + j] ?? Number.NaN
    return total / rows
  })
}

/** Half of the smaller eigenvalue of [[1, −λ], [−λ, βλs²]]/s², the curvature at u = w = 0, τ = 1: u² falls as e^{−2η·eigenvalue·t}. */
function collapseRate(dimension: Dimension | undefined, rows: number): number {
  const { variance, beta, decoderVariance } = dimension ?? { variance: Number.NaN, beta: Number.NaN, decoderVariance: Number.NaN }
  const held = beta * variance * decoderVariance
  return (rows * (1 + held - Math.hypot(1 - held, 2 * variance))) / (4 * decoderVariance)
}
