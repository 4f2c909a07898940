/**
 * What a model is: parameters, a function of them, and the plain weights that it amounts to.
 *
 * Stacked parameters carry the runs along their first axis; a single run's parameters are plain arrays without it. Every function of tensors is
 * written once: an engine runs it in float32 to train, the float64 engine to measure.
 */
import type { z } from 'zod'
import type { Words } from '#core/contract/values.ts'
import type { Tensor, Tensors } from '#core/engines/ops.ts'
import type { Key } from '#core/numerics/random/key.ts'
import type { Kind } from '../kind.ts'

export type ParameterShape = { readonly name: string; readonly shape: readonly number[] }
export type Parameters = Readonly<Record<string, Float64Array>>

/** Columns of x and of y. */
export type Size = { readonly inputs: number; readonly outputs: number }

/**
 * A layer of neurons between two weights, as their names: column j of `incoming` [inputs, width] goes into neuron j, row j of `outgoing` [width, outputs] out
 * of it. Odd: σ(−z) = −σ(z). Homogeneous: σ(ρz) = ρσ(z) for ρ > 0.
 */
export type Neurons = {
  readonly name: string
  readonly incoming: string
  readonly bias: string | null
  readonly outgoing: string
  readonly activation: 'odd' | 'homogeneous' | 'linear' | 'other'
}

/** The vector that the theory speaks about: the entries of a model's weight, or its singular values. */
export type Subject = {
  readonly kind: 'coefficients' | 'singular-values'
  readonly weight: string
  readonly title: Words
}

export type ModelKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** Names and shapes of one run's parameters, in the order in which they are stored and hashed. Fails: 'invalid-input' for a size that it cannot have. */
  parameters(settings: z.output<Schema>, size: Size): readonly ParameterShape[]
  /** One run's parameters before the first step, float64; rounded to float32 when they are stacked. */
  init(settings: z.output<Schema>, size: Size, key: Key): Parameters
  /** The model's output [R, n, q] for x [n, d], or [R, n, d] when every run has its own. */
  apply(settings: z.output<Schema>, parameters: Tensors, x: Tensor): Tensor
  /** Names of the weights, in the order of the layers. */
  weightNames(settings: z.output<Schema>): readonly string[]
  /** The weights of the plain network that computes the same, each [R, rows, columns]; biases are not weights. */
  weights(settings: z.output<Schema>, parameters: Tensors): Tensors
  neurons(settings: z.output<Schema>): readonly Neurons[]
  /** Activations of the neurons for x, [R, n, width] of each layer, under the layer's name. */
  hidden(settings: z.output<Schema>, parameters: Tensors, x: Tensor): Tensors
  subject(settings: z.output<Schema>): Subject
  /** Two parameters whose product is all that the loss sees of them, entry by entry or as matrices: what a rescaling or rotation symmetry acts on. */
  factors(settings: z.output<Schema>): readonly [string, string] | null
  /** Of a model that is given by its loss, and not by a map from x to y: what its data are, row by row. It goes with the loss `energy` and no other model does. */
  readonly energyRows?: readonly string[]
  /** Of a model of images: whether it takes their shape from data that are images, since its settings don't say it. */
  readsImages?(settings: z.output<Schema>): boolean
  /** Whether runs gain nothing from one program: each is then a stack of its own. */
  readonly trainsAlone?: boolean
  /** Multiplications that one row costs forward, where they are more than one for each entry of the weights. */
  multiplications?(settings: z.output<Schema>, size: Size): number
  /** f(x) in TeX. */
  formula(settings: z.output<Schema>): string
}

/** How the coefficients of a linear model are called: by their feature, and by their target where there are several. */
export function coefficientNames(features: readonly string[], targets: readonly string[]): readonly string[] {
  return targets.length === 1 ? features : features.flatMap((feature) => targets.map((target) => `${feature}→${target}`))
}
