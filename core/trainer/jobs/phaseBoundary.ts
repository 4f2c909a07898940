/**
 * The theory's boundary over a phase diagram: the criterion of what is trained, asked at settings between the levels, on the data that each seed draws.
 *
 * It is followed along the axis on which it is found at more places, so that one that stands upright is found too.
 */
import { joinRoots, rootsOf, type Root } from '#core/analysis/phase/boundaryLines.ts'
import type { PhaseTheory } from '#core/analysis/phase/phaseQuestion.ts'
import { spread } from '#core/analysis/phase/scale.ts'
import type { PhaseAxis, PhaseBoundary } from '#core/contract/phase.ts'
import { Refusal } from '#core/contract/errors.ts'
import type { DataReader, Part } from '#core/learning/data/data.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { dataOf } from '#core/study/kinds.ts'
import { studySchema, type StudyFile } from '#core/study/schema.ts'
import { withPath } from '#core/study/text/withPath.ts'
import type { Boundary } from '#core/symmetry/predictions/boundary.ts'
import { boundaryFor } from '#core/symmetry/predictions/registry.ts'

const placesAlong = 65 // of the axis that a line runs along
const placesAcross = 33 // looked at on the other before halving
const halvings = 52 // of one root, as a rule
const mostSeeds = 8
const mostEntries = 5e7 // of data that are drawn for one diagram: some seconds

type Axes = { readonly x: PhaseAxis; readonly y: PhaseAxis }
type Means = { readonly read: DataReader; readonly pause: () => Promise<void> }

/**
 * @param pause  awaited between places
 * @returns      null where the theory speaks of no place of the diagram, where an axis has one level, or where the data are too large to be drawn so often
 */
export async function phaseBoundary(theory: PhaseTheory, axes: Axes, { read, pause }: Means): Promise<PhaseBoundary | null> {
  const parsed = studySchema.safeParse(theory.study)
  if (!parsed.success) throw new Refusal('invalid-input', 'phase.theory.study: expected a resolved study')
  const study = parsed.data
  const [x, y] = [axisOf(study, axes.x), axisOf(study, axes.y)]
  if (x === null || y === null) return null
  const seeds = differing(seedsOf(theory, read), [at(study, x, x.low, y, y.low), at(study, x, x.high, y, y.high)])
  const spoken = new Set<Boundary>()
  const ways: (Way & { readonly share: number })[] = []
  for (const [along, main, across] of [['x', x, y] as const, ['y', y, x] as const]) {
    const own = affordable(seeds, study, { main, across })
    if (own.length > 0) ways.push(await followed({ study, seeds: own, along, main, across, spoken }, pause))
  }
  const [first, second] = ways
  if (first === undefined || spoken.size === 0) return null
  const { share: _, ...way } = second !== undefined && second.share > first.share ? second : first
  return { ...way, oracles: [...spoken].map(({ number, title }) => ({ number, title })) }
}

type Way = Omit<PhaseBoundary, 'oracles'>

type Axis = PhaseAxis & {
  readonly low: number
  readonly high: number
  readonly isWhole: boolean // the field takes no number between
  readonly isOfData: boolean
}

/** Null for an axis on which nothing lies between. */
function axisOf(study: StudyFile, axis: PhaseAxis): Axis | null {
  const values = axis.levels.map(({ value }) => value)
  const [low = Number.NaN, high = Number.NaN] = [values[0], values.at(-1)]
  if (!(low < high)) return null
  const isWhole = values.every(Number.isInteger) && !studySchema.safeParse(withPath(study, axis.factor, low + 0.5)).success
  return { ...axis, low, high, isWhole, isOfData: axis.factor.startsWith('data.') }
}

/** The study at two numbers, each between two levels that the schema has accepted, so that it needs no second look: it is asked tens of thousands of times. */
function at(study: StudyFile, ...[main, a, across, b]: readonly [Axis, number, Axis, number]): StudyFile {
  // a field that takes two numbers takes those between, whole ones where it wants them whole
  return withPath(withPath(study, main.factor, rounded(main, a)), across.factor, rounded(across, b)) as StudyFile
}

