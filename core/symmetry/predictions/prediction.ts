/**
 * What an oracle is: the theory's value for a trained model, computed without training and without any code of the trainer.
 *
 * The closed forms themselves are in `oracles/`; here is said to which studies each applies.
 */
import type { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import type { Words } from '#core/contract/values.ts'
import type { Part } from '#core/learning/data/data.ts'
import type { lossKinds } from '#core/learning/losses/registry.ts'
import type { modelKinds } from '#core/learning/models/registry.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import type { GradientNoise } from '#core/learning/noise/gradientNoise.ts'
import type { optimiserKinds } from '#core/learning/optimisers/registry.ts'
import { weightDecayOf, type Regularisation } from '#core/learning/regularisation.ts'
import type { Reparametrisation } from '#core/learning/reparametrise/registry.ts'
import type { NoiseLaw } from '../oracles/lyapunov.ts'

type SettingsOf<Registry extends Record<string, { readonly settings: z.ZodType }>> = z.output<Registry[keyof Registry]['settings']>

/** What is trained, as far as the theory asks: a resolved study, without its factors. */
export type Trained = {
  readonly model: SettingsOf<typeof modelKinds>
  readonly data: {
    readonly kind: string
    readonly columns?: number | undefined // of a matrix of given singular values
    readonly y?: readonly (readonly number[])[] | undefined // of rows in the study
  }
  readonly reparametrise: readonly Reparametrisation[]
  readonly loss: SettingsOf<typeof lossKinds>
  readonly optimiser: SettingsOf<typeof optimiserKinds>
  readonly noise: {
    readonly label?: { readonly std: number; readonly kind?: NoiseLaw | undefined } | undefined
    readonly gradient?: GradientNoise | undefined
  }
  readonly regularisation: Regularisation
  readonly tasks: readonly unknown[]
}

/** One run: what is trained, on what, and what was drawn once for its reparametrisations. */
export type Subject = { readonly trained: Trained; readonly data: Part; readonly constants: Parameters }

/**
 * `vector`: what the theory says that the model's subject becomes: its coefficients, or its singular values in decreasing order; NaN where it says nothing.
 * `margin`, of the same length: for an entry that the theory sets to zero the δ with which gradient descent ends it, e^{−4ηδt}, in units of γ whatever the loss; NaN
 * where the entry is not zero. Of a product under one decay it is how far inside the zero region the entry lies: its critical weight decay is γ − δ (of a decoupled
 * decay (1 − μ)γ − δ); where the subject is a factor itself, which falls half as fast, γ − 2δ. `oracle` is its number in the handbook.
 */
export type Prediction = { readonly oracle: string; readonly vector: Float64Array; readonly margin: Float64Array }

export type Oracle = {
  readonly kind: string
  readonly number: string // in the handbook, for instance `8.2`
  readonly title: Words
  speaksOf(trained: Trained): boolean
  predict(subject: Subject): Prediction
}

/** Whether nothing but the loss and its decays acts: no noise, no task that changes. */
export function isPlain({ noise, tasks }: Trained): boolean {
  return (noise.label?.std ?? 0) === 0 && (noise.gradient?.std ?? 0) === 0 && tasks.length === 0
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

/** Whether the loss is of squares: c·(1/n)Σ‖f − y‖². */
export function isMeanSquare(trained: Trained): boolean {
  return !Number.isNaN(meanSquareScale(trained, 1))
}

type Decayed = Pick<Trained, 'optimiser' | 'regularisation'>

/**
 * γ of each of some trained parameters, as the minimisers see it. A decay beside the step has the minimisers of (1 − μ)γ for gradient descent with momentum μ, if no
 * gradient is clipped, and of no γ for adaptive optimisers: NaN.
 * Source: theory.md 0.2, 11.3.
 */
export function decaysOf({ optimiser, regularisation }: Decayed, names: readonly string[]): readonly number[] {
  return names.map((name) => asMinimised(optimiser, weightDecayOf(regularisation, name)))
}

function asMinimised(optimiser: Trained['optimiser'], weightDecay: number): number {
  if (weightDecay === 0) return 0
  switch (optimiser.kind) {
    case 'sgd':
      if (!optimiser.decoupled) return weightDecay
      return optimiser.clip === undefined ? (1 - optimiser.momentum) * weightDecay : Number.NaN
    case 'adam':
      return weightDecay
    case 'adamw':
      return Number.NaN
    case 'rmsprop':
      return optimiser.decoupled ? Number.NaN : weightDecay
  }
}

/** The γ that some trained parameters have in common; NaN if they differ. */
export function commonDecay(trained: Decayed, names: readonly string[]): number {
  const [first = Number.NaN, ...others] = decaysOf(trained, names)
  return others.every((decay) => decay === first) ? first : Number.NaN
}

/**
 * The γ that D factors with decays of their own amount to, their geometric mean: min Σγ_k u_k² at a given product is D(Πγ_k)^{1/D}|v|^{2/D}. NaN where some factors
 * have no decay and others do: the least cost is approached and never reached.
 * Source: theory.md 0.4, 8.1.
 */
export function productDecay(trained: Decayed, names: readonly string[]): number {
  const decays = decaysOf(trained, names)
  const [first = Number.NaN] = decays
  if (decays.every((decay) => decay === first)) return first // exactly, without a root
  return decays.includes(0) ? Number.NaN : decays.reduce((product, decay) => product * decay ** (1 / decays.length), 1)
}

/**
 * δ of e^{−4ηδt}, with which a product of two factors dies: half of the smaller eigenvalue of [[2γ_u, −2c], [−2c, 2γ_w]], for equal decays γ − c.
 *
 * @param decays  γ_u, γ_w
 * @param pull    c ≥ 0: ½|∂ℓ/∂v| at v = 0
 */
export function dyingRate([u = Number.NaN, w = Number.NaN]: readonly number[], pull: number): number {
  return (u + w - Math.hypot(u - w, 2 * pull)) / 2
}

/**
 * γ/c of a loss c·(1/n)Σ‖f − y‖²: the decay that the mean of squares itself would need for the same minimisers; NaN for other losses, and where parameters have decays
 * of their own.
 * Source: theory.md 0.2–0.4.
 */
export function meanSquareDecay(trained: Pick<Trained, 'loss' | 'optimiser' | 'regularisation'>, rows: number): number {
  const { weightDecay, groups } = trained.regularisation
  return groups.length > 0 ? Number.NaN : asMinimised(trained.optimiser, weightDecay) / meanSquareScale(trained, rows)
}

/** The closed form's vector; NaN in every place where it refuses, as of a problem with many solutions. A study trains without a prediction too. */
export function orUnknown(length: number, closedForm: () => Float64Array): Float64Array {
  try {
    return closedForm()
  } catch (error) {
    if (error instanceof Refusal) return unknown(length)
    throw error
  }
}

/** NaN in every place. */
export function unknown(length: number): Float64Array {
  return new Float64Array(length).fill(Number.NaN)
}
