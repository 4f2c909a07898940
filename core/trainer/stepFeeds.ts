/** What the host writes into a training program for every step: rows of minibatches, fresh noise, numbers that depend on the step. */
import { assert } from '#core/contract/errors.ts'
import type { Feed, FeedValues } from '#core/engines/recording.ts'
import { isConstant, scheduleFactor } from '#core/learning/schedules/registry.ts'
import { dataOf, optimiserOf } from '#core/study/kinds.ts'
import type { Lane } from './lanes.ts'

export type StepFeeds = {
  readonly shapes: Readonly<Record<string, Feed>>
  /** The values of step `step`, counted from 0, in arrays that the next call writes over. */
  values(step: number): FeedValues
}

type Source = { readonly shape: readonly number[]; readonly values: Int32Array | Float32Array; readonly fill: (step: number) => void }

/**
 * `rows` [R · B] int32 for minibatches; `labelNoise` [R, B, q]; `gradientNoise/NAME` [R, …]; `scalar/NAME` [] for the schedule and the optimiser.
 */
export function stepFeeds(lanes: readonly Lane[]): StepFeeds {
  const sources: Record<string, Source> = { ...rowSource(lanes), ...labelSource(lanes), ...gradientSources(lanes), ...scalarSources(lanes) }
  const values: FeedValues = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, source.values]))
  return {
    shapes: Object.fromEntries(
      Object.entries(sources).map(([name, source]) => [
        name,
        { shape: source.shape, dtype: source.values instanceof Int32Array ? 'int32' : 'float32' },
      ]),
    ),
    values: (step) => {
      for (const { fill } of Object.values(sources)) fill(step)
      return values
    },
  }
}

function firstOf(lanes: readonly Lane[]): Lane {
  const [first] = lanes
  assert(first !== undefined, 'stepFeeds: a stack has at least one run')
  return first
}

function rowSource(lanes: readonly Lane[]): Record<string, Source> {
  const { study, data } = firstOf(lanes)
  const { batch } = optimiserOf(study).settings
  if (batch === 'full') return {}
  const { kind, settings } = dataOf(study)
  const stride = kind.isShared(settings) ? 0 : data.train.x.rows // the rows of lanes lie one after another where each has its own
  const values = new Int32Array(lanes.length * batch)
  const fill = (step: number) => {
    for (const [r, lane] of lanes.entries()) {
      const own = values.subarray(r * batch, (r + 1) * batch)
      lane.batches(step, own)
      if (stride > 0) for (const i of own.keys()) own[i] = (own[i] ?? 0) + r * stride
    }
  }
  return { rows: { shape: [values.length], values, fill } }
}

function labelSource(lanes: readonly Lane[]): Record<string, Source> {
  const { study, data, labelNoise } = firstOf(lanes)
  if (labelNoise === null) return {}
  const { batch } = optimiserOf(study).settings
  const shape = [lanes.length, batch === 'full' ? data.train.y.rows : batch, data.train.y.columns]
  return { labelNoise: drawn(shape, (r) => lanes[r]?.labelNoise ?? null) }
}

function gradientSources(lanes: readonly Lane[]): Record<string, Source> {
  const { form, gradientNoise } = firstOf(lanes)
  return Object.fromEntries(
    form.trained.flatMap(({ name, shape }) =>
      gradientNoise[name] === undefined
        ? []
        : [[`gradientNoise/${name}`, drawn([lanes.length, ...shape], (r) => lanes[r]?.gradientNoise[name] ?? null)]],
    ),
  )
}

function drawn(shape: readonly number[], drawsOf: (r: number) => Lane['labelNoise']): Source {
  const [runs = 0] = shape
  const each = shape.slice(1).reduce((product, n) => product * n, 1)
  const values = new Float32Array(runs * each)
  const draws = Array.from({ length: runs }, (_, r) => drawsOf(r))
  return {
    shape,
    values,
    fill: (step) => {
      for (const [r, draw] of draws.entries()) if (draw !== null) values.set(draw(step), r * each)
    },
  }
}

function scalarSources(lanes: readonly Lane[]): Record<string, Source> {
  const { study } = firstOf(lanes)
  const { kind, settings } = optimiserOf(study)
  const { steps } = study.training
  const numbersAt = (step: number): Readonly<Record<string, number>> => ({
    ...kind.scalars(settings, step),
    ...(isConstant(settings.schedule) ? {} : { schedule: scheduleFactor(settings.schedule, { step, steps }) }),
  })
  return Object.fromEntries(
    Object.keys(numbersAt(0)).map((name) => {
      const values = new Float32Array(1)
      return [`scalar/${name}`, { shape: [], values, fill: (step: number) => void (values[0] = numbersAt(step)[name] ?? Number.NaN) }]
    }),
  )
}
