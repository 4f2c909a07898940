/**
 * Any graphics card with Vulkan, Metal or Direct3D 12: tfjs's WebGPU backend over Dawn.
 *
 * Everything is computed on the adapter: tfjs would make small results on the processor, and a run of this engine would be two engines' work.
 */
import '@tensorflow/tfjs' // for the table of gradients, which tfjs-core's Node build leaves out
import { env, findBackend, ready, registerBackend, removeBackend, setBackend, version_core } from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Refusal } from '#core/contract/errors.ts'
import type { Engine } from '../engine.ts'
import { DeferredBackend } from './backend.ts'
import { openDevice, type OpenDevice } from './dawn.ts'
import { registerUnary } from './kernels/unary.ts'

let opened: OpenDevice | undefined // once for each process, until it is lost
let backend: DeferredBackend | undefined

export const webgpu: Engine = {
  kind: 'webgpu',
  async start() {
    env().set('PROD', true)
    env().set('WEBGPU_CPU_FORWARD', false)
    if (opened === undefined || backend?.isLost === true) {
      if (findBackend('webgpu') !== null) removeBackend('webgpu') // of the device that was lost
      const { device, info } = (opened = await openDevice())
      registerBackend('webgpu', () => (backend = new DeferredBackend(device, info)))
    }
    if (!(await setBackend('webgpu'))) throw new Refusal('engine-unavailable', 'webgpu: the backend did not start')
    await ready()
    registerUnary()
    return {
      kind: 'webgpu',
      device: opened.words,
      versions: {
        '@tensorflow/tfjs-core': version_core,
        '@tensorflow/tfjs-backend-webgpu': versionOf('@tensorflow/tfjs-backend-webgpu'),
        webgpu: versionOf('webgpu'),
      },
    }
  },
}

const packages = createRequire(import.meta.url) // not called `require`: the desktop’s bundler declares that name itself

function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(packages.resolve(`${name}/package.json`), 'utf8')) as { version: string } // npm's own field
  return version
}
