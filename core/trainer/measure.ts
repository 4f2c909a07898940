/** Measures a stack: every column of every run in float64, from the float32 parameters of the moment. */
import { columnsOf } from '#core/analysis/metrics/registry.ts'
import type { Column, Facts, MetricContext, PartName, Score } from '#core/analysis/metrics/metric.ts'
import { resolvedMargin } from '#core/analysis/metrics/zeroAgreement.ts'
import { assert } from '#core/contract/errors.ts'
import { inFloat64 } from '#core/engines/ops.ts'
import type { Dataset, Part } from '#core/learning/data/data.ts'
import { coefficientNames, type Parameters } from '#core/learning/models/model.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { matrixProduct } from '#core/numerics/linalg/matrix.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { factsOf } from '#core/study/facts.ts'
import { modelOf } from '#core/study/kinds.ts'
import { meanSquareDecay } from '#core/symmetry/predictions/prediction.ts'
import { meanOracleFor } from '#core/symmetry/predictions/registry.ts'
import { familiesOf } from '#core/symmetry/symmetries/registry.ts'
import { fitsFloat64, hiddenOf, lossOfOutputs, plainNetwork, scoreOf, type PlainNetwork } from './evaluate.ts'
import type { Lane } from './lanes.ts'
import type { Began } from './protocol.ts'

const activationRows = 1_000 // of the training part: enough for a correlation, and bounded for 60,000 images

/** One run's trained parameters out of a stacked state: [R, …] float32 → [...] float64. */
export function laneParameters({ form }: Lane, { read, row }: { read: (name: string) => ArrayLike<number>; row: number }): Parameters {
  return Object.fromEntries(
    form.trained.map(({ name, shape }) => {
      const size = shape.reduce((product, n) => product * n, 1)
      const stacked = read(`parameter/${name}`)
      return [name, Float64Array.from({ length: size }, (_, i) => stacked[row * size + i] ?? Number.NaN)]
    }),
  )
}

/** The vector that the theory speaks about: the coefficients of a run, or its singular values in decreasing order; with the names of its entries. */
export function vectorOf(lane: Lane, trained: Parameters): { readonly names: readonly string[]; readonly vector: Float64Array } {
  return subjectVector(lane, plainNetwork(lane, trained))
}

function subjectVector({ study, data }: Lane, { weights }: PlainNetwork) {
  const model = modelOf(study)
  const subject = model.kind.subject(model.settings)
  const weight = weights.get(subject.weight)
  assert(weight !== undefined, `measure: the model has no weight ${subject.weight}`)
  if (subject.kind === 'coefficients') {
    const vector = weight.values
    const names = coefficientNames(data.features, data.targets)
    return { names: names.length === vector.length ? names : [...vector.keys()].map((i) => String(i + 1)), vector }
  }
  const vector = singularValues(weight)
  return { names: [...vector.keys()].map((i) => `σ${i + 1}`), vector }
}

export type Measure = {
  readonly names: readonly string[]
  /** What the theory says that each run will measure, where it speaks about a column; NaN for a run without a prediction. */
  predictions(): Began['predictions']
  of(state: { read: (name: string) => ArrayLike<number>; step: number; row: number }): readonly number[]
  /** What a run had at the step at which a gate stopped it; its parameters are still those. */
  ofStopped(state: { read: (name: string) => ArrayLike<number>; step: number; row: number }): readonly number[]
  /** The same of every run, in their order; `rest` is awaited between runs that take long. */
  ofAll(
    state: { read: (name: string) => ArrayLike<number>; step: number },
    rest: () => Promise<void>,
  ): Promise<readonly (readonly number[])[]>
}

/** What is recorded for the runs of a stack; a run that has diverged or was stopped is NaN in every column. */
export function measureOf(lanes: readonly Lane[]): Measure {
  const [first] = lanes
  assert(first !== undefined, 'measureOf: a stack has at least one run')
  const facts = factsOf(first.study)
  const columns = columnsOf(first.study.measure, facts)
  const families = familiesOf(first.study.model) // of one shape in all runs
  const of: Measure['of'] = (state) => (state.read('alive')[state.row] === 1 ? measured(state) : columns.map(() => Number.NaN))
  const measured: Measure['of'] = ({ read, step, row }) => {
    const lane = lanes[row]
    assert(lane !== undefined, 'measure: the row is a run of the stack')
    const context = contextOf(lane, { parameters: laneParameters(lane, { read, row }), step, facts, families })
    return columns.map((column) => column.of(context))
  }
  const isSmall = lanes.every(isInFloat64)
  return {
    names: columns.map(({ name }) => name),
    predictions: () => [
      ...predictionsOf(lanes, { columns: columns.filter(({ isPredictable }) => isPredictable), facts }),
      ...predictionsOf(lanes.map(ofMean), { columns: columns.filter(({ isLinear }) => isLinear === true), facts }),
    ],
    of,
    ofStopped: measured,
    ofAll: async (state, rest) => {
      const one = (_: Lane, row: number) => of({ ...state, row })
      if (isSmall) return inFloat64(() => lanes.map(one)) // entering float64 once for each run would cost as much as what is done there
      const all: (readonly number[])[] = []
      for (const [row, lane] of lanes.entries()) {
        all.push(one(lane, row))
        await rest()
      }
      return all
    },
  }
}

