/** The engine of a study for which none is named: decided here and nowhere else. */
import { engineName, engineNames, type DefaultEngine } from '#core/contract/engines.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { installedTensorflow } from './tensorflow/place.ts'

export const engineVariable = 'KAGAMI_ENGINE'

export type DefaultPlace = {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly platform?: string // process.platform
  readonly arch?: string // process.arch
}

/**
 * What KAGAMI_ENGINE names, else `tensorflow` where it is installed on a platform that it runs on, else `wasm`. A study that a project has begun keeps its engine
 * whatever this says: two engines give other bits. Cost: two small files are read.
 * Fails: 'invalid-input' where KAGAMI_ENGINE names no engine.
 */
export function defaultEngine({ env = process.env, platform = process.platform, arch = process.arch }: DefaultPlace = {}): DefaultEngine {
  const named = env[engineVariable]
  if (named !== undefined && named !== '') {
    const known = engineName.safeParse(named)
    if (!known.success)
      throw new Refusal('invalid-input', `${engineVariable}: expected one of ${engineNames.join(', ')}, got ${quote(named)}`)
    return { engine: known.data, reason: 'set' }
  }
  const runsHere = platform === 'linux' && arch === 'x64'
  return runsHere && installedTensorflow(env) !== null
    ? { engine: 'tensorflow', reason: 'installed' }
    : { engine: 'wasm', reason: 'embedded' }
}
