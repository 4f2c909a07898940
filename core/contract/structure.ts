/**
 * What the weights of one network say, layer by layer, of a run or of a file of another program. Missing numbers are null, never NaN: a weight that is
 * NaN or ±∞ leaves its layer without numbers, and a note says so.
 */
import { z } from 'zod'
import { runState } from './runs.ts'
import { count, float64Array, id, words } from './values.ts'

const share = z.number().min(0).max(1)

/** Singular values and the five numbers that are called a rank: theory.md section 9. */
export const layerSpectrum = z.strictObject({
  singularValues: float64Array, // descending
  numericRank: count, // σ > 10⁻³ σ₁
  machineRank: count, // σ > max(rows, columns) ε σ₁, ε of the dtype
  effectiveRank: z.number(),
  stableRank: z.number(),
  energyRank: count, // 99 % of Σσ²
})
export type LayerSpectrum = z.infer<typeof layerSpectrum>

export const structureLayer = z.strictObject({
  name: z.string(),
  dtype: z.string(), // in which the numbers were born
  shape: z.array(count),
  entries: count,
  sparsity: z.array(z.strictObject({ threshold: z.number(), share: share.nullable() })), // share of weights with |w| < threshold
  exactZeros: share.nullable(),
  norm: z.number().nullable(),
  matrix: z.strictObject({ rows: count, columns: count }).nullable(), // null for a vector; a kernel as out × (in · h · w)
  spectrum: layerSpectrum.nullable(), // null for a vector too
})
export type StructureLayer = z.infer<typeof structureLayer>

/** A layer of neurons between two weights: which of them are copies of each other, and which have vanished. */
export const structureNeurons = z.strictObject({
  name: z.string(),
  activation: z.enum(['odd', 'homogeneous', 'linear', 'other']),
  incoming: z.string(),
  bias: z.string().nullable(),
  outgoing: z.string(),
  width: count,
  survivors: count.nullable(),
  groups: count.nullable(),
  members: z.array(z.array(count)), // the neurons of each group, its representative first
  vanishing: z.array(count),
})
export type StructureNeurons = z.infer<typeof structureNeurons>

/** How near the nearest mirror of a family of symmetries is: ‖Oᵀθ‖ / ‖θ‖, in [0, 1]. */
export const structureMirror = z.strictObject({
  family: z.string(), // as in the metrics' names: rescaling, permutation-layer1
  symmetry: z.enum(['rescaling', 'rotation', 'permutation', 'sign-flip']),
  title: words,
  onMirror: z.enum(['zero', 'equal', 'dependent']), // what it says of the units to be on one
  residual: z.number().nullable(),
  places: count.nullable(), // units, or pairs of them, that have mirrors; null for a rotation, which has one for every direction
  reached: count.nullable(), // of these with a residual below 10⁻³
})
export type StructureMirror = z.infer<typeof structureMirror>

export const structureNote = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not-finite'), layer: z.string() }), // holds NaN or ±∞, or has a norm beyond float64
  z.strictObject({ kind: z.literal('left-out'), name: z.string() }), // whole numbers that float64 does not hold
  z.strictObject({ kind: z.literal('too-large'), layer: z.string(), rows: count, columns: count }), // its spectrum would take too long
  z.strictObject({ kind: z.literal('no-activation') }), // homogeneity needs an activation that a file does not name
  z.strictObject({ kind: z.literal('no-neurons') }), // an activation was given, but no layer follows another
  z.strictObject({ kind: z.literal('stack'), runs: count }), // a file of this program, of several runs
  z.strictObject({ kind: z.literal('diverged'), step: count }), // the weights are the run's last finite ones
  z.strictObject({ kind: z.literal('stopped-by-gate'), step: count }), // the weights are those of that step
])
export type StructureNote = z.infer<typeof structureNote>

export const structureContent = z.strictObject({
  layers: z.array(structureLayer),
  neurons: z.array(structureNeurons),
  mirrors: z.array(structureMirror),
  notes: z.array(structureNote),
})
export type StructureContent = z.infer<typeof structureContent>

export const structureOrigin = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run'),
    run: id,
    study: id,
    state: runState,
    parameters: z.enum(['final', 'checkpoint']),
    step: count, // after which the weights were these
    steps: count,
  }),
  z.strictObject({ kind: z.literal('file'), name: z.string(), bytes: count }),
])
export type StructureOrigin = z.infer<typeof structureOrigin>

export const structure = structureContent.extend({ origin: structureOrigin })
export type Structure = z.infer<typeof structure>

export const structureQuery = z.strictObject({ run: id })
export type StructureQuery = z.input<typeof structureQuery>
