/**
 * One step of a whole stack as a tensor program: loss, gradient, decay, update, and the masks that keep a diverged run from its
 * neighbours.
 *
 * State, with R the runs: `parameter/NAME` and `optimiser/NAME` [R, …]; `alive` [R] bool; `survived` [R] int32, the steps that left everything finite;
 * `finiteLoss` [R] int32, the steps whose loss was finite while the run lived. A run dies at the first step whose loss or new parameters are not
 * finite; it keeps its last finite parameters. Lanes never meet in any operation, so the bits of a run do not depend on what its neighbours do.
 */
import { assert } from '#core/contract/errors.ts'
import {
  add,
  all,
  cast,
  gather,
  inScope,
  isFinite as isFiniteEach,
  keep,
  laneChoice,
  logicalAnd,
  mul,
  reshape,
  sum,
  tensor,
  valueAndGrads,
  type Scalar,
  type Tensor,
  type Tensors,
} from '#core/engines/ops.ts'
import { captureProgram, type Program } from '#core/engines/program.ts'
import type { FeedValues } from '#core/engines/recording.ts'
import { dataOf, lossOf, modelOf, optimiserOf } from '#core/plan/lanes.ts'
import type { Lane } from './lanes.ts'

export type StackState = Readonly<
  Record<
    string,
    {
      readonly shape: readonly number[]
      readonly dtype: 'float32' | 'int32' | 'bool'
      readonly values: Float32Array | Int32Array | Uint8Array
    }
  >
>

/** The state before the first step. */
export function startState(lanes: readonly Lane[]): StackState {
  const [first] = lanes
  assert(first !== undefined, 'startState: a stack has at least one run')
  const R = lanes.length
  const [model, optimiser] = [modelOf(first.study), optimiserOf(first.study)]
  const parameters = model.kind.parameters(model.settings, first.data.features.length)
  const state: Record<string, StackState[string]> = {}
  for (const { name, shape } of parameters) {
    const size = shape.reduce((product, n) => product * n, 1)
    const values = new Float32Array(R * size)
    for (const [r, { start }] of lanes.entries()) values.set(start[name] ?? [], r * size)
    state[`parameter/${name}`] = { shape: [R, ...shape], dtype: 'float32', values }
  }
  for (const { name, shape } of optimiser.kind.state(optimiser.settings, parameters)) {
    const full = [R, ...shape]
    state[`optimiser/${name}`] = { shape: full, dtype: 'float32', values: new Float32Array(full.reduce((product, n) => product * n, 1)) }
  }
  return { ...state, ...lifeState(new Int32Array(R), new Int32Array(R), 0) }
}

/** The part of the state that counts: a run lives at `step` if it has survived every step. */
export function lifeState(survived: Int32Array, finiteLoss: Int32Array, step: number): StackState {
  const shape = [survived.length]
  return {
    alive: { shape, dtype: 'bool', values: Uint8Array.from(survived, (steps) => (steps === step ? 1 : 0)) },
    survived: { shape, dtype: 'int32', values: survived },
    finiteLoss: { shape, dtype: 'int32', values: finiteLoss },
  }
}

export type TrainingProgram = {
  /** Step `step`, counted from 0. */
  advance(step: number): void
  read(name: string): Float32Array | Int32Array | Uint8Array
  readonly kernels: Program['kernels']
  dispose(): void
}

export function captureTraining(lanes: readonly Lane[], state: StackState): TrainingProgram {
  const [first] = lanes
  assert(first !== undefined, 'captureTraining: a stack has at least one run')
  const R = lanes.length
  const n = first.data.train.x.rows
  const { batch } = optimiserOf(first.study).settings
  const isFull = batch === 'full'
  const isShared = dataOf(first.study).kind.isShared(dataOf(first.study).settings)
  const program = inScope(() => {
    const tensors = Object.fromEntries(
      Object.entries(state).map(([name, { values, shape, dtype }]) => [name, tensor(values, [...shape], dtype)]),
    )
    return captureProgram({
      state: tensors,
      feeds: isFull ? {} : { rows: { shape: [R * batch], dtype: 'int32' } },
      step: stepOf(lanes, isShared),
    })
  })
  const rows = new Int32Array(isFull ? 0 : R * batch)
  const feeds: FeedValues = isFull ? {} : { rows }
  return {
    advance(step) {
      if (!isFull) drawRows(lanes, { step, rows, stride: isShared ? 0 : n })
      program.advance(feeds)
    },
    read: (name) => program.read(name),
    kernels: program.kernels,
    dispose: () => program.dispose(),
  }
}

/** Writes the minibatch of every lane into `rows` [R · B]; the data of lanes lie `stride` rows apart, 0 where they share it. */
function drawRows(lanes: readonly Lane[], { step, rows, stride }: { step: number; rows: Int32Array; stride: number }): void {
  const batch = rows.length / lanes.length
  for (const [r, lane] of lanes.entries()) {
    const own = rows.subarray(r * batch, (r + 1) * batch)
    lane.batches(step, own)
    for (const i of own.keys()) own[i] = (own[i] ?? 0) + r * stride
  }
}

/** Inputs of a step: x [n, d] or [R, n, d], y [n] or [R, n]; rows of minibatches are gathered from the flattened lanes. */
type Inputs = (feeds: Tensors) => { readonly x: Tensor; readonly y: Tensor }

