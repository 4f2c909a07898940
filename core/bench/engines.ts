/** Which engines the benchmark times: those that were asked for, or all that this machine has. */
import { engineNames, type EngineName, type EngineProof } from '#core/contract/engines.ts'
import { Refusal, quote } from '#core/contract/errors.ts'

export type PresentEngine = Pick<EngineProof, 'engine' | 'gflops' | 'versions'> & { readonly device: string }

/** What JavaScript alone computes: timed only when it is asked for, a step of the larger problems takes it minutes. */
const lastResort: EngineName = 'cpu'

/** Fails: 'invalid-input' for a name that is no engine's and not `all`. */
export function requireEngineNames(asked: readonly string[]): void {
  const known: readonly string[] = [...engineNames, 'all']
  const unknown = asked.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Refusal('invalid-input', `--engine: expected one of ${known.join(', ')}, got ${quote(unknown)}`)
}

/**
 * The engines of these names, `all` for each that is there; without a name each that is there but `cpu`. In the order of the proofs.
 * Fails: 'engine-unavailable' for a named one that is not there, or where none is.
 */
export function chosenEngines(asked: readonly string[], proofs: readonly EngineProof[]): readonly PresentEngine[] {
  const isNamed = (engine: EngineName) => asked.includes(engine)
  const missing = proofs.find(({ engine, available }) => isNamed(engine) && !available)
  if (missing !== undefined) throw new Refusal('engine-unavailable', missing.reason ?? `${missing.engine}: not there`)
  const isWanted = (engine: EngineName) => asked.includes('all') || (asked.length === 0 ? engine !== lastResort : isNamed(engine))
  const present = proofs.flatMap(({ engine, available, gflops, versions, device }) =>
    available && isWanted(engine) ? [{ engine, gflops, versions, device: device ?? 'unknown' }] : [],
  )
  if (present.length === 0) throw new Refusal('engine-unavailable', '--engine: expected an engine that is there, got none')
  return present
}

/** The machine's peak, GFLOP/s: the fastest engine's product, of all engines that were proved. 0 where none was. */
export function peakOf(proofs: readonly EngineProof[]): number {
  return proofs.reduce((most, { available, gflops }) => (available ? Math.max(most, gflops) : most), 0)
}
