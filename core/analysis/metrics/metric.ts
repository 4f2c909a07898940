/**
 * What a metric is: one or more columns, each a number for one run at one step, computed in float64 from its float32 parameters.
 *
 * NaN or ±∞ among the parameters gives NaN (the registry sees to it); nothing is dropped. A column says to which studies it applies, so that the plan knows
 * what will be recorded before anything runs.
 */
import type { Words } from '#core/contract/values.ts'
import type { Dataset, Part } from '#core/learning/data/data.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import type { Mirror } from '#core/symmetry/mirror.ts'
import type { Prediction } from '#core/symmetry/oracles/oracle.ts'

/** What is known of a run before it starts. */
export type Facts = {
  readonly hasTest: boolean
  readonly hasValidation: boolean
  readonly hasOracle: boolean
  readonly hasMirrors: boolean
  readonly hasZeros: boolean
}

export type MetricContext = {
  readonly parameters: Parameters
  readonly coefficients: Float64Array // of the model, [d]
  readonly mirrors: readonly Mirror[]
  readonly data: Dataset
  readonly weightDecay: number
  readonly prediction: Prediction | null
  readonly leastMargin: number // zeros of the theory with a smaller margin cannot have been resolved by now: 3.5(1 − μ)/(ηt)
  loss(part: Part): number // of the data, without decay
}

export type Column = {
  readonly name: string
  readonly title: Words
  readonly unit: string // '1' is dimensionless
  readonly scale: 'linear' | 'log' // how it is drawn
  /** Whether `of` looks at the coefficients and the data alone, so that the theory's coefficients give the theory's value. */
  readonly isPredictable: boolean
  applies(facts: Facts): boolean
  of(context: MetricContext): number
}

export type Metric = { readonly kind: string; readonly title: Words; readonly columns: readonly Column[] }
