/** Engines: what computes, and the proof that it computes right. */
import { z } from 'zod'
import { refusalRecord } from './errors.ts'
import { count, real, unixMs } from './values.ts'

export const engineNames = ['wasm', 'tensorflow', 'webgpu', 'cpu'] as const
export const engineName = z.enum(engineNames)
export type EngineName = z.infer<typeof engineName>

/** A timed product of two random matrices against float64: `error` is the largest difference over the largest Σ_k |a_ik b_kj|. */
export const engineProof = z.strictObject({
  engine: engineName,
  available: z.boolean(),
  device: z.string().nullable(),
  size: real, // rows of the square factors
  error: real,
  bound: real, // what rounding allows: (size + 2) · 2⁻²⁴
  gflops: real,
  versions: z.record(z.string(), z.string()),
  reason: z.string().nullable(), // why it is not available, or what failed
})
export type EngineProof = z.infer<typeof engineProof>

/** Why a study takes the engine that it takes: it is named, the project began it so, KAGAMI_ENGINE says so, TensorFlow is installed, or nothing of these. */
export const engineReasons = ['named', 'begun', 'set', 'installed', 'embedded'] as const
export const engineReason = z.enum(engineReasons)
export const chosenEngine = z.strictObject({ engine: engineName, reason: engineReason })
export type ChosenEngine = z.infer<typeof chosenEngine>
export const defaultEngine = chosenEngine.extend({ reason: engineReason.extract(['set', 'installed', 'embedded']) })
export type DefaultEngine = z.infer<typeof defaultEngine>

/** The processor's TensorFlow, or the one for CUDA. */
export const variants = ['cpu', 'gpu'] as const
export const variant = z.enum(variants)
export type Variant = z.infer<typeof variant>

/** The steps of an installation, in their order. */
export const installStages = ['find', 'fetch', 'unpack', 'compile', 'prove', 'keep'] as const
export const installStage = z.enum(installStages)
export type InstallStage = z.infer<typeof installStage>

/** `done` of `total` bytes where a stage moves bytes; 0 of 0 elsewhere. */
export const installProgress = z.strictObject({ stage: installStage, done: count, total: count })
export type InstallProgress = z.infer<typeof installProgress>

/** The TensorFlow that counts, as it was proved when it was installed. */
export const installedEngine = z.strictObject({
  version: z.string(),
  variant,
  folder: z.string(),
  installedMs: real,
  bytes: real, // on disk
  compiler: z.string(),
  proof: z.strictObject({ device: z.string(), size: real, error: real, bound: real, gflops: real }).nullable(),
  isRemovable: z.boolean(), // false for one that KAGAMI_TENSORFLOW names: it belongs to others too
})
export type InstalledEngine = z.infer<typeof installedEngine>

/** What an installation would need, and the sentence with which it would be refused now; null where nothing is seen that stands in its way. */
export const installNeeds = z.strictObject({
  fetch: real, // bytes of the wheel
  fetched: real, // bytes of it, or of an older one, that an installation before has left here
  disk: real, // bytes that it takes when it is installed
  free: real.nullable(), // bytes where it would be put
  folder: z.string(),
  hindrance: z.string().nullable(),
  gpuHindrance: z.string().nullable(), // of the one for CUDA, beside the one before
})
export type InstallNeeds = z.infer<typeof installNeeds>

/** An installation, or a removal, that is going on: this workbench's own or that of another process, as it says of itself. */
export const installUnderWay = z.strictObject({
  action: z.enum(['install', 'remove']),
  by: z.enum(['this-workbench', 'another-process']),
  pid: count.nullable(),
  variant: variant.nullable(),
  startedMs: real.nullable(),
  progress: installProgress.nullable(),
  isStopping: z.boolean(),
})
export type InstallUnderWay = z.infer<typeof installUnderWay>

export const installation = z.strictObject({
  engine: z.literal('tensorflow'),
  installed: installedEngine.nullable(),
  needs: installNeeds,
  underWay: installUnderWay.nullable(),
  refused: refusalRecord.nullable(), // what ended the last installation or removal of this workbench, where it did not succeed
  endedMs: unixMs.nullable(), // when the last one of this workbench ended
  standard: defaultEngine, // what trains a study for which no engine is named
})
export type Installation = z.infer<typeof installation>

/** `from`: the absolute path of a wheel on the workbench's machine, instead of the network. */
export const installRequest = z.strictObject({ variant, from: z.string().min(1).max(4_096).optional() })
export type InstallRequest = z.infer<typeof installRequest>
