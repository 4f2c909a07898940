/**
 * TensorFlow's library through tfjs-node's addon, op by op: installed by `kagami engine install tensorflow`.
 *
 * Denormals: every operation, whatever its size, takes numbers below 2⁻¹²⁶ for 0 and gives 0 for them (measured on 2.21), so shrinking ends at exact zeros here.
 * Threads: one for each operation. The bits of a product depend on how many there are, so the number does not follow `--jobs`: a run that goes on with other
 * jobs must end with the same bytes. The variable TF_NUM_INTRAOP_THREADS says otherwise; the device of a run names the number.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs' // for the table of gradients, which tfjs-core's Node build leaves out
import { env, findBackend, ready, registerBackend, setBackend, version_core } from '@tensorflow/tfjs-core'
import { Refusal, assert } from '#core/contract/errors.ts'
import type { Engine } from '../engine.ts'
import { loadAddon, threadCount, type Addon } from './addon.ts'
import { registerGatherV2 } from './kernels/gatherV2.ts'
import { registerReluGrad } from './kernels/reluGrad.ts'
import { requireTensorflow } from './place.ts'

let loaded: Addon | undefined // once for each process

export const tensorflow: Engine = {
  kind: 'tensorflow',
  async start() {
    const { folder, record } = requireTensorflow()
    env().set('PROD', true)
    const addon = (loaded ??= loadAddon(join(folder, 'lib')))
    const isOnGpu = addon.binding.isUsingGpuDevice()
    if (record.variant === 'gpu' && !isOnGpu) throw new Refusal('engine-unavailable', noGpu)
    if (findBackend('tensorflow') === null) registerBackend('tensorflow', addon.makeBackend)
    if (!(await setBackend('tensorflow'))) throw new Refusal('engine-unavailable', 'tensorflow: the backend did not start')
    await ready()
    registerGatherV2()
    registerReluGrad()
    return {
      kind: 'tensorflow',
      device: isOnGpu ? gpuName() : processor(),
      versions: {
        '@tensorflow/tfjs-core': version_core,
        '@tensorflow/tfjs-node-gpu': addon.packageVersion,
        libtensorflow: addon.binding.TF_Version,
      },
    }
  },
}

const noGpu =
  'tensorflow: installed for a GPU, but TensorFlow finds none that its CUDA libraries can use; `kagami engine install tensorflow` installs the one for the processor'

function processor(): string {
  const threads = threadCount()
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${threads} thread${threads === 1 ? '' : 's'}`
}

/** The card's name, as NVIDIA's driver tells it. */
function gpuName(): string {
  const cards = '/proc/driver/nvidia/gpus'
  try {
    const [first] = readdirSync(cards)
    assert(first !== undefined, 'a GPU that computes has a driver that names it')
    return /^Model:\s*(.+)$/m.exec(readFileSync(join(cards, first, 'information'), 'utf8'))?.[1] ?? 'NVIDIA GPU'
  } catch {
    return 'NVIDIA GPU' // a container may hide the driver's files
  }
}
