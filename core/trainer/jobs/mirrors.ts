/**
 * The job that finds the mirrors of a network and says what they mean where it is: of a run, from its parameters or its start; of a study that was never trained, from
 * the start of one of its cells.
 *
 * Everything is float64, by the model definitions that train. It looks at its messages between two kinds of candidates and between two mirrors.
 */
import { readFile } from 'node:fs/promises'
import { Refusal, assert } from '#core/contract/errors.ts'
import {
  optimiserNames,
  type ConservedQuantity,
  type MirrorExponent,
  type MirrorRow,
  type MirrorsContent,
  type MirrorsNote,
  type RejectedRow,
  type SymmetryFamily,
  type WhyNoExponent,
} from '#core/contract/mirrors.ts'
import type { Place, Reflection } from '#core/analysis/mirrors/candidates.ts'
import type { Exponent, NoisySteps } from '#core/analysis/mirrors/exponent.ts'
import { keepsReflection, nameOf, onMirrorOf, type Named } from '#core/analysis/mirrors/families.ts'
import { examineCandidates, type Examined, type FoundMirrors } from '#core/analysis/mirrors/findMirrors.ts'
import { measureMirrors, mostRank, type MirrorRow as Measured } from '#core/analysis/mirrors/measureMirrors.ts'
import { isOneSample, type Network, type Rows } from '#core/analysis/mirrors/network.ts'
import type { Dataset } from '#core/learning/data/data.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { multiplicationsOf } from '#core/learning/models/multiplications.ts'
import { sizeOf } from '#core/learning/reparametrise/reparametrisation.ts'
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { rootKey, split, type Key } from '#core/numerics/random/key.ts'
import { lossOf, modelOf } from '#core/study/kinds.ts'
import { commonDecay } from '#core/symmetry/predictions/prediction.ts'
import { familiesOf, lengthsOf } from '#core/symmetry/symmetries/registry.ts'
import { keepsFlow, keepsMirrors } from '#core/symmetry/symmetries/symmetry.ts'
import type { JobContext } from '../childJob.ts'
import { makeLanes, type Lane } from '../lanes.ts'
import { laneParameters } from '../measure.ts'
import type { MirrorsJob, Result } from '../protocol.ts'
import { parametersIn } from './structure.ts'
import { readerOf } from './train.ts'

const mostOperations = 5e10 // of all thresholds together: some minutes of plain loops
const mostTrials = 3e9 // of one kind at one place
const leastRows = 32 // of the data, however large the network
const operationsOfProduct = 10 // runs of the network in one product with its Hessian
const mostBlockNumbers = 2e7 // of the blocks of all samples
const normalQuantile = 1.96
/** Of a curvature that is zero but for rounding, as where the data is fitted without error. */
const rounding = 1e-12

/**
 * What would take more than `limit` multiplications is measured on fewer rows of the data, and a note says so.
 * Fails: 'invalid-input' for a network without parameters, 'store-failed' for damaged parameters of a run.
 */
export async function runMirrors(
  { source }: MirrorsJob,
  job: Pick<JobContext, 'pause'>,
  limit = mostOperations,
): Promise<Extract<Result, { kind: 'mirrors' }>> {
  const { spec } = source
  const [lane] = makeLanes([spec], readerOf(source.files))
  assert(lane !== undefined, 'mirrors: one run is one lane')
  const theta =
    source.kind === 'start' ? lane.start : laneParameters(lane, { read: parametersIn(await readFile(source.path), lane), row: source.lane })
  const step = source.kind === 'start' ? 0 : source.step
  const data = lane.tasks.findLast((task) => task.step < step)?.data ?? lane.data
  const subject: Subject = { lane, theta, data, network: networkOf(lane), key: split(rootKey(spec), 'mirrors'), limit }
  const notes: MirrorsNote[] = lane.tasks.length > 1 ? [{ kind: 'tasks' }] : []
  if (Object.values(theta).some((values) => !values.every(Number.isFinite))) notes.push({ kind: 'not-finite' })
  const examined = await search(subject, notes, job)
  const mirrors = await measure(subject, examined, { notes, job })
  const content: MirrorsContent = { mirrors, rejected: rejectedRows(examined), families: familyRows(subject, mirrors), notes }
  return { kind: 'mirrors', content }
}