function inputsOf(lanes: readonly Lane[], isShared: boolean): Inputs {
  const R = lanes.length
  const sources = isShared ? lanes.slice(0, 1) : lanes
  const [{ data }] = sources as [Lane] // a stack has at least one run
  const { rows: n, columns: d } = data.train.x
  const xs = new Float32Array(sources.length * n * d)
  const ys = new Float32Array(sources.length * n)
  for (const [r, lane] of sources.entries()) {
    xs.set(lane.data.train.x.values, r * n * d)
    ys.set(lane.data.train.y, r * n)
  }
  const x = tensor(xs, isShared ? [n, d] : [R, n, d])
  const y = tensor(ys, isShared ? [n] : [R, n])
  const flatX = reshape(x, [sources.length * n, d])
  const flatY = reshape(y, [sources.length * n])
  return ({ rows }) => {
    if (rows === undefined) return { x, y }
    const batch = (rows.shape[0] ?? 0) / R
    return { x: reshape(gather(flatX, rows), [R, batch, d]), y: reshape(gather(flatY, rows), [R, batch]) }
  }
}

/** One number for each run, as [R, 1, …, 1] of the wanted rank. */
function perRun(lanes: readonly Lane[], value: (lane: Lane) => number): (rank: number) => Tensor {
  const column = tensor(Float32Array.from(lanes, value), [lanes.length])
  return (rank) => reshape(column, [lanes.length, ...new Array<number>(rank - 1).fill(1)])
}

function stepOf(lanes: readonly Lane[], isShared: boolean): (state: Tensors, feeds: Tensors) => Tensors {
  const [{ study }] = lanes as [Lane, ...Lane[]] // checked by the caller; the study of any run serves, for the stack's runs have one shape
  const [model, loss, optimiser] = [modelOf(study), lossOf(study), optimiserOf(study)]
  const inputs = inputsOf(lanes, isShared)
  const twiceDecay = perRun(lanes, (lane) => 2 * lane.study.regularisation.weightDecay)
  const numbers = new Map(
    Object.keys(optimiser.kind.numbers(optimiser.settings)).map((name) => [
      name,
      perRun(lanes, (lane) => optimiser.kind.numbers(lane.study.optimiser)[name] ?? Number.NaN),
    ]),
  )
  return (state, feeds) => {
    const parameters = part(state, 'parameter/')
    const names = Object.keys(parameters)
    const { x, y } = inputs(feeds)
    let losses: Tensor | undefined
    const total = (...values: Tensor[]) => {
      const output = model.kind.apply(model.settings, Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor])), x) // as many values as names
      losses = keep(loss.kind.of(loss.settings, output, y)) // [R]
      return sum<Scalar>(losses) // the sum over runs has each run's own gradient in its lane
    }
    const { grads } = valueAndGrads(total)(Object.values(parameters))
    assert(losses !== undefined, 'training step: the loss was computed')
    const gradients = Object.fromEntries(
      names.map((name, i) => {
        const parameter = parameters[name] as Tensor // of the same record
        return [name, add(grads[i] as Tensor, mul(twiceDecay(parameter.rank), parameter))] // ∇ℓ + 2γθ
      }),
    )
    const next = optimiser.kind.update(optimiser.settings, {
      gradients,
      parameters,
      state: part(state, 'optimiser/'),
      number: (name, rank) => numberOf(numbers, name)(rank),
    })
    const after = survive(state, { parameters: next.parameters, optimiser: next.state, losses })
    losses.dispose() // kept beyond the scope of the gradients, and nobody's now
    return after
  }
}

function numberOf(numbers: ReadonlyMap<string, (rank: number) => Tensor>, name: string): (rank: number) => Tensor {
  const of = numbers.get(name)
  assert(of !== undefined, `training step: the optimiser has no number ${name}`)
  return of
}

function part(state: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  )
}

/** The next state: what each run computed if all of it is finite, what it had otherwise. */
function survive(state: Tensors, next: { readonly parameters: Tensors; readonly optimiser: Tensors; readonly losses: Tensor }): Tensors {
  const { alive, survived, finiteLoss } = state
  assert(alive !== undefined && survived !== undefined && finiteLoss !== undefined, 'training step: the state is incomplete')
  const lossIsFinite = logicalAnd(alive, isFiniteEach(next.losses)) // [R]
  const lives = Object.values(next.parameters).reduce<Tensor>((so, parameter) => logicalAnd(so, allFinite(parameter)), lossIsFinite) // [R]
  const chosen: Record<string, Tensor> = {}
  const choose = laneChoice(lives)
  for (const [prefix, tensors] of [
    ['parameter/', next.parameters],
    ['optimiser/', next.optimiser],
  ] as const) {
    for (const [name, value] of Object.entries(tensors)) chosen[prefix + name] = choose(value, state[prefix + name] as Tensor) // the step keeps the state's names
  }
  return {
    ...chosen,
    alive: lives,
    survived: add(survived, cast(lives, 'int32')),
    finiteLoss: add(finiteLoss, cast(lossIsFinite, 'int32')),
  }
}

/** [R, …] → [R], bool */
function allFinite(x: Tensor): Tensor {
  return all(isFiniteEach(reshape(x, [x.shape[0] ?? 0, -1])), -1)
}
