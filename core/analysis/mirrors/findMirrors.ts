/**
 * Finds the mirrors of a network: tries every candidate by its definition, ℓ(Rθ, x) = ℓ(θ, x) for every sample, at random parameters and random data.
 *
 * Nothing is taken from the registry of symmetries, so that a reparametrisation, a mask or a new model is judged by what it computes. The test is of a function at points: for
 * a loss that is analytic a reflection that is no symmetry agrees at random points with probability 0; one that is so piece by piece is tried at more points where chance may pass.
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
import { candidatesOf, numbersOf, placesOf, reflections, someOf, type Candidates, type Place, type Reflection } from './candidates.ts'
import { isOneSample, sampleLosses, type Network, type Rows } from './network.ts'

/**
 * Relative to the largest loss of the samples. Rounding: some 10⁴ operations of 2⁻⁵³ on numbers of that size, 1e-12; a reflection that is no symmetry moves the loss of
 * some sample by more than a part in 10⁶, unless what breaks it is itself that small.
 */
const tolerance = 1e-9
const probes = 24 // of a place that is no layer, before all of its candidates are tried
const directions = 3 // of a rotation
const samples = 4
/** A group of which only some are kept, or which has few: a neuron of relu that is off for every sample of three draws may pass by chance, one time in a hundred; of all these draws never. */
const confirmations = 12
const few = 8
const mostKept = 6e7 // numbers in the matrices O of one kind at one place: half a gigabyte
const mostTogether = 2e7 // numbers of candidates that are tried at a time

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

/** Candidates of one kind at one place that are no mirrors. */
export type RejectedCandidates = {
  readonly reflection: Reflection
  readonly place: Place
  readonly candidates: number
  readonly checked: number
  readonly rejected: number // of those that were tried
  /** The largest relative change of a sample's loss, where it was first too large: of the candidate that changes it least, and of the one that changes it most. */
  readonly least: number
  readonly largest: number
}

