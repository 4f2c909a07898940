/** The proof of a TensorFlow that need not be the one that counts: an installation asks for it before it counts. */
import type { EngineProof } from '#core/contract/engines.ts'
import { fromRecord } from '#core/contract/errors.ts'
import { folderVariable } from '#core/engines/tensorflow/place.ts'
import type { Clock } from '#core/trainer/clock.ts'
import { runJob } from '#core/trainer/parent.ts'
import type { Launcher } from '#core/trainer/protocol.ts'

export type FolderProof = {
  readonly launcher: (env: Readonly<Record<string, string>>) => Launcher // with more in the trainers' environment
  readonly clock: Clock
  readonly folder: string
  readonly signal: AbortSignal
}

/** Multiplies on the TensorFlow of a folder, in a process of its own. An engine that cannot run is an answer; `signal` ends the process. */
export async function proveInFolder({ launcher, clock, folder, signal }: FolderProof): Promise<EngineProof> {
  signal.throwIfAborted()
  const spec = { kind: 'prove', engine: 'tensorflow' } as const
  const job = runJob({ launcher: launcher({ [folderVariable]: folder }), spec, folder, clock, on: {} })
  const kill = () => job.kill()
  signal.addEventListener('abort', kill)
  const end = await job.finished
  signal.removeEventListener('abort', kill)
  if (end.kind !== 'ended') throw fromRecord(end.refusal)
  if (end.result.kind !== 'prove') throw new Error(`bug: a proof ended with a result of ${end.result.kind}`)
  return end.result.proof
}
