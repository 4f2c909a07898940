/**
 * The job that says what the weights of a network look like, layer by layer: of a run, from its parameters and its study, or of a file of another
 * program.
 *
 * Of a run the weights are those of the plain network that it amounts to, held in float64; they were born in float32, so that is the ε of their machine rank.
 */
import { readFile } from 'node:fs/promises'
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import type { StructureContent, StructureLayer, StructureMirror, StructureNeurons, StructureNote } from '#core/contract/structure.ts'
import { canonicalRows, neuronRows } from '#core/analysis/metrics/homogeneity.ts'
import { homogeneity } from '#core/analysis/structure/homogeneity.ts'
import { layerStructures, type KernelLayout } from '#core/analysis/structure/layers.ts'
import { readSafetensors } from '#core/formats/safetensors.ts'
import type { Neurons } from '#core/learning/models/model.ts'
import { transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { machineRank } from '#core/numerics/linalg/rank.ts'
import { modelOf } from '#core/study/kinds.ts'
import type { JobContext } from '../childJob.ts'
import { plainNetwork, type PlainNetwork } from '../evaluate.ts'
import { makeLanes, type Lane } from '../lanes.ts'
import { laneParameters } from '../measure.ts'
import type { Result, StructureJob } from '../protocol.ts'
import { layerPairs, readWeights, type LayerPair, type NamedArray } from './structureFile.ts'
import { mirrorsOfNeurons, mirrorsOfRun, type NeuronWeights } from './structureMirrors.ts'
import { readerOf } from './train.ts'

const mostOperations = 1e12 // of one spectrum, or of one layer of neurons: some minutes
const float32Epsilon = 2 ** -23

/**
 * What would take more than `limit` multiplications is left out, and a note says so.
 * Fails: 'invalid-input' for a file that is none of weights, 'not-found' for one that cannot be read, 'store-failed' for damaged parameters of a run.
 */
export async function runStructure(
  { source }: StructureJob,
  job: Pick<JobContext, 'pause'>,
  limit = mostOperations,
): Promise<Extract<Result, { kind: 'structure' }>> {
  const context = { pause: () => job.pause(), limit }
  const content = source.kind === 'run' ? await structureOfRun(source, context) : await structureOfFile(source, context)
  return { kind: 'structure', content }
}

type Source<Kind> = Extract<StructureJob['source'], { kind: Kind }>
type Context = Pick<JobContext, 'pause'> & { readonly limit: number }

async function structureOfFile({ path, name, layout, activation }: Source<'file'>, context: Context): Promise<StructureContent> {
  const file = await readWeights({ path, name, layout })
  if (!file.networks.some(({ arrays }) => arrays.some(({ shape }) => shape.length >= 2)))
    throw new Refusal('invalid-input', `FILE: expected a matrix in it, got only vectors and numbers in ${quote(name)}`)
  const content = emptyContent(file.notes)
  let isNeuronFound = false
  for (const { prefix, arrays } of file.networks) {
    const named = arrays.map((array) => ({ ...array, name: `${prefix}${array.name}` }))
    await addLayers(content, named, { layout: file.layout, context })
    if (activation === null) continue
    for (const pair of layerPairs(arrays, file.layout)) {
      const layer = pairedLayer(pair, { prefix, arrays, layout: file.layout, activation })
      if (addNeurons(content, layer, context.limit)) content.mirrors.push(...mirrorsOfNeurons(layer.name, activation, layer.weights))
      isNeuronFound = true
      await context.pause()
    }
  }
  if (activation === null) content.notes.push({ kind: 'no-activation' })
  else if (!isNeuronFound) content.notes.push({ kind: 'no-neurons' })
  return content
}

type PairPlace = {
  readonly prefix: string
  readonly arrays: readonly NamedArray[]
  readonly layout: KernelLayout
  readonly activation: Neurons['activation']
}

/** The neurons between two layers of a file, called by what goes into them. */
function pairedLayer({ incoming, bias, outgoing }: LayerPair, { prefix, arrays, layout, activation }: PairPlace): Layer {
  const array = (name: string) => arrays.find((one) => one.name === name)
  return {
    name: `${prefix}${incoming}`,
    activation,
    incoming: `${prefix}${incoming}`,
    bias: bias === null ? null : `${prefix}${bias}`,
    outgoing: `${prefix}${outgoing}`,
    weights: {
      incoming: inputsFirst(array(incoming), layout),
      bias: bias === null ? null : (array(bias)?.values ?? null),
      outgoing: inputsFirst(array(outgoing), layout),
    },
  }
}

async function structureOfRun({ spec, lane: row, path, files }: Source<'run'>, context: Context): Promise<StructureContent> {
  const [lane] = makeLanes([spec], readerOf(files))
  assert(lane !== undefined, 'structure: one run is one lane')
  const trained = laneParameters(lane, { read: parametersIn(await readFile(path), lane), row })
  const network = plainNetwork(lane, trained)
  const content = emptyContent([])
  await addLayers(content, arraysOf(lane, network), { layout: 'output-last', context })
  const { kind, settings } = modelOf(lane.study)
  for (const { name, activation, incoming, bias, outgoing } of kind.neurons(settings)) {
    const [into, out] = [network.weights.get(incoming), network.weights.get(outgoing)]
    if (into === undefined || out === undefined) continue // of a factorised matrix: its inner neurons turn freely
    const weights = { incoming: into, bias: bias === null ? null : (network.plain[bias] ?? null), outgoing: out }
    addNeurons(content, { name, activation, incoming, bias, outgoing, weights }, context.limit)
    await context.pause()
  }
  content.mirrors.push(...mirrorsOfRun(lane.study, trained))
  return content
}

/** The stacked parameters [R, …] in a file of final parameters or in a checkpoint. Fails: 'store-failed' where one is missing or of another shape. */
export function parametersIn(bytes: Uint8Array, { form }: Lane): (name: string) => Float32Array {
  const { tensors } = readSafetensors(bytes)
  const shapes = new Map(form.trained.map(({ name, shape }) => [`parameter/${name}`, shape]))
  return (name) => {
    const found = tensors.get(name) ?? tensors.get(name.slice('parameter/'.length))
    if (found?.dtype === 'F32' && String(found.shape.slice(1)) === String(shapes.get(name))) return found.values
    throw new Refusal(
      'store-failed',
      `parameters: expected ${name} as float32 of its model's shape, got ${quote(found?.shape ?? 'nothing')}`,
    )
  }
}

/** The weights of the plain network; where these are parameters of the model, its other parameters too, which are biases. Factors say nothing alone. */
function arraysOf({ study, size }: Lane, { plain, weights }: PlainNetwork): NamedArray[] {
  const { kind, settings } = modelOf(study)
  const born = { dtype: 'float32', epsilon: float32Epsilon }
  const shapes = kind.parameters(settings, size)
  const isProduct = [...weights.keys()].some((name) => !shapes.some((one) => one.name === name))
  const matrices = new Map(
    [...weights].map(([name, { rows, columns, values }]) => [name, { name, ...born, shape: [rows, columns], values }]),
  )
  if (isProduct) return [...matrices.values()]
  return shapes.map(({ name, shape }) => matrices.get(name) ?? { name, ...born, shape, values: plain[name] ?? new Float64Array() })
}

/** A layer of neurons, with the names of its arrays and their values. */
type Layer = Neurons & { readonly weights: NeuronWeights }

type Content = {
  readonly layers: StructureLayer[]
  readonly neurons: StructureNeurons[]
  readonly mirrors: StructureMirror[]
  readonly notes: StructureNote[]
}

function emptyContent(notes: StructureNote[]): Content {
  return { layers: [], neurons: [], mirrors: [], notes }
}

async function addLayers(
  { layers, notes }: Content,
  arrays: readonly NamedArray[],
  { layout, context }: { layout: KernelLayout; context: Context },
): Promise<void> {
  for (const array of arrays) {
    layers.push(layerOf(array, { layout, notes, limit: context.limit }))
    await context.pause()
  }
}

function layerOf(
  { name, dtype, epsilon, shape, values }: NamedArray,
  { layout, notes, limit }: { layout: KernelLayout; notes: StructureNote[]; limit: number },
): StructureLayer {
  const isTooLarge = spectrumCost(shape, layout) > limit
  const [measured] = layerStructures({ [name]: { shape: isTooLarge ? [values.length] : shape, values } }, layout)
  assert(measured !== undefined, 'structure: one array is one layer')
  const { entries, sparsity, exactZeros, norm, matrix, spectrum } = measured
  const [rows, columns] = sizesOf(shape, layout)
  if (isTooLarge) notes.push({ kind: 'too-large', layer: name, rows, columns })
  if (entries > 0 && (!Number.isFinite(norm) || (spectrum !== null && Number.isNaN(spectrum.numericRank))))
    notes.push({ kind: 'not-finite', layer: name })
  return {
    name,
    dtype,
    shape: [...shape],
    entries,
    sparsity: sparsity.map(({ threshold, share }) => ({ threshold, share: finite(share) })),
    exactZeros: finite(exactZeros),
    norm: finite(norm),
    matrix: isTooLarge ? { rows, columns } : matrix,
    spectrum:
      spectrum === null || Number.isNaN(spectrum.numericRank)
        ? null
        : { ...spectrum, machineRank: machineRank(spectrum.singularValues, { rows, columns, epsilon }) },
  }
}

function sizesOf(shape: readonly number[], layout: KernelLayout): [number, number] {
  if (shape.length < 2) return [shape[0] ?? 1, 1]
  const outputs = (layout === 'output-first' || shape.length === 2 ? shape[0] : shape.at(-1)) ?? 0
  const entries = shape.reduce((product, length) => product * length, 1)
  return [outputs, outputs === 0 ? 0 : entries / outputs]
}

/** 4k²(max + k/3) operations, as `singularValues` says. */
function spectrumCost(shape: readonly number[], layout: KernelLayout): number {
  if (shape.length < 2) return 0
  const [rows, columns] = sizesOf(shape, layout)
  const [few, many] = [Math.min(rows, columns), Math.max(rows, columns)]
  return 4 * few ** 2 * (many + few / 3)
}

/** Returns whether the layer was small enough. */
function addNeurons({ neurons, notes }: Content, layer: Layer, limit: number): boolean {
  const { name, activation, incoming, bias, outgoing, weights } = layer
  const { rows: plain, outgoing: columns } = neuronRows(weights)
  if (plain.rows ** 2 * plain.columns > limit) {
    notes.push({ kind: 'too-large', layer: name, rows: plain.rows, columns: plain.columns })
    return false
  }
  const rows = canonicalRows(activation, plain, columns)
  const { width, survivors, groups, members, vanishing } = homogeneity(rows)
  neurons.push({
    name,
    activation,
    incoming,
    bias,
    outgoing,
    width,
    survivors: finite(survivors),
    groups: finite(groups),
    members: members.map((group) => [...group]),
    vanishing: [...vanishing],
  })
  return true
}

/** A matrix of a file as [inputs, outputs]. */
function inputsFirst(array: NamedArray | undefined, layout: KernelLayout): Matrix {
  const [rows, columns] = array?.shape ?? []
  assert(array !== undefined && rows !== undefined && columns !== undefined, 'structure: a pair is of two matrices of the file')
  const matrix = { rows, columns, values: array.values }
  return layout === 'output-first' ? transposed(matrix) : matrix
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
