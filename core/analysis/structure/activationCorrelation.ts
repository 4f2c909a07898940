/**
 * How alike the activations of a layer's units are over a set of samples.
 *
 * The mean of |corr| is high for neurons that have vanished, too: what is left of them is aligned (theory.md 11.13). So read it beside the
 * mean over the survivors of `homogeneity`, never alone.
 */
import { Refusal } from '#core/contract/errors.ts'
import { requireMatrix, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { powerOfTwoScale } from '#core/numerics/linalg/scale.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { mean } from '#core/numerics/statistics/moments.ts'

const constantShare = 1e-12 // of a unit's root mean square: a standard deviation up to here is rounding

export interface ActivationCorrelation {
  readonly units: readonly number[] // that vary, in order
  readonly constantUnits: number
  readonly matrix: Matrix // [units, units], in the order of `units`
  readonly meanAbsolute: number
  readonly meanAbsoluteOfSubset: number // over the units of the subset that vary
}

/**
 * Pearson's correlation of the activations of every two units.
 *
 *   r_ij = Σ_s a_si a_sj / √(Σ_s a_si² Σ_s a_sj²),   a the activations less their mean over the samples
 *   mean absolute = Σ_{i<j} |r_ij| / (m(m − 1) / 2),   m units that vary
 *
 * Left out and counted are units whose standard deviation (root of the mean square of a) is ≤ 1e-12 of their own root mean square: constant to rounding. A
 * vanishing neuron of size 1e-20 is none of them; a limit in absolute terms would drop it, and with it what decay does to its direction. Shifting or scaling a unit changes r by its
 * sign alone; the order of the samples changes nothing.
 *
 * @param activations  [samples, units], float64
 * @param subset       units to average over beside all, such as the survivors; by default all
 * @returns            r in [−1, 1] and symmetric with a diagonal of exactly 1; a mean is NaN for fewer than two units that vary;
 *                     everything is NaN, and no unit constant, if an activation is NaN or ±∞
 * Accuracy: absolute error of r at most samples · 2⁻⁵² · (1 + largest |activation| / standard deviation of either unit).
 * Cost: samples · units² / 2 multiplications.
 * Fails: 'invalid-input' if the sizes of the matrix do not fit its values or the subset names no unit of it.
 * Source: theory.md section 9.
 */
export function activationCorrelation(activations: Matrix, subset?: readonly number[]): ActivationCorrelation {
  requireMatrix('activationCorrelation: activations', activations)
  for (const unit of subset ?? []) {
    if (Number.isInteger(unit) && unit >= 0 && unit < activations.columns) continue
    throw new Refusal('invalid-input', `activationCorrelation: subset: expected units from 0 to ${activations.columns - 1}, got ${unit}`)
  }
  if (!activations.values.every(Number.isFinite)) return undefinedFor(activations.columns)
  const directions = Array.from({ length: activations.columns }, (_, unit) => direction(columnOf(activations, unit)))
  const units = [...directions.keys()].filter((unit) => directions[unit] !== null)
  const matrix = productsOf(directions.filter((item) => item !== null))
  const chosen = new Set(subset ?? units)
  return {
    units,
    constantUnits: activations.columns - units.length,
    matrix,
    meanAbsolute: meanAbsoluteOf(matrix, [...units.keys()]),
    meanAbsoluteOfSubset: meanAbsoluteOf(
      matrix,
      [...units.entries()].filter(([, unit]) => chosen.has(unit)).map(([place]) => place),
    ),
  }
}

function undefinedFor(unitCount: number): ActivationCorrelation {
  return {
    units: Array.from({ length: unitCount }, (_, unit) => unit),
    constantUnits: 0,
    matrix: { rows: unitCount, columns: unitCount, values: new Float64Array(unitCount * unitCount).fill(Number.NaN) },
    meanAbsolute: Number.NaN,
    meanAbsoluteOfSubset: Number.NaN,
  }
}

/** Activations less their mean, with length 1, [samples]; null for a unit that does not vary. */
function direction(activations: Float64Array): Float64Array | null {
  const scale = powerOfTwoScale(Math.max(maxAbs(activations), Number.MIN_VALUE)) // else squares of 1e200 overflow
  const scaled = activations.map((value) => value / scale)
  const centre = mean(scaled)
  const deviations = scaled.map((value) => value - centre)
  const largest = maxAbs(deviations)
  if (!(largest > 0)) return null
  const size = largest * Math.sqrt(deviations.reduce((sum, value) => sum + (value / largest) ** 2, 0))
  const length = Math.sqrt(scaled.reduce((sum, value) => sum + value ** 2, 0))
  if (size <= constantShare * length) return null
  return deviations.map((value) => value / size)
}

/** Inner products of every two directions. */
function productsOf(directions: readonly Float64Array[]): Matrix {
  const n = directions.length
  const values = new Float64Array(n * n)
  for (const [i, a] of directions.entries()) {
    values[i * n + i] = 1
    for (const [offset, b] of directions.slice(i + 1).entries()) {
      let sum = 0
      for (let sample = 0; sample < a.length; sample++) sum += at(a, sample) * at(b, sample)
      const j = i + 1 + offset
      const correlation = Math.max(-1, Math.min(1, sum)) // rounding can pass 1
      values[i * n + j] = correlation
      values[j * n + i] = correlation
    }
  }
  return { rows: n, columns: n, values }
}

function meanAbsoluteOf({ columns, values }: Matrix, places: readonly number[]): number {
  let sum = 0
  for (const [k, i] of places.entries()) for (const j of places.slice(k + 1)) sum += Math.abs(at(values, i * columns + j))
  return sum / ((places.length * (places.length - 1)) / 2) // 0 / 0 below two
}

function columnOf({ rows, columns, values }: Matrix, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => at(values, row * columns + column))
}

/** An entry; a place outside the array would be NaN, never a silent 0. */
function at(x: Float64Array, i: number): number {
  return x[i] ?? Number.NaN
}
