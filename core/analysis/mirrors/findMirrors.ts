/**
 * Finds the mirrors of a network: tries every candidate by its definition, ℓ(Rθ, x) = ℓ(θ, x) for every sample, at random parameters and random data.
 *
 * Nothing is taken from the registry of symmetries, so that a reparametrisation, a mask or a new model is judged by what it computes. The test is of a function at points: for
 * a loss that is analytic (or is so piece by piece) a reflection that is no symmetry agrees at random points with probability 0.
 * Source: theory.md 1.1, 1.2; the search is ours.
 */
import { Refusal } from '#core/contract/errors.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import { requireWhole } from '#core/numerics/require.ts'
import { reflect, type Mirror } from '#core/symmetry/mirror.ts'
import { candidatesOf, placesOf, reflections, someOf, type Candidates, type Place, type Reflection } from './candidates.ts'
import { isOneSample, sampleLosses, type Network, type Rows } from './network.ts'

/**
 * Relative to the largest loss of the samples. Rounding: some 10⁴ operations of 2⁻⁵³ on numbers of that size, 1e-12; a reflection that is no symmetry moves the loss of
 * some sample by more than a part in 10⁶, unless what breaks it is itself that small.
 */
const tolerance = 1e-9
const probes = 24 // of a place that is no layer, before all of its candidates are tried
const directions = 3 // of a rotation
const samples = 4

/** Mirrors of one kind at one place. */
export type FoundMirrors = {
  readonly reflection: Reflection
  readonly place: Place
  readonly rank: number // k, of each
  readonly mirrors: readonly Mirror[] // of a rotation those of some random directions
  readonly candidates: number // how many of the kind the place has; for a rotation the directions that were tried
  readonly checked: number // how many of them were tried
  readonly error: number // the largest relative change of a sample's loss
}

export type Search = {
  readonly network: Network
  readonly key: Key
  readonly draws?: number
  readonly most?: number
  /** Rows of x of a model whose rows are one thing, such as the variances of its data. */
  readonly rows?: number
}

/**
 * All mirrors of a network, by kind and place.
 *
 *   |ℓ(Rθ, x_i) − ℓ(θ, x_i)| ≤ 1e-9 max_j |ℓ(θ, x_j)| for every sample i and every draw of θ and x, all normal
 *
 * A mirror that several places show (the flip of a single pair, say) stands at the first. One that follows from others stands beside them: a rotation's swaps and flips too.
 *
 * @param network  see `Network`; its constants are as they are, not drawn
 * @param key      of this purpose alone
 * @param draws    whole, ≥ 1, of θ with x; 3 where absent
 * @param most     whole, ≥ 1: the most candidates tried of a kind at a place, chosen at random where there are more; 600 where absent
 * @param rows     whole, ≥ 1; 1 where absent
 * @returns        in the order of places and kinds; empty for a network without any
 * Accuracy: what breaks a symmetry by less than about 1e-9 of the loss is not seen.
 * Cost: candidates · draws · 4 runs of the network, of those that are no symmetry one draw.
 * Fails: 'invalid-input' if a number breaks its rule.
 */
export function findMirrors({ network, key, draws = 3, most = 600, rows = 1 }: Search): readonly FoundMirrors[] {
  requireWhole('findMirrors: draws', draws, 1)
  requireWhole('findMirrors: most', most, 1)
  requireWhole('findMirrors: rows', rows, 1)
  if (network.form.trained.length === 0)
    throw new Refusal('invalid-input', 'findMirrors: network: expected parameters that are trained, got none')
  const like = Object.fromEntries(network.form.trained.map((shape) => [shape.name, { length: sizeOf(shape) }]))
  const count = isOneSample(network) ? rows : samples
  const points = Array.from({ length: draws }, (_, draw) => pointOf(network, split(key, `draw ${draw}`), count))
  const known = new Set<string>()
  return placesOf(network).flatMap((place) => {
    const at = reflections.flatMap((reflection) => {
      const candidates = candidatesOf(place, reflection, { like, key, directions })
      const found = search(candidates, { place, reflection, network, points, most, key })
      const fresh = found === null ? [] : found.mirrors.filter((mirror) => isFresh(mirror, known))
      return found === null || fresh.length === 0 ? [] : [{ ...found, mirrors: fresh }]
    })
    const isRotated = at.some(({ reflection }) => reflection === 'rotation')
    return isRotated ? at.filter(({ reflection }) => reflection !== 'mean') : at // one of its directions, and no more than that
  })
}

