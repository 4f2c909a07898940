/**
 * One step of a whole stack: inputs, loss, gradient, noise, decay, clipping, update, and the masks that keep a run that has ended from its neighbours.
 *
 * Lanes never meet in any operation, so the bits of a run do not depend on what its neighbours do.
 */
import { assert } from '#core/contract/errors.ts'
import {
  add,
  all,
  cast,
  clipByValue,
  div,
  gather,
  isFinite as isFiniteEach,
  keep,
  laneChoice,
  logicalAnd,
  minimum,
  mul,
  reshape,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  valueAndGrads,
  type Scalar,
  type Tensor,
  type Tensors,
} from '#core/engines/ops.ts'
import type { Dataset } from '#core/learning/data/data.ts'
import { stackConstants } from '#core/learning/reparametrise/reparametrise.ts'
import { weightDecayOf } from '#core/learning/regularisation.ts'
import { isConstant } from '#core/learning/schedules/registry.ts'
import { dataOf, lossOf, modelOf, optimiserOf } from '#core/study/kinds.ts'
import type { Lane } from './lanes.ts'

/** Lanes of one stack, with the data that each has during a task. */
export type StepParts = { readonly lanes: readonly Lane[]; readonly data: readonly Dataset[] }

/** From state and feeds to the next state. */
export function trainingStep({ lanes, data }: StepParts): (state: Tensors, feeds: Tensors) => Tensors {
  const [{ study, size, form }] = lanes as [Lane] // a stack has at least one run, and the study of any serves: their shape is one
  const [model, loss, optimiser] = [modelOf(study), lossOf(study), optimiserOf(study)]
  const inputs = inputsOf(lanes, data)
  const constants = stackConstants(
    model.kind.parameters(model.settings, size),
    lanes.map((lane) => lane.constants),
  )
  const decay = decayOf(lanes)
  const numberOf = numbersOf(lanes)
  const labelStd = perRun(lanes, (lane) => lane.study.noise.label?.std ?? 0)
  const isDecoupled = optimiser.kind.isDecoupled(optimiser.settings)
  return (state, feeds) => {
    const parameters = part(state, 'parameter/')
    const names = Object.keys(parameters)
    const { x, y } = inputs(feeds)
    const target = feeds['labelNoise'] === undefined ? y : add(y, mul(labelStd(3), feeds['labelNoise'])) // [R, n, q]
    let losses: Tensor | undefined
    const total = (...values: Tensor[]) => {
      const trained = Object.fromEntries(names.map((name, i) => [name, values[i] as Tensor])) // as many values as names
      const output = model.kind.apply(model.settings, form.expand(trained, constants), x)
      losses = keep(loss.kind.of(loss.settings, output, target)) // [R]
      return sum<Scalar>(losses) // the sum over runs has each run's own gradient in its lane
    }
    const { grads } = valueAndGrads(total)(Object.values(parameters))
    assert(losses !== undefined, 'training step: the loss was computed')
    const ofLoss = Object.fromEntries(names.map((name, i) => [name, grads[i] as Tensor])) // as above
    const noisy = withNoise(lanes, ofLoss, feeds)
    const gradients = clipped(study.optimiser.clip, isDecoupled ? noisy : sums(noisy, decay(parameters)))
    const number = (name: string, rank: number) => numberOf(name, { rank, feeds })
    const next = optimiser.kind.update(optimiser.settings, {
      gradients,
      parameters,
      state: part(state, 'optimiser/'),
      number,
      scalar: (name) => named(feeds, `scalar/${name}`),
    })
    const moved = isDecoupled ? shrunk(next.parameters, { by: decay(parameters), number }) : next.parameters
    const after = survive(state, { parameters: moved, optimiser: next.state, losses })
    losses.dispose() // kept beyond the scope of the gradients, and nobody's now
    return after
  }
}

/** Inputs of a step: x [n, d] or [R, n, d], y [n, q] or [R, n, q]; rows of minibatches are gathered from the flattened lanes. */
type Inputs = (feeds: Tensors) => { readonly x: Tensor; readonly y: Tensor }

function inputsOf(lanes: readonly Lane[], data: readonly Dataset[]): Inputs {
  const R = lanes.length
  const [{ study }] = lanes as [Lane] // as above
  const isShared = dataOf(study).kind.isShared(dataOf(study).settings)
  const sources = isShared ? data.slice(0, 1) : data
  const stack = (of: 'x' | 'y') => {
    const { rows, columns } = (sources[0] as Dataset).train[of] // as many as lanes, or one
    const values = new Float32Array(sources.length * rows * columns)
    for (const [r, { train }] of sources.entries()) values.set(train[of].values, r * rows * columns)
    return { all: tensor(values, isShared ? [rows, columns] : [R, rows, columns]), flat: [sources.length * rows, columns] as const }
  }
  const [x, y] = [stack('x'), stack('y')]
  const flatX = reshape(x.all, [...x.flat])
  const flatY = reshape(y.all, [...y.flat])
  return ({ rows }) => {
    if (rows === undefined) return { x: x.all, y: y.all }
    const batch = (rows.shape[0] ?? 0) / R
    return { x: reshape(gather(flatX, rows), [R, batch, x.flat[1]]), y: reshape(gather(flatY, rows), [R, batch, y.flat[1]]) }
  }
}

