/** The job that multiplies on an engine and compares with float64: an engine that cannot run is an answer, not a refusal. */
import { proveEngine } from '#core/engines/prove.ts'
import type { ProveJob, Result } from '../protocol.ts'

/** Proves one engine in a process of its own, so that a library that crashes takes nothing with it. */
export async function runProve({ engine }: ProveJob): Promise<Extract<Result, { kind: 'prove' }>> {
  return { kind: 'prove', proof: await proveEngine(engine) }
}
