/** Engines: what computes, and the proof that it computes right. */
import { z } from 'zod'
import { real } from './values.ts'

export const engineNames = ['wasm', 'tensorflow', 'cpu'] as const
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
