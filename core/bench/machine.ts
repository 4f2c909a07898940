/** What stands beside every measurement: the machine, what runs on it, and what else it does. */
import { availableParallelism, cpus, loadavg, release } from 'node:os'
import type { EngineProof } from '#core/contract/engines.ts'
import { peakOf, type PresentEngine } from './engines.ts'

export type Machine = {
  readonly processor: string
  readonly cores: number // that this process may use
  readonly system: string
  readonly node: string
  readonly python: string | null // null: no peers
  readonly engines: readonly PresentEngine[] // that are timed
  readonly peakGflops: number // of one product on one thread, see `peakOf`; the better of before and after
  readonly load: { readonly before: readonly number[]; readonly after: readonly number[] } // over 1, 5 and 15 minutes
}

export type Moment = { readonly load: readonly number[]; readonly proofs: readonly EngineProof[] }

/** The moment before or after a benchmark; `prove` times each engine's product. */
export async function momentOf(prove: () => Promise<EngineProof[]>): Promise<Moment> {
  const load = loadavg()
  return { load, proofs: await prove() }
}

type Given = {
  readonly engines: readonly PresentEngine[]
  readonly python: string | null
  readonly before: Moment
  readonly after: Moment
}

export function machineOf({ engines, python, before, after }: Given): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    system: `${process.platform} ${process.arch}, ${release()}`,
    node: process.versions.node,
    python,
    engines,
    peakGflops: Math.max(peakOf(before.proofs), peakOf(after.proofs)),
    load: { before: before.load, after: after.load },
  }
}