/** What came of one kind of candidates at one place; both null where all are mirrors that another place has shown, or one alone is too large to hold. */
export type Examined = {
  readonly reflection: Reflection
  readonly place: Place
  readonly found: FoundMirrors | null
  readonly rejected: RejectedCandidates | null
  readonly isTooLarge: boolean // its O holds more than 6e7 numbers
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
 * @param most     whole, ≥ 1: the most candidates tried of a kind at a place, chosen at random where there are more; 600 where absent, fewer where O is large
 * @param rows     whole, ≥ 1; 1 where absent
 * @returns        in the order of places and kinds; empty for a network without any
 * Accuracy: what breaks a symmetry by less than about 1e-9 of the loss is not seen.
 * Cost: candidates · draws · 4 runs of the network, of those that are no symmetry one draw; 12 draws more for groups of at most 8 or of which some are rejected.
 * Fails: 'invalid-input' if a number breaks its rule.
 */
export function findMirrors(search: Search): readonly FoundMirrors[] {
  return [...examineCandidates(search)].flatMap(({ found }) => found ?? [])
}

/** The same search one kind and place at a time, with what it rejects: whoever has messages to look at does so between two. */
export function* examineCandidates({ network, key, draws = 3, most = 600, rows = 1 }: Search): Generator<Examined, void> {
  requireWhole('findMirrors: draws', draws, 1)
  requireWhole('findMirrors: most', most, 1)
  requireWhole('findMirrors: rows', rows, 1)
  if (network.form.trained.length === 0)
    throw new Refusal('invalid-input', 'findMirrors: network: expected parameters that are trained, got none')
  const like = Object.fromEntries(network.form.trained.map((shape) => [shape.name, { length: sizeOf(shape) }]))
  const count = isOneSample(network) ? rows : samples
  const point = (_: unknown, draw: number) => pointOf(network, split(key, `draw ${draw}`), count)
  const points = Array.from({ length: draws }, point)
  const more = Array.from({ length: confirmations }, (_, i) => once(() => point(_, draws + i)))
  const known = new Set<string>()
  for (const place of placesOf(network)) {
    let isRotated = false
    for (const reflection of reflections) {
      if (reflection === 'mean' && isRotated) continue // one of its directions, and no more than that
      const each = numbersOf(place, reflection, like)
      const candidates = candidatesOf(place, reflection, { like, key, directions })
      if (candidates.count === 0) continue
      if (each > mostKept) {
        yield { reflection, place, found: null, rejected: null, isTooLarge: true }
        continue
      }
      const trial = { place, reflection, network, points, more, key, each, most: Math.min(most, Math.max(1, Math.floor(mostKept / each))) }
      const { found, rejected } = examine(candidates, trial)
      const fresh = found === null ? [] : found.mirrors.filter((mirror) => isFresh(mirror, known))
      if (reflection === 'rotation') isRotated = fresh.length > 0
      yield {
        reflection,
        place,
        found: found === null || fresh.length === 0 ? null : { ...found, mirrors: fresh },
        rejected,
        isTooLarge: false,
      }
    }
  }
}

type Point = { readonly theta: Parameters; readonly rows: Rows; readonly losses: Float64Array }

/** θ of a size that keeps signals of unit size, and data. */
function pointOf(network: Network, key: Key, count: number): Point {
  const { trained } = network.form
  const theta = Object.fromEntries(
    trained.map((shape) => {
      const inputs = shape.shape.slice(0, -1).reduce((product, n) => product * n, 1) // of a filter all that a window holds
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
  readonly more: readonly (() => Point)[]
  readonly most: number
  readonly each: number // numbers of one candidate's O
  readonly key: Key
}

function examine(candidates: Candidates, trial: Trial): Pick<Examined, 'found' | 'rejected'> {
  const { place, reflection, most, key } = trial
  const chosen = someOf(candidates.count, most, split(key, `${reflection} ${place.name}`))
  const about = { reflection, place, candidates: candidates.count }
  if (!place.isLayer && chosen.length > probes) {
    const sample = Array.from({ length: probes }, (_, i) => chosen[Math.floor((i * chosen.length) / probes)] ?? 0)
    const { kept, changes } = verified(sample, candidates, trial)
    if (kept.length === 0) return { found: null, rejected: { ...about, checked: probes, ...rejectedOf(changes) } }
  }
  const { kept, changes } = confirmed(verified(chosen, candidates, trial), trial)
  const checked = chosen.length
  const rejected = changes.length === 0 ? null : { ...about, checked, ...rejectedOf(changes) }
  if (kept.length === 0 || (reflection === 'rotation' && rejected !== null)) return { found: null, rejected } // a rotation is one in every direction
  return {
    found: {
      ...about,
      rank: kept[0]?.mirror.o.columns ?? 0,
      mirrors: kept.map(({ mirror }) => mirror),
      checked,
      error: kept.reduce((largest, { error }) => Math.max(largest, error), 0),
    },
    rejected,
  }
}

function rejectedOf(changes: readonly number[]): Pick<RejectedCandidates, 'rejected' | 'least' | 'largest'> {
  const finite = changes.filter((change) => !Number.isNaN(change))
  return {
    rejected: changes.length,
    least: finite.reduce((least, change) => Math.min(least, change), Number.POSITIVE_INFINITY),
    largest: finite.length < changes.length ? Number.NaN : finite.reduce((largest, change) => Math.max(largest, change), 0),
  }
}

type Kept = { readonly mirror: Mirror; readonly error: number }
type Verified = { readonly kept: readonly Kept[]; readonly changes: readonly number[] } // changes of those that are not kept

/** Those that change no sample's loss at any point; some at a time, for a candidate may hold many numbers. */
function verified(chosen: readonly number[], candidates: Candidates, trial: Trial): Verified {
  const { form } = trial.network
  const parameters = form.trained.reduce((total, shape) => total + sizeOf(shape), 0)
  const together = Math.max(1, Math.floor(mostTogether / Math.max(trial.each, parameters)))
  const kept: Kept[] = []
  const changes: number[] = []
  for (let from = 0; from < chosen.length; from += together) {
    const part = verifiedTogether(chosen.slice(from, from + together).map(candidates.at), trial)
    kept.push(...part.kept)
    changes.push(...part.changes)
  }
  return { kept, changes }
}

/** What may have passed by chance is tried at more points. */
function confirmed({ kept, changes }: Verified, trial: Trial): Verified {
  if (kept.length === 0 || (changes.length === 0 && kept.length > few)) return { kept, changes }
  const again = trial.more.reduce<Verified>(
    (so, point) => {
      if (so.kept.length === 0) return so
      const part = verifiedTogether(so.kept.map(({ mirror }) => mirror), { network: trial.network, points: [point()] }) // prettier-ignore
      return { kept: part.kept, changes: [...so.changes, ...part.changes] }
    },
    { kept, changes },
  )
  const errors = new Map(kept.map(({ mirror, error }) => [mirror, error]))
  return { ...again, kept: again.kept.map(({ mirror, error }) => ({ mirror, error: Math.max(error, errors.get(mirror) ?? 0) })) }
}

function once<T>(make: () => T): () => T {
  const made: T[] = []
  return () => (made[0] ??= make())
}

function verifiedTogether(mirrors: readonly Mirror[], { network, points }: Pick<Trial, 'network' | 'points'>): Verified {
  const changes: number[] = []
  const kept = points.reduce<readonly Kept[]>(
    (so, { theta, rows, losses }) => {
      const each = losses.length
      const scale = losses.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
      const moved = sampleLosses(network, so.map(({ mirror }) => reflect(theta, mirror)), rows) // prettier-ignore
      return so.flatMap(({ mirror, error }, r) => {
        const change = losses.reduce((largest, value, i) => {
          const difference = Math.abs((moved[r * each + i] ?? Number.NaN) - value)
          return difference <= largest ? largest : difference // NaN stays
        }, 0)
        if (change <= tolerance * scale) return [{ mirror, error: Math.max(error, change / scale) }]
        changes.push(change / scale)
        return []
      })
    },
    mirrors.map((mirror) => ({ mirror, error: 0 })),
  )
  return { kept, changes }
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