type Subject = {
  readonly lane: Lane
  readonly theta: Parameters
  readonly data: Dataset
  readonly network: Network
  readonly key: Key
  readonly limit: number
}

export function networkOf({ study, size, form, constants }: Lane): Network {
  return { model: modelOf(study), loss: lossOf(study), size, form, constants }
}

/** One kind at one place, with what it is called. */
type Group = Examined & { readonly named: Named }

async function search(
  { lane, network, data, key }: Subject,
  notes: MirrorsNote[],
  job: Pick<JobContext, 'pause'>,
): Promise<readonly Group[]> {
  if (network.form.trained.length === 0)
    throw new Refusal('invalid-input', `model: expected one with parameters, got ${lane.study.model.kind} without any`)
  const most = Math.max(8, Math.min(600, Math.floor(mostTrials / (12 * multiplicationsIn(network)))))
  const rows = isOneSample(network) ? { rows: data.train.x.rows } : {}
  const examined: Examined[] = []
  for (const one of examineCandidates({ network, key: split(key, 'search'), most, ...rows })) {
    examined.push(one)
    if (one.isTooLarge && one.place.isLayer) notes.push({ kind: 'too-large', place: one.place.name, reflection: one.reflection })
    await job.pause()
  }
  const sampled = examined.filter(({ found }) => found !== null && found.reflection !== 'rotation' && found.checked < found.candidates)
  if (sampled.length > 0) notes.push({ kind: 'sampled', groups: sampled.length })
  const foundAt = Map.groupBy(examined.filter(({ found }) => found !== null), ({ place }) => place.name) // prettier-ignore
  return examined.map((one) => {
    const found = new Set((foundAt.get(one.place.name) ?? []).map(({ reflection }) => reflection))
    return { ...one, named: nameOf(network, lane.study.model, { place: one.place, reflection: one.reflection, found }) }
  })
}

type Measuring = { readonly notes: MirrorsNote[]; readonly job: Pick<JobContext, 'pause'> }

async function measure(subject: Subject, groups: readonly Group[], { notes, job }: Measuring): Promise<MirrorRow[]> {
  const { network, theta, data, key, limit } = subject
  const found = groups.flatMap(({ found: mirrors, named }) => (mirrors === null ? [] : [{ mirrors, named }]))
  const products = found.reduce((total, { mirrors }) => total + Math.min(mirrors.rank, 128) + 2, 0)
  const ofRow = operationsOfProduct * multiplicationsIn(network)
  const all = data.train
  const wanted = isOneSample(network) ? all.x.rows : Math.max(leastRows, Math.floor(limit / Math.max(1, products * ofRow)))
  const rows = someRows(all, wanted)
  if (rows.x.rows < all.x.rows && found.length > 0) notes.push({ kind: 'fewer-rows', used: rows.x.rows, rows: all.x.rows })
  const made: MirrorRow[] = []
  for (const { mirrors, named } of found) {
    const decay = decayOf(subject, mirrors.place)
    const why = whyNot(subject, { mirrors, decay, rows, isWhole: rows.x.rows === all.x.rows })
    const steps = why === null ? stepsOf(subject, decay) : null
    const [measured] = measureMirrors(network, [mirrors], { theta, rows, steps, key: split(key, 'measure') })
    assert(measured !== undefined, 'mirrors: a group of mirrors has a nearest one')
    made.push(rowOf(subject, { mirrors, named, decay, measured, why }))
    await job.pause()
  }
  return made
}

/** Of one row: what the model says, or one for each number that is trained where these are more. */
function multiplicationsIn({ model, form, size }: Network): number {
  const trained = form.trained.reduce((total, shape) => total + sizeOf(shape), 0)
  return Math.max(trained, multiplicationsOf(model.kind, model.settings, size))
}

