/** Measures a stack: every column of every run in float64, from the float32 parameters of the moment. */
import { columnsOf } from '#core/analysis/metrics/registry.ts'
import type { Column, MetricContext } from '#core/analysis/metrics/metric.ts'
import { resolvedMargin } from '#core/analysis/metrics/zeroAgreement.ts'
import { assert } from '#core/contract/errors.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import { matrixTimes } from '#core/numerics/linalg/matrix.ts'
import { lossOf, modelOf } from '#core/plan/lanes.ts'
import { factsOf } from '#core/study/facts.ts'
import { mirrorsOf } from '#core/symmetry/symmetries/registry.ts'
import type { Lane } from './lanes.ts'
import type { Began } from './protocol.ts'

/** One run's parameters out of a stacked state: [R, …] float32 → [...] float64. */
export function laneParameters(lane: Lane, { read, row }: { read: (name: string) => ArrayLike<number>; row: number }): Parameters {
  const model = modelOf(lane.study)
  return Object.fromEntries(
    model.kind.parameters(model.settings, lane.data.features.length).map(({ name, shape }) => {
      const size = shape.reduce((product, n) => product * n, 1)
      const stacked = read(`parameter/${name}`)
      return [name, Float64Array.from({ length: size }, (_, i) => stacked[row * size + i] ?? Number.NaN)]
    }),
  )
}

export function coefficientsOf({ study }: Lane, parameters: Parameters): Float64Array {
  const model = modelOf(study)
  return model.kind.coefficients(model.settings, parameters)
}

export type Measure = {
  readonly names: readonly string[]
  /** What the theory says that each run will measure, where it speaks about a column; NaN for a run without a prediction. */
  predictions(): Began['predictions']
  of(state: { read: (name: string) => ArrayLike<number>; step: number; row: number }): readonly number[]
}

/** What is recorded for the runs of a stack; a run that has diverged is NaN in every column. */
export function measureOf(lanes: readonly Lane[]): Measure {
  const [first] = lanes
  assert(first !== undefined, 'measureOf: a stack has at least one run')
  const columns = columnsOf(first.study.measure, factsOf(first.study))
  const mirrors = mirrorsOf(first.study.model, first.data.features.length)
  return {
    names: columns.map(({ name }) => name),
    predictions: () => {
      const oracle = lanes.find(({ prediction }) => prediction !== null)?.prediction?.oracle
      if (oracle === undefined) return []
      return columns
        .filter(({ isPredictable }) => isPredictable)
        .map((column) => ({ metric: column.name, oracle, values: Float64Array.from(lanes, (lane) => predicted(lane, column)) }))
    },
    of: ({ read, step, row }) => {
      const lane = lanes[row]
      assert(lane !== undefined, 'measure: the row is a run of the stack')
      if (read('alive')[row] !== 1) return columns.map(() => Number.NaN)
      const parameters = laneParameters(lane, { read, row })
      const context = {
        ...contextOf(lane, coefficientsOf(lane, parameters)),
        parameters,
        mirrors,
        leastMargin: resolvedMargin(lane.study.optimiser, step),
      }
      return columns.map((column) => column.of(context))
    },
  }
}

/** What a column sees of a run with these coefficients. */
function contextOf({ study, data, prediction }: Lane, coefficients: Float64Array): MetricContext {
  const loss = lossOf(study)
  return {
    parameters: {},
    coefficients,
    mirrors: [],
    data,
    weightDecay: study.regularisation.weightDecay,
    prediction,
    leastMargin: Number.NaN,
    loss: ({ x, y }: Part) => loss.kind.measure(loss.settings, matrixTimes(x, coefficients), y),
  }
}

function predicted(lane: Lane, column: Column): number {
  return lane.prediction === null ? Number.NaN : column.of(contextOf(lane, lane.prediction.coefficients))
}
