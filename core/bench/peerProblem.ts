/**
 * A problem as the peers read it: the data, starts and weight decays that Kagami's own plan draws for its runs, so that both train the same.
 *
 * x [R, samples, features], y [R, samples, 1], decay [R], learningRate [], and each parameter [R, …] under its name; float32, a .npz of NumPy's.
 */
import { assert } from '#core/contract/errors.ts'
import { writeNpz } from '#core/formats/npz.ts'
import type { WritableArray } from '#core/formats/npy.ts'
import { noFiles } from '#core/learning/data/noFiles.ts'
import type { Part } from '#core/learning/data/data.ts'
import { planStacks } from '#core/plan/plan.ts'
import { optimiserOf } from '#core/study/kinds.ts'
import { makeLanes, type Lane } from '#core/trainer/lanes.ts'
import { startState } from '#core/trainer/trainingProgram.ts'
import { openSource } from '#core/workbench/sources.ts'
import type { Problem } from './problems.ts'

/** The bytes of the .npz file of a problem, its runs in the order of its one stack. */
export function writePeerProblem(problem: Problem, resources: string): Uint8Array {
  const [source] = problem.studies(1)
  assert(source !== undefined, 'a problem in one part is one study')
  const { study, size } = openSource(source, resources)
  const [stack, ...more] = planStacks(study, { size, isWanted: () => true })
  assert(stack !== undefined && more.length === 0, `the runs of ${problem.name} train as one stack`)
  const runs = stack.runs.map(({ id, cell, replicate }) => ({
    run: id,
    study: JSON.parse(JSON.stringify(cell.study)) as never, // a checked study is JSON
    base: study.file.seeds.base,
    cell: cell.hash,
    replicate,
    stops: [],
  }))
  return writeNpz(arraysOf(makeLanes(runs, noFiles)))
}

function arraysOf(lanes: readonly Lane[]): Map<string, WritableArray> {
  const rates = new Set(lanes.map(({ study }) => study.optimiser.learningRate))
  const [rate] = rates
  const isPlain = lanes.every(({ study }) => optimiserOf(study).kind.kind === 'sgd' && study.optimiser.batch === 'full')
  assert(rates.size === 1 && rate !== undefined && isPlain, 'the peers step by plain gradient descent at one rate')
  const parameters = Object.entries(startState(lanes)).flatMap(([name, { shape, values }]) =>
    name.startsWith('parameter/') ? [[name.slice('parameter/'.length), { shape, values }] as const] : [],
  )
  return new Map<string, WritableArray>([
    ['x', stacked(lanes, 'x')],
    ['y', stacked(lanes, 'y')],
    ['decay', { shape: [lanes.length], values: Float32Array.from(lanes, ({ study }) => study.regularisation.weightDecay) }],
    ['learningRate', { shape: [], values: Float64Array.of(rate) }],
    ...parameters,
  ])
}

function stacked(lanes: readonly Lane[], of: keyof Part): WritableArray {
  const matrices = lanes.map(({ data }) => data.train[of])
  const { rows, columns } = matrices[0] ?? { rows: 0, columns: 0 }
  const values = new Float32Array(lanes.length * rows * columns)
  for (const [r, matrix] of matrices.entries()) values.set(matrix.values, r * rows * columns)
  return { shape: [lanes.length, rows, columns], values }
}