/** At most `most` rows, evenly from all. */
function someRows({ x, y }: Rows, most: number): Rows {
  if (x.rows <= most) return { x, y }
  const places = Array.from({ length: most }, (_, i) => Math.floor((i * x.rows) / most))
  const cut = (m: Matrix): Matrix => ({
    rows: most,
    columns: m.columns,
    values: Float64Array.from(places.flatMap((i) => [...m.values.subarray(i * m.columns, (i + 1) * m.columns)])),
  })
  return { x: cut(x), y: cut(y) }
}

/** The one γ of all that a place touches, as its minimisers see it; null where there is none. */
function decayOf({ lane }: Subject, place: Place): number | null {
  const names = place.sides.map(({ parameter }) => parameter)
  if (names.some((name) => scaledBy(lane).has(name))) return null
  const decay = commonDecay(lane.study, names)
  return Number.isNaN(decay) ? null : decay
}

/** The parameters whose decay differs from entry to entry. */
function scaledBy({ form, constants }: Lane): ReadonlySet<string> {
  return new Set(Object.keys(form.decayScale(constants)))
}

type Weighed = { readonly mirrors: FoundMirrors; readonly decay: number | null; readonly rows: Rows; readonly isWhole: boolean }

/** Why there is no Lyapunov exponent; null where there is one. */
function whyNot({ lane, network, limit }: Subject, { mirrors: { rank }, decay, rows, isWhole }: Weighed): WhyNoExponent | null {
  const { optimiser, noise } = lane.study
  const isPlain = optimiser.kind === 'sgd' && optimiser.momentum === 0 && optimiser.clip === undefined
  if (!isPlain) return 'optimiser'
  if (optimiser.schedule.kind !== 'constant') return 'schedule'
  if ((noise.gradient?.std ?? 0) > 0) return 'gradient-noise'
  if (decay === null) return 'decay'
  if (rank > mostRank) return 'rank'
  const labels = noise.label === undefined || isOneSample(network) ? 0 : network.size.outputs
  const { batch } = optimiser
  const seen = batch === 'full' ? rows.x.rows : Math.min(batch, rows.x.rows)
  const isFair = isWhole || (batch === 'full' ? labels === 0 : batch <= rows.x.rows) // noise of fewer rows is another
  const products = (1 + labels) * rank * rows.x.rows * operationsOfProduct * multiplicationsIn(network)
  const blocks = (1 + labels) * rows.x.rows * rank ** 2
  const draws = (batch === 'full' && labels === 0 ? 0 : 20_000) * seen * (1 + labels)
  return isFair && products <= limit / 4 && blocks <= mostBlockNumbers && draws <= 1e9 ? null : 'cost'
}

function stepsOf({ lane: { study } }: Subject, decay: number | null): NoisySteps | null {
  const { optimiser, noise } = study
  const { learningRate, batch } = optimiser
  const labelNoise = noise.label === undefined ? null : { kind: noise.label.kind, std: noise.label.std }
  return decay === null ? null : { learningRate, weightDecay: decay, batch, labelNoise }
}

type Row = {
  readonly mirrors: FoundMirrors
  readonly named: Named
  readonly decay: number | null
  readonly measured: Measured
  readonly why: WhyNoExponent | null
}

function rowOf({ lane }: Subject, { mirrors, named, decay, measured, why }: Row): MirrorRow {
  const { reflection, place, candidates, checked, rank, error } = mirrors
  const { mirror, residual, threshold, exponent } = measured
  const isKnown = Number.isFinite(threshold.threshold)
  const known = isKnown ? { value: threshold.threshold, accuracy: threshold.accuracy, converged: threshold.converged } : null
  return {
    ...named,
    reflection,
    place: place.name,
    candidates,
    checked,
    nearest: reflection === 'rotation' || reflection === 'mean' ? 'n' : unitsOf(mirror.name),
    count: mirrors.mirrors.length,
    rank,
    error,
    onMirror: onMirrorOf(reflection),
    residual: Number.isFinite(residual) ? residual : null,
    threshold: known,
    decay,
    verdict: known === null || decay === null ? null : verdictOf(decay, known),
    exponent: exponent === null ? null : exponentOf(exponent),
    whyNoExponent: exponent === null ? (why ?? 'not-finite') : null,
    isKept: keepsReflection({ place, reflection }, stepsAsked(lane), scaledBy(lane)),
  }
}