/** One number for each run, as [R, 1, …, 1] of the wanted rank. */
function perRun(lanes: readonly Lane[], value: (lane: Lane) => number): (rank: number) => Tensor {
  const column = tensor(Float32Array.from(lanes, value), [lanes.length])
  return (rank) => reshape(column, [lanes.length, ...new Array<number>(rank - 1).fill(1)])
}

/** The gradient of the decay, 2γθ, of every parameter that has one in some run. */
function decayOf(lanes: readonly Lane[]): (parameters: Tensors) => Tensors {
  const [{ form }] = lanes as [Lane] // as above
  const scales = lanes.map((lane) => lane.form.decayScale(lane.constants))
  const twice = form.trained.flatMap(({ name, shape }) => {
    if (lanes.every((lane) => weightDecayOf(lane.study.regularisation, name) === 0)) return []
    const perLane = perRun(lanes, (lane) => 2 * weightDecayOf(lane.study.regularisation, name))(shape.length + 1)
    if (scales[0]?.[name] === undefined) return [[name, perLane] as const]
    const size = shape.reduce((product, n) => product * n, 1)
    const metric = new Float32Array(lanes.length * size)
    for (const [r, scale] of scales.entries()) metric.set(scale[name] ?? [], r * size)
    return [[name, mul(perLane, tensor(metric, [lanes.length, ...shape]))] as const]
  })
  return (parameters) => Object.fromEntries(twice.map(([name, factor]) => [name, mul(factor, named(parameters, name))]))
}

function numbersOf(lanes: readonly Lane[]): (name: string, at: { rank: number; feeds: Tensors }) => Tensor {
  const [{ study }] = lanes as [Lane] // as above
  const { kind, settings } = optimiserOf(study)
  const hasSchedule = !isConstant(settings.schedule)
  const numbers = new Map(
    Object.keys(kind.numbers(settings)).map((name) => [
      name,
      perRun(lanes, (lane) => kind.numbers(lane.study.optimiser)[name] ?? Number.NaN),
    ]),
  )
  return (name, { rank, feeds }) => {
    const of = numbers.get(name)
    assert(of !== undefined, `training step: the optimiser has no number ${name}`)
    return hasSchedule && name === 'learningRate' ? mul(of(rank), named(feeds, 'scalar/schedule')) : of(rank)
  }
}

function withNoise(lanes: readonly Lane[], gradients: Tensors, feeds: Tensors): Tensors {
  const [{ study }] = lanes as [Lane] // as above
  const { gradient } = study.noise
  if (gradient === undefined) return gradients
  const std = perRun(lanes, (lane) => lane.study.noise.gradient?.std ?? 0)
  return Object.fromEntries(
    Object.entries(gradients).map(([name, g]) => {
      const draw = mul(std(g.rank), named(feeds, `gradientNoise/${name}`)) // σξ
      return [name, gradient.kind === 'multiplicative' ? mul(g, add(draw, scalar(1))) : add(g, draw)]
    }),
  )
}

function sums(gradients: Tensors, more: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, more[name] === undefined ? gradient : add(gradient, more[name])]),
  )
}

/** Each run's gradient shortened to a norm, min(1, c/‖g‖)g, or its entries cut to a size. */
function clipped(clip: { norm: number } | { value: number } | undefined, gradients: Tensors): Tensors {
  if (clip === undefined) return gradients
  const entries = Object.entries(gradients)
  if ('value' in clip) return Object.fromEntries(entries.map(([name, g]) => [name, clipByValue(g, -clip.value, clip.value)]))
  const squares = entries.map(([, g]) => sum(square(reshape(g, [g.shape[0] ?? 0, -1])), 1)) // [R] each
  const norm = sqrt(squares.reduce((so, one) => add(so, one)))
  const factor = minimum(scalar(1), div(scalar(clip.norm), norm)) // a gradient of zero: c/0 = ∞, and the factor is 1
  return Object.fromEntries(
    entries.map(([name, g]) => [name, mul(g, reshape(factor, [g.shape[0] ?? 0, ...g.shape.slice(1).map(() => 1)]))]),
  )
}

/** θ − η · 2γθ, beside the update. */
function shrunk(parameters: Tensors, { by, number }: { by: Tensors; number: (name: string, rank: number) => Tensor }): Tensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const decay = by[name]
      return [name, decay === undefined ? parameter : sub(parameter, mul(number('learningRate', parameter.rank), decay))]
    }),
  )
}

function named(record: Tensors, name: string): Tensor {
  const found = record[name]
  assert(found !== undefined, `training step: nothing is named ${name}`)
  return found
}

function part(state: Tensors, prefix: string): Tensors {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  )
}

/** The next state: what each run computed if all of it is finite, what it had otherwise. */
function survive(state: Tensors, next: { readonly parameters: Tensors; readonly optimiser: Tensors; readonly losses: Tensor }): Tensors {
  const { alive, survived, finiteLoss, stoppedBy } = state
  assert(
    alive !== undefined && survived !== undefined && finiteLoss !== undefined && stoppedBy !== undefined,
    'training step: the state is incomplete',
  )
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
    stoppedBy, // changes between steps only
  }
}

/** [R, …] → [R], bool */
function allFinite(x: Tensor): Tensor {
  return all(isFiniteEach(reshape(x, [x.shape[0] ?? 0, -1])), -1)
}
