/**
 * tfjs's WebGPU backend with what a laboratory needs beside it: a lost device, a refused allocation and a read that cannot be made at once are sentences.
 *
 * The device computes behind the caller's back: a kernel call only queues. `settle` waits until what was queued is done, and is where a loss is told.
 */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { DataId, TensorInfo } from '@tensorflow/tfjs-core'
import { Refusal } from '#core/contract/errors.ts'
import type { Deferred } from '../replayKernels.ts'

type RunProgram = Parameters<WebGPUBackend['runWebGPUProgram']>

export class DeferredBackend extends WebGPUBackend implements Deferred {
  isLost = false
  #trouble: Refusal | null = null
  readonly #lost: Promise<void>

  constructor(device: GPUDevice, info: GPUAdapterInfo) {
    super(device, info)
    this.#lost = device.lost.then(({ reason, message }) => {
      this.isLost = true
      this.#note(`the device was lost (${reason}): ${message}`)
    })
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault() // Dawn would print it; it is told where it is waited for
      this.#note(troubleWords(event.error))
    })
  }

  /**
   * Waits until the device has done what was queued, and brings these data to where `readSync` finds them.
   * Fails: 'engine-unavailable' when the device was lost, or when it refused something.
   */
  async settle(data: readonly DataId[] = []): Promise<void> {
    this.#check()
    if (this.computing.commandEncoder !== null) {
      this.endComputePassEncoder()
      this.submitQueue()
    }
    await Promise.race([this.device.queue.onSubmittedWorkDone().catch(() => undefined), this.#lost])
    await new Promise(setImmediate) // what the device has to say of that work comes as an event
    this.#check()
    await Promise.all(data.map((dataId) => this.read(dataId)))
  }

  override runWebGPUProgram(...call: RunProgram): TensorInfo {
    this.#check()
    return super.runWebGPUProgram(...call)
  }

  /** Values that are not on the device yet; a canvas, by which a page would read the others, is not there in Node. */
  override readSync(dataId: object): ReturnType<WebGPUBackend['readSync']> {
    if (this.tensorMap.get(dataId).values != null) return super.readSync(dataId)
    throw new Refusal('engine-unavailable', 'webgpu: a value was asked for before the device had brought it')
  }

  override async read(dataId: object): ReturnType<WebGPUBackend['read']> {
    this.#check()
    try {
      return await super.read(dataId)
    } catch (error) {
      await new Promise(setImmediate) // a loss is told after the read that it ended
      this.#check()
      throw error
    }
  }

  /** tfjs's own field, private in its types. */
  private get computing(): { readonly commandEncoder: object | null } {
    return this as unknown as { commandEncoder: object | null } // the field is there, and public but for its type
  }

  #note(words: string): void {
    this.#trouble ??= new Refusal('engine-unavailable', `webgpu: ${words}`)
  }

  #check(): void {
    if (this.#trouble !== null) throw this.#trouble
  }
}

function troubleWords(error: GPUError): string {
  const words = error.message.split('\n')[0] ?? ''
  return error.constructor.name === 'GPUOutOfMemoryError'
    ? `the device has no memory left: ${words}`
    : `the device refused a command: ${words}`
}
