/**
 * The mirrors of one network, found by what it computes, and what each means where the network is: how far it is, from which decay on it attracts, whether noise alone
 * pulls to it. Missing numbers are null, never NaN; of why one is missing a word says.
 */
import { z } from 'zod'
import { runState } from './runs.ts'
import { count, id, real, words } from './values.ts'

/** translation: all entries of a softmax moved by one number, of which the reflection at the mean is a mirror. */
export const mirrorSymmetry = z.enum(['rescaling', 'rotation', 'permutation', 'sign-flip', 'translation'])
export type MirrorSymmetry = z.infer<typeof mirrorSymmetry>

export const mirrorReflection = z.enum(['flip', 'swap', 'negated-swap', 'exchange', 'negated-exchange', 'rotation', 'mean'])
export type MirrorReflection = z.infer<typeof mirrorReflection>

/** Where reflections were looked for, and of which symmetry they would be; `family` is null for one that the model's own account does not have. */
const candidateGroup = {
  symmetry: mirrorSymmetry,
  family: z.string().nullable(), // as in the metrics' names: rescaling, permutation-layer1
  title: words,
  reflection: mirrorReflection,
  place: z.string(), // layer1, u⊙w, columns of layer2.weight
  candidates: count, // there are; of a rotation, which has no end of them, directions that were tried
  checked: count,
}

/** An estimate of Λ per step with its 95 % interval; −∞ where a step lands on the mirror. */
export const mirrorExponent = z.strictObject({
  value: real,
  low: real,
  high: real,
  estimator: z.enum(['exact', 'draws', 'product of matrices']),
  count, // draws or steps of it; 0 where exact
})
export type MirrorExponent = z.infer<typeof mirrorExponent>

export const whyNoExponent = z.enum([
  'optimiser', // no plain SGD: momentum, a memory, or clipping
  'schedule', // the learning rate changes
  'gradient-noise', // which keeps no mirror
  'decay', // no one γ
  'rank', // above 32
  'cost',
  'not-finite',
])
export type WhyNoExponent = z.infer<typeof whyNoExponent>

/** Mirrors of one reflection at one place; the numbers are those of the nearest. */
export const mirrorRow = z.strictObject({
  ...candidateGroup,
  nearest: z.string(), // the units of the nearest, counted from 1: 1↔2; n of one that is no pair
  count, // mirrors found
  rank: count, // k of each
  error: z.number(), // the largest relative change of a sample's loss
  onMirror: z.enum(['zero', 'equal', 'dependent', 'mean-zero']),
  residual: z.number().nullable(), // ‖Oᵀθ‖ / ‖θ‖
  threshold: z.strictObject({ value: z.number(), accuracy: z.number(), converged: z.boolean() }).nullable(), // γ_loc; null where θ is not finite
  decay: z.number().nullable(), // γ of what it touches; null where there is no one γ of ℓ + γ‖θ‖²
  verdict: z.enum(['attracts', 'repels', 'undecided']).nullable(), // γ against γ_loc; null where one is missing
  exponent: mirrorExponent.nullable(),
  whyNoExponent: whyNoExponent.nullable(),
  isKept: z.boolean(), // whether a step of the study leads from a point of the mirror to another
})
export type MirrorRow = z.infer<typeof mirrorRow>

/** Candidates that change some sample's loss, and so are no mirrors. */
export const rejectedRow = z.strictObject({
  ...candidateGroup,
  rejected: count, // of those that were checked
  least: real, // the relative change of the sample's loss that changes most: of the candidate that is nearest to a mirror
  largest: real, // of the one that is furthest; NaN or ∞ where a loss is
  isExpected: z.boolean(), // whether the model has this symmetry, and the study has taken it away
})
export type RejectedRow = z.infer<typeof rejectedRow>

/** What the flow of the loss keeps; decay shrinks it as e^{−rate·t}, t = η · steps. */
export const conservedQuantity = z.strictObject({
  tex: z.string(),
  entries: count,
  largest: z.number().nullable(), // |C| now; null where θ is not finite
  rate: z.number().nullable(), // 4γ; null where there is no one γ
  isKept: z.boolean(), // whether small steps of the study keep it but for decay
})
export type ConservedQuantity = z.infer<typeof conservedQuantity>

export const optimiserNames = ['sgd', 'adam', 'adamw', 'rmsprop'] as const
export const optimiserName = z.enum(optimiserNames)

/** A symmetry of the model by its own account, before anything that the study puts on its parameters. */
export const symmetryFamily = z.strictObject({
  symmetry: mirrorSymmetry,
  family: z.string(),
  title: words,
  mirrors: count.nullable(), // null: one for every direction
  onMirror: z.enum(['zero', 'equal', 'dependent']).nullable(), // null: it has no mirror through the origin
  keptBy: z.array(optimiserName), // optimisers whose steps, without clipping and noise on the gradient, keep its mirrors
  isFound: z.boolean().nullable(), // whether the search has found a mirror of it; null where nobody searched, or without mirrors
  isKept: z.boolean().nullable(), // by the steps of the study; null without mirrors
  conserved: conservedQuantity.nullable(),
})
export type SymmetryFamily = z.infer<typeof symmetryFamily>

export const mirrorsNote = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not-finite') }), // θ holds NaN or ±∞
  z.strictObject({ kind: z.literal('diverged'), step: count }),
  z.strictObject({ kind: z.literal('fewer-rows'), used: count, rows: count }), // γ_loc and Λ are of some of the training data
  z.strictObject({ kind: z.literal('sampled'), groups: count }), // of so many groups only some candidates were tried
  z.strictObject({ kind: z.literal('too-large'), place: z.string(), reflection: mirrorReflection }), // one candidate does not fit into memory
  z.strictObject({ kind: z.literal('continued') }), // the run starts from the end of another: this is the point that it would have drawn
  z.strictObject({ kind: z.literal('tasks') }), // the data of the first or the current task
])
export type MirrorsNote = z.infer<typeof mirrorsNote>

export const mirrorsContent = z.strictObject({
  mirrors: z.array(mirrorRow),
  rejected: z.array(rejectedRow),
  families: z.array(symmetryFamily),
  notes: z.array(mirrorsNote),
})
export type MirrorsContent = z.infer<typeof mirrorsContent>

export const mirrorsOrigin = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run'),
    run: id,
    study: id,
    state: runState,
    parameters: z.enum(['final', 'checkpoint', 'start']),
    step: count, // after which the weights were these
    steps: count,
  }),
  z.strictObject({
    kind: z.literal('study'),
    name: z.string(),
    levels: z.array(z.strictObject({ factor: z.string(), label: z.string() })),
    replicate: count,
  }),
])
export type MirrorsOrigin = z.infer<typeof mirrorsOrigin>

export const mirrors = mirrorsContent.extend({ origin: mirrorsOrigin })
export type Mirrors = z.infer<typeof mirrors>

/** end: its final parameters, else its latest checkpoint. start: before the first step, which needs no training. */
export const mirrorsQuery = z.strictObject({ run: id, at: z.enum(['end', 'start']).default('end') })
export type MirrorsQuery = z.input<typeof mirrorsQuery>