type Point = { readonly theta: Parameters; readonly rows: Rows; readonly losses: Float64Array }

/** θ of a size that keeps signals of unit size, and data. */
function pointOf(network: Network, key: Key, count: number): Point {
  const { trained } = network.form
  const theta = Object.fromEntries(
    trained.map((shape) => {
      const inputs = shape.shape.length === 2 ? (shape.shape[0] ?? 1) : 1
      return [shape.name, drawNormal(split(key, `theta/${shape.name}`), sizeOf(shape)).map((value) => value / Math.sqrt(inputs))]
    }),
  )
  const matrix = (name: string, columns: number): Matrix => ({
    rows: count,
    columns,
    values: drawNormal(split(key, name), count * columns),
  })
  const rows = { x: matrix('x', network.size.inputs), y: matrix('y', network.size.outputs) }
  return { theta, rows, losses: sampleLosses(network, [theta], rows) }
}

type Trial = {
  readonly place: Place
  readonly reflection: Reflection
  readonly network: Network
  readonly points: readonly Point[]
  readonly most: number
  readonly key: Key
}

function search(candidates: Candidates, trial: Trial): FoundMirrors | null {
  const { place, reflection, most, key } = trial
  if (candidates.count === 0) return null
  const chosen = someOf(candidates.count, most, split(key, `${reflection} ${place.name}`))
  if (!place.isLayer && chosen.length > probes) {
    const few = Array.from({ length: probes }, (_, i) => chosen[Math.floor((i * chosen.length) / probes)] ?? 0)
    if (verified(few.map(candidates.at), trial).length === 0) return null
  }
  const kept = verified(chosen.map(candidates.at), trial)
  if (kept.length === 0 || (reflection === 'rotation' && kept.length < chosen.length)) return null // a rotation is one in every direction
  return {
    reflection,
    place,
    rank: kept[0]?.mirror.o.columns ?? 0,
    mirrors: kept.map(({ mirror }) => mirror),
    candidates: candidates.count,
    checked: chosen.length,
    error: kept.reduce((largest, { error }) => Math.max(largest, error), 0),
  }
}

type Kept = { readonly mirror: Mirror; readonly error: number }

/** Those that change no sample's loss at any point. */
function verified(mirrors: readonly Mirror[], { network, points }: Trial): readonly Kept[] {
  return points.reduce<readonly Kept[]>(
    (kept, { theta, rows, losses }) => {
      const each = losses.length
      const scale = losses.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
      const moved = sampleLosses(network, kept.map(({ mirror }) => reflect(theta, mirror)), rows) // prettier-ignore
      return kept.flatMap(({ mirror, error }, r) => {
        const change = losses.reduce((largest, value, i) => {
          const difference = Math.abs((moved[r * each + i] ?? Number.NaN) - value)
          return difference <= largest ? largest : difference // NaN stays
        }, 0)
        return change <= tolerance * scale ? [{ mirror, error: Math.max(error, change / scale) }] : []
      })
    },
    mirrors.map((mirror) => ({ mirror, error: 0 })),
  )
}

/** Whether no place before has shown the same reflection: the same entries in the same columns of O, in any order and up to the columns' signs. Then it is remembered. */
function isFresh({ entries, o }: Mirror, known: Set<string>): boolean {
  const columns: (readonly [string, number])[][] = Array.from({ length: o.columns }, () => [])
  for (const [i, { parameter, index }] of entries.entries())
    for (const [k, column] of columns.entries()) {
      const value = o.values[i * o.columns + k] ?? 0
      if (value !== 0) column.push([`${parameter} ${index}`, value])
    }
  const name = columns
    .map((column) => {
      const sorted = column.toSorted(([a], [b]) => (a < b ? -1 : 1))
      const sign = Math.sign(sorted[0]?.[1] ?? 1)
      return sorted.map(([entry, value]) => `${entry} ${(sign * value).toFixed(9)}`).join()
    })
    .sort()
    .join('; ')
  const isNew = !known.has(name)
  known.add(name)
  return isNew
}