/** Whether nothing of a run goes through the engine when it is measured. */
function isInFloat64(lane: Lane): boolean {
  return lane.tasks.every(({ data: { train, validation, test } }) =>
    [train, validation, test].every((part) => part === null || fitsFloat64(lane, part)),
  )
}

type Moment = Pick<MetricContext, 'parameters' | 'facts' | 'families'> & { readonly step: number }

function contextOf(lane: Lane, { parameters, step, facts, families }: Moment): MetricContext {
  const network = plainNetwork(lane, parameters)
  const data = lane.tasks.findLast((task) => task.step < step)?.data ?? lane.data // of the steps that led here
  const weight = (name: string) => network.weights.get(name) ?? unknown(name)
  const vector = kept(() => subjectVector(lane, network).vector) // of a weight of 784 × 512 seconds, which few metrics ask for
  const hidden = kept(() => hiddenOf(lane, parameters, firstRows(data.train.x)))
  return {
    facts,
    parameters,
    plain: network.plain,
    get vector() {
      return vector()
    },
    families,
    data,
    weightDecay: meanSquareDecay(lane.study, data.train.x.rows),
    prediction: lane.prediction,
    leastMargin: resolvedMargin(lane.study.optimiser, step),
    score: keptFor((part: PartName) => scoredPart(data, part, (given) => scoreOf(lane, parameters, given))),
    weight,
    spectrum: keptFor((name: string) => singularValues(weight(name))),
    activations: ({ name }) => hidden().get(name) ?? unknown(name),
  }
}

function predictionsOf(lanes: readonly Lane[], { columns, facts }: { columns: readonly Column[]; facts: Facts }): Began['predictions'] {
  const oracle = lanes.find(({ prediction }) => prediction !== null)?.prediction?.oracle
  if (oracle === undefined) return []
  return columns.map((column) => ({
    metric: column.name,
    oracle,
    values: Float64Array.from(lanes, (lane) => predicted(lane, column, facts)),
  }))
}

/** The run with what the theory says of its mean over the second half of training, in place of what it says of its end. */
function ofMean(lane: Lane): Lane {
  const { study, data, constants } = lane
  return { ...lane, prediction: meanOracleFor(study)?.predict({ trained: study, data: data.train, constants }) ?? null }
}

/** What a column would see of a run with the theory's vector. */
function predicted(lane: Lane, column: Column, facts: Facts): number {
  const { prediction, data, study } = lane
  if (prediction === null) return Number.NaN
  const isLinear =
    facts.subject.kind === 'coefficients' &&
    study.loss.kind !== 'energy' && // its coefficients are no map from x to y
    prediction.vector.length === lane.size.inputs * lane.size.outputs
  const coefficients: Matrix = { rows: lane.size.inputs, columns: lane.size.outputs, values: prediction.vector }
  return column.of({
    facts,
    parameters: {},
    plain: {},
    vector: prediction.vector,
    families: [],
    data,
    weightDecay: meanSquareDecay(study, data.train.x.rows),
    prediction,
    leastMargin: Number.NaN,
    score: (part) =>
      scoredPart(data, part, (given) =>
        isLinear ? { loss: lossOfOutputs(lane, matrixProduct(given.x, coefficients), given), accuracy: Number.NaN } : noScore,
      ),
    weight: unknown,
    spectrum: unknown,
    activations: ({ name }) => unknown(name),
  })
}

const noScore: Score = { loss: Number.NaN, accuracy: Number.NaN }

function scoredPart(data: Dataset, name: PartName, score: (part: Part) => Score): Score {
  const part = data[name]
  return part === null ? noScore : score(part)
}

function firstRows({ rows, columns, values }: Matrix): Matrix {
  const count = Math.min(rows, activationRows)
  return { rows: count, columns, values: values.subarray(0, count * columns) }
}

function unknown(name: string): never {
  throw new Error(`bug: measure: a run has no ${name}`)
}

function kept<Value>(make: () => Value): () => Value {
  const made: Value[] = []
  return () => {
    if (made.length === 0) made.push(make())
    return made[0] as Value // made just above
  }
}

function keptFor<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>()
  return (key) => {
    const found = made.get(key)
    if (found !== undefined) return found
    const value = make(key)
    made.set(key, value)
    return value
  }
}
