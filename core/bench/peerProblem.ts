/**
 * A problem as the peers read it: the data, starts, weight decays and minibatches that Kagami's own plan draws for its runs, so that all train the same.
 *
 * x [R, samples, features], y [R, samples, outputs], decay [R], learningRate [], chunk [] (steps after which losses are compared), and each parameter [R, …] under its
 * name; with minibatches also batches [chunk, batch], the rows of each of these steps; of a model with strides, strides [layers]. float32 but for the counts; a .npz of NumPy's.
 */
import { assert } from '#core/contract/errors.ts'
import { writeNpz } from '#core/formats/npz.ts'
import type { WritableArray } from '#core/formats/npy.ts'
import type { DataReader, Part } from '#core/learning/data/data.ts'
import { fileReader } from '#core/learning/data/fileReader.ts'
import { optimiserOf } from '#core/study/kinds.ts'
import { makeLanes, type Lane } from '#core/trainer/lanes.ts'
import { startState } from '#core/trainer/trainingProgram.ts'
import { openSource } from '#core/workbench/sources.ts'
import type { Problem } from './problem.ts'

/** The bytes of the .npz file of a problem, its runs in the order of their stacks; `folder` holds the problem's files. */
export function writePeerProblem(problem: Problem, { resources, folder }: { resources: string; folder: string }): Uint8Array {
  const [source] = problem.studies(1, { folder })
  assert(source !== undefined, 'a problem in one part is one study')
  const { study, stacks, files } = openSource(source, resources)
  assert(stacks.length === 1, `the runs of ${problem.name} train as one stack`)
  const runs = stacks.flatMap((stack) =>
    stack.runs.map(({ id, cell, replicate }) => ({
      run: id,
      study: JSON.parse(JSON.stringify(cell.study)) as never, // a checked study is JSON
      base: study.file.seeds.base,
      cell: cell.hash,
      replicate,
      stops: [],
    })),
  )
  const reader: DataReader = fileReader({ bytes: (path) => files(path).bytes, nameOf: (path) => files(path).name })
  return writeNpz(arraysOf(makeLanes(runs, reader), problem.comparedSteps))
}

function arraysOf(lanes: readonly Lane[], chunk: number): Map<string, WritableArray> {
  const rates = new Set(lanes.map(({ study }) => study.optimiser.learningRate))
  const [rate] = rates
  const isPlain = lanes.every(({ study }) => optimiserOf(study).kind.kind === 'sgd')
  assert(rates.size === 1 && rate !== undefined && isPlain, 'the peers step by plain gradient descent at one rate')
  const parameters = Object.entries(startState(lanes)).flatMap(([name, { shape, values }]) =>
    name.startsWith('parameter/') ? [[name.slice('parameter/'.length), { shape, values }] as const] : [],
  )
  return new Map<string, WritableArray>([
    ['x', stacked(lanes, 'x')],
    ['y', stacked(lanes, 'y')],
    ['decay', { shape: [lanes.length], values: Float32Array.from(lanes, ({ study }) => study.regularisation.weightDecay) }],
    ['learningRate', { shape: [], values: Float64Array.of(rate) }],
    ['chunk', { shape: [], values: Int32Array.of(chunk) }],
    ...batchesOf(lanes, chunk),
    ...stridesOf(lanes),
    ...parameters,
  ])
}

/** The rows of the first steps; nothing where every step sees all. */
function batchesOf(lanes: readonly Lane[], steps: number): readonly (readonly [string, WritableArray])[] {
  const [lane, ...more] = lanes
  const size = lane?.study.optimiser.batch ?? 'full'
  if (lane === undefined || size === 'full') return []
  assert(more.length === 0, 'of the problems only those of one run have minibatches')
  const values = new Int32Array(steps * size)
  for (let step = 0; step < steps; step += 1) lane.batches(step, values.subarray(step * size, (step + 1) * size))
  return [['batches', { shape: [steps, size], values }]]
}

function stridesOf([lane]: readonly Lane[]): readonly (readonly [string, WritableArray])[] {
  const model = lane?.study.model
  if (model?.kind !== 'convolutional') return []
  const { stride, channels } = model
  const values = Int32Array.from(channels, (_, l) => (typeof stride === 'number' ? stride : (stride[l] ?? 1)))
  return [['strides', { shape: [values.length], values }]]
}

function stacked(lanes: readonly Lane[], of: keyof Part): WritableArray {
  const matrices = lanes.map(({ data }) => data.train[of])
  const { rows, columns } = matrices[0] ?? { rows: 0, columns: 0 }
  const values = new Float32Array(lanes.length * rows * columns)
  for (const [r, matrix] of matrices.entries()) values.set(matrix.values, r * rows * columns)
  return { shape: [lanes.length, rows, columns], values }
}
