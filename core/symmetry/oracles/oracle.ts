/** What an oracle is: the theory's value for a trained model, computed without training and without any code of the trainer. */
import type { Words } from '#core/contract/values.ts'
import type { Part } from '#core/learning/data/data.ts'

/**
 * `coefficients` [d]: what the theory says that the model's coefficients become. `margin` [d]: for a coordinate that the theory sets to zero,
 * how far inside the zero region it lies (its critical weight decay is γ − margin); NaN where the coordinate is not zero.
 * `oracle` is its number in the handbook.
 */
export type Prediction = { readonly oracle: string; readonly coefficients: Float64Array; readonly margin: Float64Array }

export type Oracle = {
  readonly kind: string
  readonly number: string // in the handbook, for instance `8.2`
  readonly title: Words
  predict(data: Part, weightDecay: number): Prediction
}
