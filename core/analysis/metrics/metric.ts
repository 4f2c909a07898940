/**
 * What a metric is: one or more columns, each a number for one run at one step, computed in float64 from its float32 parameters.
 *
 * NaN or ±∞ among the parameters gives NaN (the registry sees to it); nothing is dropped. A metric says which columns a study records, so that the plan knows
 * them before anything runs.
 */
import type { Words } from '#core/contract/values.ts'
import type { Dataset } from '#core/learning/data/data.ts'
import type { Neurons, Parameters, Subject } from '#core/learning/models/model.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import type { Prediction } from '#core/symmetry/predictions/prediction.ts'
import type { SymmetryFamily } from '#core/symmetry/symmetries/symmetry.ts'

/** What is known of a run before it starts. */
export type Facts = {
  readonly hasTest: boolean
  readonly hasValidation: boolean
  readonly isClassification: boolean
  readonly hasOracle: boolean
  readonly hasMirrors: boolean
  readonly families: readonly Pick<SymmetryFamily, 'name' | 'title' | 'isFinite'>[] // symmetries of what is trained that have mirrors
  readonly subject: Subject
  readonly weights: readonly string[] // of the plain network
  readonly matrices: readonly string[] // those of them that have a rank
  readonly neurons: readonly Neurons[]
  readonly factors: readonly [string, string] | null // two plain parameters whose product the loss sees: entries of both, or matrices
}

export type PartName = 'train' | 'validation' | 'test'

/** How a run does on a part of its data. */
export type Score = { readonly loss: number; readonly accuracy: number } // the loss without decay; the accuracy is NaN where there are no classes

export type MetricContext = {
  readonly facts: Facts
  readonly parameters: Parameters // what is trained
  readonly plain: Parameters // the model's own, after its reparametrisations
  readonly vector: Float64Array // the model's subject: coefficients, or singular values
  readonly families: readonly SymmetryFamily[] // of the facts' and perhaps others
  readonly data: Dataset // of the task
  readonly weightDecay: number // γ for the mean of squares: of other losses and optimisers that with the same minimisers, NaN where there is none
  readonly prediction: Prediction | null
  readonly leastMargin: number // zeros of the theory with a smaller margin cannot have been resolved by now: 3.5(1 − μ)/(ηt)
  score(part: PartName): Score
  /** A weight of the plain network, [inputs, outputs] of its layer. */
  weight(name: string): Matrix
  /** Its singular values in decreasing order. */
  spectrum(name: string): Float64Array
  /** The activations of a layer of neurons on the training part, at most its first 1,000 rows: [rows, neurons]. */
  activations(neurons: Neurons): Matrix
}

export type Column = {
  readonly name: string
  readonly title: Words
  readonly scale: 'linear' | 'log' // how it is drawn
  /** Whether the theory's vector in place of the run's gives the theory's value. */
  readonly isPredictable: boolean
  /** Whether it is linear in the vector: then its mean over time is its value at the mean vector. */
  readonly isLinear?: boolean
  of(context: MetricContext): number
}

export type Metric = { readonly kind: string; readonly title: Words; columns(facts: Facts): readonly Column[] }

/** The same columns for each of several parts of a network, named and titled by the part; for a single one without its name. */
export function forEachPart(parts: readonly string[], columns: (part: string) => readonly Column[]): readonly Column[] {
  return parts.flatMap((part) =>
    columns(part).map((column) =>
      parts.length === 1
        ? column
        : { ...column, name: `${column.name}:${part}`, title: { en: `${column.title.en}, ${part}`, ja: `${column.title.ja}(${part})` } },
    ),
  )
}
