/** tfjs's plain JavaScript backend: for tests and as the last resort. Slow, and it says so. */
import { cpus } from 'node:os'
import '@tensorflow/tfjs' // for the table of gradients, which tfjs-core's Node build leaves out
import { env, ready, setBackend, version_core } from '@tensorflow/tfjs-core'
import { version_cpu } from '@tensorflow/tfjs-backend-cpu'
import { Refusal } from '#core/contract/errors.ts'
import type { Engine } from '../engine.ts'

export const cpu: Engine = {
  kind: 'cpu',
  async start() {
    env().set('PROD', true)
    if (!(await setBackend('cpu'))) throw new Refusal('engine-unavailable', 'cpu: the JavaScript backend did not start')
    await ready()
    return {
      kind: 'cpu',
      device: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, JavaScript`,
      versions: { '@tensorflow/tfjs-core': version_core, '@tensorflow/tfjs-backend-cpu': version_cpu },
    }
  },
}
