/**
 * What a symmetry is: families of transformations of a model's parameters that change no output, and the mirrors among them.
 *
 * A family knows its model's settings but not its data's columns: those it reads off the lengths of the parameters that it is given.
 */
import type { Words } from '#core/contract/values.ts'
import type { modelKinds } from '#core/learning/models/registry.ts'
import type { Parameters } from '#core/learning/models/model.ts'
import type { GradientNoise } from '#core/learning/noise/gradientNoise.ts'
import { optimiserKinds } from '#core/learning/optimisers/registry.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import type { Key } from '#core/numerics/random/key.ts'
import type { z } from 'zod'
import type { Mirror } from '../mirror.ts'

/** The settings of any model. */
export type ModelSettings = { [K in keyof typeof modelKinds]: z.output<(typeof modelKinds)[K]['settings']> }[keyof typeof modelKinds]

/** How many entries each parameter has; parameters themselves will do. */
export type Lengths = Readonly<Record<string, { readonly length: number }>>

/** An element of a family's group, as numbers for its units. */
export type GroupElement =
  | { readonly kind: 'scale'; readonly factors: Float64Array; readonly first: string; readonly second: string } // first · ρ, second / ρ
  | { readonly kind: 'exchange'; readonly signs: Float64Array; readonly first: string; readonly second: string } // 1: u ↔ w, −1: u ↔ −w, 0: stays
  | { readonly kind: 'signs'; readonly signs: Float64Array }
  | { readonly kind: 'order'; readonly order: Int32Array } // the unit that each place gets
  | { readonly kind: 'orthogonal'; readonly q: Matrix }

/** What the flow of the loss keeps, for every loss: it changes by decay and by the size of a step alone (theory.md 8.6). */
export type Conserved = { readonly tex: string; of(parameters: Parameters): Float64Array }

export type SymmetryFamily = {
  readonly kind: 'rescaling' | 'rotation' | 'permutation' | 'sign-flip'
  readonly name: string // of the family within its model: lower case, digits, hyphens
  readonly title: Words
  readonly blocks: readonly string[] // the parameters that it touches
  /** Whether any of its transformations is a reflection that leaves the origin where it is. */
  readonly hasMirrors: boolean
  /** Whether its mirrors can be counted. */
  readonly isFinite: boolean
  /** What Oᵀθ = 0 says: units are zero (or dead), two are equal up to sign, or all are linearly dependent (the rank is lower). */
  readonly onMirror: 'zero' | 'equal' | 'dependent'
  /** Whether its reflections only move entries about and turn their signs, which is what an entrywise optimiser commutes with. */
  readonly areSignedPermutations: boolean
  element(key: Key, like: Lengths): GroupElement
  /** The parameters moved by an element: the model's output is the same. */
  act(parameters: Parameters, element: GroupElement): Parameters
  /** All mirrors of a finite family, none of a continuous one. */
  mirrors(like: Lengths): readonly Mirror[]
  /** The mirror with a normal n [units] of length 1, in a continuous family. */
  readonly mirrorAt: ((n: Float64Array, like: Lengths) => Mirror) | null
  /**
   * ‖Oᵀθ‖ / ‖θ‖ with θ all of the blocks: of each unit, or each pair of units, the nearest of its mirrors; in a continuous family the smallest there is, alone;
   * nothing where there is no mirror. 0 for θ = 0; NaN where an entry is NaN or ±∞ (theory.md section 3).
   */
  residuals(parameters: Parameters): Float64Array
  readonly conserved: Conserved | null
}

export type Symmetry = { readonly kind: SymmetryFamily['kind']; readonly title: Words; of(model: ModelSettings): readonly SymmetryFamily[] }

/** What of a study decides whether a mirror, once reached, is kept. */
export type Steps = {
  readonly optimiser: { readonly kind: keyof typeof optimiserKinds; readonly clip?: { norm: number } | { value: number } | undefined }
  readonly gradientNoise?: GradientNoise | undefined
}

/**
 * Whether small steps keep, but for decay, what the flow of the loss keeps: plain gradient descent, of which a step changes it by η². Momentum and memories follow another flow.
 * Source: theory.md 8.6.
 */
export function keepsFlow({ optimiser, gradientNoise }: Steps & { readonly optimiser: { readonly momentum?: number } }): boolean {
  const isClipped = optimiser.clip !== undefined && 'value' in optimiser.clip
  return optimiser.kind === 'sgd' && (optimiser.momentum ?? 0) === 0 && !isClipped && (gradientNoise?.std ?? 0) === 0
}

/**
 * Whether a step of training takes a point of the family's mirrors to a point of the same mirror: whether the update commutes with the reflection.
 *
 * Steps that are linear in gradients keep every mirror, entrywise ones those whose reflection is a signed permutation; noise on the gradient keeps none, but that
 * multiplicative noise is 0 where the gradient is, and so keeps a mirror at which entries vanish. In exact arithmetic: rounding may lead off a
 * mirror that is unstable.
 * Source: theory.md 1.7.
 */
export function keepsMirrors(
  family: Pick<SymmetryFamily, 'areSignedPermutations' | 'onMirror'>,
  { optimiser, gradientNoise }: Steps,
): boolean {
  if (gradientNoise !== undefined && gradientNoise.std > 0) {
    if (gradientNoise.kind !== 'multiplicative' || family.onMirror !== 'zero') return false
  }
  const isEntrywise =
    optimiserKinds[optimiser.kind].keeps === 'signed permutations' || (optimiser.clip !== undefined && 'value' in optimiser.clip)
  return family.areSignedPermutations || !isEntrywise
}