function rounded({ isWhole }: Axis, value: number): number {
  return isWhole ? Math.round(value) : value
}

/** The data of one replicate, drawn again only if their settings are others, and the criterion on them. */
type Seed = { part(study: StudyFile): Part; criterion(study: StudyFile, boundary: Boundary): number }

function seedsOf({ base, cell, replicates }: PhaseTheory, read: DataReader): readonly Seed[] {
  return Array.from({ length: Math.min(replicates, mostSeeds) }, (_, replicate) => {
    const key = split(rootKey({ base, cell, replicate }), 'data')
    let drawn: { readonly settings: unknown; readonly part: Part } | null = null
    let criteria = new Map<Boundary, ReturnType<Boundary['criterionOn']>>()
    const part = ({ data, ...rest }: StudyFile): Part => {
      if (drawn?.settings !== data) {
        const { kind, settings } = dataOf({ ...rest, data })
        drawn = { settings: data, part: kind.make(settings, key, read).train }
        criteria = new Map()
      }
      return drawn.part
    }
    const criterion: Seed['criterion'] = (study, boundary) => {
      const own = part(study)
      const known = criteria.get(boundary) ?? boundary.criterionOn(own)
      criteria.set(boundary, known)
      return known(study)
    }
    return { part, criterion }
  })
}

/** The first seed alone, where the second has the same data at these settings. */
function differing(seeds: readonly Seed[], settings: readonly StudyFile[]): readonly Seed[] {
  const [first, second] = seeds
  const isSame = first !== undefined && second !== undefined && settings.every((study) => areEqual(first.part(study), second.part(study)))
  return isSame ? [first] : seeds
}

function areEqual(a: Part, b: Part): boolean {
  const same = (one: Float64Array, other: Float64Array) => one.length === other.length && one.every((value, i) => value === other[i])
  return same(a.x.values, b.x.values) && same(a.y.values, b.y.values)
}

/** As many seeds as may draw their data as often as this way asks for them. */
function affordable(seeds: readonly Seed[], study: StudyFile, { main, across }: { main: Axis; across: Axis }): readonly Seed[] {
  const [first] = seeds
  if (first === undefined) return []
  const { x, y } = first.part(study)
  const asked = placesAcross + 2 * halvings
  const draws = across.isOfData ? placesAlong * asked : main.isOfData ? placesAlong : 1
  return seeds.slice(0, Math.floor(mostEntries / (draws * (x.values.length + y.values.length))))
}

type Following = {
  readonly study: StudyFile
  readonly seeds: readonly Seed[]
  readonly along: 'x' | 'y'
  readonly main: Axis
  readonly across: Axis
  readonly spoken: Set<Boundary> // those that said something, added to
}

/** The boundary along one axis, and the share of its places at which it is found. */
async function followed({ study, seeds, along, main, across, spoken }: Following, pause: () => Promise<void>) {
  const places = spread(main, { scale: main.scale, isWhole: main.isWhole, count: placesAlong })
  const lookedAt = spread(across, { scale: across.scale, isWhole: across.isWhole, count: placesAcross })
  const roots: (readonly Root[])[][] = []
  for (const seed of seeds) {
    const ofSeed: (readonly Root[])[] = []
    for (const place of places) {
      ofSeed.push(rootsOf((value) => criterionAt(at(study, main, place, across, value), seed, spoken), lookedAt))
      await pause()
    }
    roots.push(ofSeed)
  }
  const lines = joinRoots(places, roots).map(({ collapses, points }) => ({ collapses, points: [...points] }))
  const share = places.filter((_, i) => roots.some((ofSeed) => (ofSeed[i] ?? []).length > 0)).length / places.length
  return { along, seeds: seeds.length, lines, share }
}

function criterionAt(study: StudyFile, seed: Seed, spoken: Set<Boundary>): number {
  const boundary = boundaryFor(study)
  if (boundary === null) return Number.NaN
  try {
    const value = seed.criterion(study, boundary)
    if (!Number.isNaN(value)) spoken.add(boundary)
    return value
  } catch (error) {
    if (error instanceof Refusal) return Number.NaN // a closed form that has no answer here, as beside a prediction
    throw error
  }
}
