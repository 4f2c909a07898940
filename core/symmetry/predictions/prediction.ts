/**
 * What an oracle is: the theory's value for a trained model, computed without training and without any code of the trainer.
 *
 * The closed forms themselves are in `oracles/`; here is said to which studies each applies.
 */
import type { z } from 'zod'
import type { Words } from '#core/contract/values.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { lossKinds } from '#core/learning/losses/registry.ts'
import type { modelKinds } from '#core/learning/models/registry.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import type { GradientNoise } from '#core/learning/noise/gradientNoise.ts'
import type { optimiserKinds } from '#core/learning/optimisers/registry.ts'
import type { Reparametrisation } from '#core/learning/reparametrise/registry.ts'

type SettingsOf<Registry extends Record<string, { readonly settings: z.ZodType }>> = z.output<Registry[keyof Registry]['settings']>

/** What is trained, as far as the theory asks: a resolved study, without its factors. */
export type Trained = {
  readonly model: SettingsOf<typeof modelKinds>
  readonly data: { readonly kind: string }
  readonly reparametrise: readonly Reparametrisation[]
  readonly loss: SettingsOf<typeof lossKinds>
  readonly optimiser: SettingsOf<typeof optimiserKinds>
  readonly noise: { readonly label?: { readonly std: number } | undefined; readonly gradient?: GradientNoise | undefined }
  readonly regularisation: {
    readonly weightDecay: number
    readonly groups: readonly { readonly parameters: string; readonly weightDecay: number }[]
  }
  readonly tasks: readonly unknown[]
}

/** One run: what is trained, on what, and what was drawn once for its reparametrisations. */
export type Subject = { readonly trained: Trained; readonly data: Part; readonly constants: Parameters }

/**
 * `vector`: what the theory says that the model's subject becomes: its coefficients, or its singular values in decreasing order. `margin`, of the same length:
 * for an entry that the theory sets to zero, how far inside the zero region it lies, in units of γ whatever the loss (its critical weight decay is γ − margin; of a
 * decoupled decay (1 − μ)γ − margin); NaN where the entry is not zero. `oracle` is its number in the handbook.
 */
export type Prediction = { readonly oracle: string; readonly vector: Float64Array; readonly margin: Float64Array }

export type Oracle = {
  readonly kind: string
  readonly number: string // in the handbook, for instance `8.2`
  readonly title: Words
  speaksOf(trained: Trained): boolean
  predict(subject: Subject): Prediction
}

/** Whether nothing but the loss and its decay acts: no noise, no task that changes, one decay for all. */
export function isPlain({ noise, tasks, regularisation }: Trained): boolean {
  return (noise.label?.std ?? 0) === 0 && (noise.gradient?.std ?? 0) === 0 && tasks.length === 0 && regularisation.groups.length === 0
}

/** c of a loss c·(1/n)Σ‖f − y‖² over n rows, of a sum over the rows of a step c their number; NaN for other losses. Source: theory.md 0.3. */
export function meanSquareScale({ loss, optimiser: { batch } }: Pick<Trained, 'loss' | 'optimiser'>, rows: number): number {
  switch (loss.kind) {
    case 'mse':
      return loss.scale
    case 'sse':
      return loss.scale * (batch === 'full' ? rows : batch)
    case 'cross-entropy':
    case 'energy':
      return Number.NaN
  }
}

/**
 * γ/c of a loss c·(1/n)Σ‖f − y‖²: the decay that the mean of squares itself would need for the same minimisers; NaN for other losses.
 * A decay beside the step has the minimisers of (1 − μ)γ for gradient descent with momentum μ, if no gradient is clipped, and of no γ for adaptive optimisers.
 * Source: theory.md 0.2–0.4.
 */
export function meanSquareDecay(trained: Pick<Trained, 'loss' | 'optimiser' | 'regularisation'>, rows: number): number {
  const { optimiser, regularisation } = trained
  const { weightDecay } = regularisation
  const scale = meanSquareScale(trained, rows)
  switch (optimiser.kind) {
    case 'sgd':
      if (!optimiser.decoupled) return weightDecay / scale
      return optimiser.clip === undefined || weightDecay === 0 ? ((1 - optimiser.momentum) * weightDecay) / scale : Number.NaN
    case 'adam':
      return weightDecay / scale
    case 'adamw':
      return weightDecay === 0 ? 0 / scale : Number.NaN
    case 'rmsprop':
      return optimiser.decoupled && weightDecay > 0 ? Number.NaN : weightDecay / scale
  }
}

/** Whether a decay of the mean of squares exists for these settings. */
export function hasMeanSquareDecay(trained: Trained): boolean {
  return !Number.isNaN(meanSquareDecay(trained, 1))
}
