/**
 * What the mirrors of a network mean at a point: how far it is from each, from which decay on it would be pulled there, and whether noise pulls alone.
 *
 * Mirrors of one kind at one place are one row, that of the nearest; every mirror is a row of its own where asked. Of a rotation the nearest direction is found first.
 * Source: theory.md section 3 (continuous families), 2.1, 2.3.
 */
import type { Parameters } from '#core/learning/models/model.ts'
import { matrixProduct, transposed, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { symmetricEigen } from '#core/numerics/linalg/symmetricEigen.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { restrict, type Mirror } from '#core/symmetry/mirror.ts'
import { entriesOf } from '#core/symmetry/symmetries/units.ts'
import { rotationAt, type Place } from './candidates.ts'
import { mirrorExponent, type Exponent, type NoisySteps } from './exponent.ts'
import type { FoundMirrors } from './findMirrors.ts'
import type { Network, Rows } from './network.ts'
import { localThreshold, type LocalThreshold } from './threshold.ts'

export type MirrorRow = {
  readonly reflection: FoundMirrors['reflection']
  readonly place: string
  readonly mirror: Mirror // the one that the numbers are of: the nearest
  readonly count: number // mirrors that the row stands for
  readonly rank: number // k
  readonly residual: number // ‖Oᵀθ‖ / ‖θ‖, θ all that the place touches
  readonly threshold: LocalThreshold
  readonly exponent: Exponent | null // null without noisy steps, or for a rank above 32
}

export const mostRank = 32 // of an exponent: its blocks are k² numbers for each sample

/**
 * A row for each group of mirrors, in their order.
 *
 * @param found  of the same network
 * @param theta  what is trained, float64
 * @param rows   all of the training data
 * @param steps  null: no exponents
 * @param each   a row for every mirror in place of one for each group
 * @returns      residuals in [0, 1], 0 for θ = 0; NaN where θ holds NaN or ±∞
 * Cost: for each row that of `localThreshold` and `mirrorExponent`.
 */
export function measureMirrors(
  network: Network,
  found: readonly FoundMirrors[],
  { theta, rows, steps = null, each = false, key }: { theta: Parameters; rows: Rows; steps?: NoisySteps | null; each?: boolean; key: Key },
): readonly MirrorRow[] {
  return found.flatMap(({ reflection, place, mirrors, rank }) => {
    const size = norm(restOf(place, theta).values)
    const known = reflection === 'rotation' ? [nearestRotation(place, theta)] : mirrors
    const distances = known.map((mirror) => ({ mirror, residual: residualOf(mirror, theta, size) }))
    const nearest = distances.reduce((least, one) => (one.residual < least.residual || Number.isNaN(one.residual) ? one : least))
    return (each ? distances : [nearest]).map(({ mirror, residual }) => {
      const own = split(key, mirror.name)
      const isFinite = !Number.isNaN(residual)
      return {
        reflection,
        place: place.name,
        mirror,
        count: each ? 1 : mirrors.length,
        rank,
        residual,
        threshold: isFinite
          ? localThreshold(network, mirror, { theta, rows, key: split(own, 'threshold') })
          : { threshold: Number.NaN, accuracy: Number.NaN, converged: false },
        exponent: steps === null || rank > mostRank || !isFinite ? null : mirrorExponent(network, mirror, { theta, rows, steps, key: split(own, 'exponent') }), // prettier-ignore
      }
    })
  })
}

function residualOf(mirror: Mirror, theta: Parameters, size: number): number {
  const component = norm(transposeTimes(mirror.o, restrict(theta, mirror)))
  if (!Number.isFinite(size)) return Number.NaN
  return size === 0 ? 0 : Math.min(1, component / size)
}

/** The rows of all units of a place, [units, row length]. */
function restOf(place: Place, theta: Parameters): Matrix {
  const values = Array.from({ length: place.count }, (_, j) =>
    entriesOf(place, theta, j).map(({ parameter, index }) => theta[parameter]?.[index] ?? Number.NaN),
  )
  return { rows: place.count, columns: values[0]?.length ?? 0, values: Float64Array.from(values.flat()) }
}

/** The direction n of least ‖Σ_j n_j θ_j‖: the last eigenvector of the units' inner products. A first unit where they are not finite. */
function nearestRotation(place: Place, theta: Parameters): Mirror {
  const rows = restOf(place, theta)
  const inner = matrixProduct(rows, transposed(rows))
  const first = Float64Array.from({ length: place.count }, (_, j) => (j === 0 ? 1 : 0))
  if (!inner.values.every(Number.isFinite)) return rotationAt(place, theta, first)
  const { vectors } = symmetricEigen(inner)
  return rotationAt(place, theta, first.map((_, j) => vectors.values[j * vectors.columns + vectors.columns - 1] ?? Number.NaN)) // prettier-ignore
}