/** The units in a mirror's name, counted from 1 as a reader counts: swap:layer1:0↔1 is 1↔2. */
function unitsOf(name: string): string {
  return (name.split(':').at(-1) ?? '').replaceAll(/\d+/g, (unit) => String(Number(unit) + 1))
}

function stepsAsked({ study: { optimiser, noise, regularisation } }: Lane) {
  return { optimiser, gradientNoise: noise.gradient, regularisation }
}

/** γ against γ_loc: what is nearer than the accuracy of γ_loc is left open. Source: theory.md 2.1. */
export function verdictOf(decay: number, { value, accuracy }: { value: number; accuracy: number }): 'attracts' | 'repels' | 'undecided' {
  const tolerance = accuracy + rounding * Math.max(1, Math.abs(value), decay)
  if (Math.abs(decay - value) <= tolerance) return 'undecided'
  return decay > value ? 'attracts' : 'repels'
}

function exponentOf({ value, standardError, estimator, count }: Exponent): MirrorExponent {
  return { value, low: value - normalQuantile * standardError, high: value + normalQuantile * standardError, estimator, count }
}

/** The model's own symmetries that are gone first, then the candidates that never were any. */
function rejectedRows(groups: readonly Group[]): RejectedRow[] {
  const isWhole = (reflection: Reflection, place: Place) =>
    groups.some(({ found, place: { name } }) => name === place.name && found?.reflection === reflection && found.checked === found.mirrors.length) // prettier-ignore
  const isShown = (family: string, reflection: Reflection, place: Place) =>
    groups.some((one) => one.found !== null && one.named.family === family && one.reflection === reflection && one.place !== place) ||
    (reflection === 'negated-swap' && isWhole('swap', place) && isWhole('flip', place)) // a flip, then a swap
  const rows = groups.flatMap(({ rejected, named, reflection, place }): RejectedRow[] => {
    if (rejected === null) return []
    const { candidates, checked, rejected: count, least, largest } = rejected
    const isExpected = named.family !== null && !isShown(named.family, reflection, place)
    return [{ ...named, reflection, place: place.name, candidates, checked, rejected: count, least, largest, isExpected }]
  })
  return rows.toSorted((a, b) => Number(b.isExpected) - Number(a.isExpected))
}

/** What the model's own account says of its symmetries, with the values now of what the flow keeps where the model is trained as it is. */
function familyRows({ lane, theta }: Subject, found: readonly MirrorRow[]): SymmetryFamily[] {
  const { study } = lane
  const isPlain = study.reparametrise.length === 0
  const like = lengthsOf(study.model, lane.size)
  return familiesOf(study.model).map((family) => {
    const { kind, name, title, hasMirrors, isFinite, onMirror, blocks, conserved } = family
    const rate = commonDecay(study, blocks)
    return {
      symmetry: kind,
      family: name,
      title,
      mirrors: isFinite ? family.mirrors(like).length : null,
      onMirror: hasMirrors ? onMirror : null,
      keptBy: hasMirrors ? optimiserNames.filter((optimiser) => keepsMirrors(family, { optimiser: { kind: optimiser } })) : [],
      isFound: hasMirrors ? found.some((row) => row.family === name) : null,
      isKept: hasMirrors ? keepsMirrors(family, stepsAsked(lane)) : null,
      conserved: conserved === null || !isPlain ? null : conservedOf(conserved.tex, conserved.of(theta), { rate, lane }),
    }
  })
}

function conservedOf(tex: string, values: Float64Array, { rate, lane }: { rate: number; lane: Lane }): ConservedQuantity {
  const largest = values.every(Number.isFinite) ? maxAbs(values) : null
  return { tex, entries: values.length, largest, rate: Number.isNaN(rate) ? null : 4 * rate, isKept: keepsFlow(stepsAsked(lane)) }
}
