/**
 * Oracle 10.1: gradient noise attracts a neuron to 0 only if it has few dimensions. In three and more it repels.
 *
 *   s_{t+1} = (I + 2λ[[0, zᵀ], [z, 0]])s_t, s = (u, w), z isotropic of deviation σ in each of d coordinates:   Λ_max = (2λσ)² C(d)
 */
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { requireWhole } from '#core/numerics/require.ts'
import { requireNonNegative, requirePositive } from './inputs.ts'

export const noiseDimension = { number: '10.1', title: { en: 'Noise dimension', ja: 'ノイズの次元' } } as const

/**
 * The constant of the largest Lyapunov exponent under isotropic noise.
 *
 *   C(1) = −½;   C(d) = ((d − 2)/2) E[tanh²φ],  density of φ ∝ cosh^{d−1}φ · exp(−(d − 1)cosh²φ/2)
 *
 * φ is how far u² outweighs or falls short of ‖w‖², as a hyperbolic angle.
 *
 * @param dimension  d whole ≥ 1
 * @returns          −½ at d = 1, 0 at d = 2, > 0 from 3 on; grows as √d
 * Accuracy: relative 1e-12 (trapezoids of a smooth density that ends in e^{−745}); the handbook asks 1e-6.
 * Fails: 'invalid-input' if d is no count.
 * Source: theory.md 10.1. At d = 1 the two exponents are equal and a simulated joint norm shows more than −½.
 */
export function noiseConstant(dimension: number): number {
  requireWhole('noiseConstant: dimension', dimension, 1)
  if (dimension === 1) return -0.5
  const k = dimension - 1
  // (d − 1)(log cosh φ − sinh²φ/2) falls as −(d − 1)φ⁴/4 at first, as −(d − 1)e^{2φ}/8 later: beyond `last` nothing is left
  const last = Math.min(4.6, 1.2 * ((4 * 745) / k) ** 0.25)
  let [mass, moment] = [0.5, 0] // the end at φ = 0 counts half
  for (let i = 1; i <= 2_000; i += 1) {
    const phi = (last * i) / 2_000
    const square = Math.sinh(phi) ** 2
    const weight = Math.exp(k * (0.5 * Math.log1p(square) - square / 2))
    mass += weight
    moment += weight * (square / (1 + square))
  }
  return ((dimension - 2) / 2) * (moment / mass)
}

/** λ ≥ 0, the deviation σ ≥ 0 of each coordinate of z = yx, and how many there are. */
export type IsotropicNoise = { readonly learningRate: number; readonly deviation: number; readonly dimension: number }

/**
 * The largest Lyapunov exponent per step at small λ.
 *
 *   Λ_max = (2λσ)² C(d)
 *
 * @returns  per step; < 0: zero attracts
 * Accuracy: second order in λσ.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 10.1.
 */
export function isotropicExponent({ learningRate, deviation, dimension }: IsotropicNoise): number {
  requireNonNegative('isotropicExponent: learningRate', learningRate)
  requireNonNegative('isotropicExponent: deviation', deviation)
  return (2 * learningRate * deviation) ** 2 * noiseConstant(dimension)
}

/**
 * How z is drawn. `isotropic`: d independent normal numbers; `label`: z = yx with pure label noise, a normal y times a normal x.
 * Both have σ = 1.
 */
export type NoiseKind = 'isotropic' | 'label'

/** The noise, λ > 0, and how much of it: steps (the first quarter is let go) and paths. */
export type DirectionSimulation = {
  readonly dimension: number
  readonly noise: NoiseKind
  readonly learningRate: number
  readonly steps: number
  readonly paths: number
}

/**
 * The largest Lyapunov exponent by simulation, in units of (2λσ)².
 *
 * Follows unit vectors s through the random matrices and averages log‖s'‖/‖s‖, less its term of first order 4λ u·wᵀz, whose mean is 0: this
 * control variate takes away most of the spread.
 *
 * @param key         of the draws
 * @param simulation  dimension ≥ 1, steps ≥ 4 and paths ≥ 2 whole, λ > 0
 * @returns           constant: the estimate of C(d); standardError: over paths
 * Accuracy: standardError, and a bias of order λ².
 * Cost: steps · paths · d normal draws.
 * Fails: 'invalid-input' if a number breaks its rule.
 * Source: theory.md 10.1.
 */
export function simulateNoiseConstant(
  key: Key,
  simulation: DirectionSimulation,
): { readonly constant: number; readonly standardError: number } {
  requireSimulation(simulation)
  const { learningRate, steps, paths } = simulation
  const burnIn = Math.floor(steps / 4)
  const unit = (2 * learningRate) ** 2 * (steps - burnIn)
  const estimates = Float64Array.from({ length: paths }, (_, path) => followPath(split(key, `path ${path}`), simulation, burnIn) / unit)
  const mean = estimates.reduce((sum, value) => sum + value, 0) / paths
  const variance = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (paths - 1)
  return { constant: mean, standardError: Math.sqrt(variance / paths) }
}

/** The sum of log‖s'‖ − 4λ u wᵀz after the burn-in, of one path. */
function followPath(key: Key, { dimension, noise, learningRate, steps }: DirectionSimulation, burnIn: number): number {
  const s = normalise(drawNormal(split(key, 'start'), dimension + 1))
  const noiseKey = split(key, 'noise')
  let total = 0
  for (let step = 0; step < steps; step += 1) {
    const z = drawNormal(noiseKey, dimension + 1, step) // one more number, for the label
    const label = noise === 'label' ? (z[dimension] ?? Number.NaN) : 1
    const u = s[0] ?? Number.NaN
    let inner = 0
    for (let i = 0; i < dimension; i += 1) inner += (s[i + 1] ?? Number.NaN) * (z[i] ?? Number.NaN) * label
    let size = (u + 2 * learningRate * inner) ** 2
    s[0] = u + 2 * learningRate * inner
    for (let i = 0; i < dimension; i += 1) {
      const next = (s[i + 1] ?? Number.NaN) + 2 * learningRate * u * (z[i] ?? Number.NaN) * label
      s[i + 1] = next
      size += next * next
    }
    const length = Math.sqrt(size)
    for (let i = 0; i <= dimension; i += 1) s[i] = (s[i] ?? Number.NaN) / length
    if (step >= burnIn) total += Math.log(length) - 4 * learningRate * u * inner
  }
  return total
}

function normalise(s: Float64Array): Float64Array {
  const length = Math.hypot(...s)
  return s.map((value) => value / length)
}

function requireSimulation({ dimension, learningRate, steps, paths }: DirectionSimulation): void {
  requireWhole('simulateNoiseConstant: dimension', dimension, 1)
  requirePositive('simulateNoiseConstant: learningRate', learningRate)
  requireWhole('simulateNoiseConstant: steps', steps, 4)
  requireWhole('simulateNoiseConstant: paths', paths, 2)
}
