/**
 * Dawn, Chromium's WebGPU, as a library of Node: the only file that loads it and that sets the globals which tfjs's backend reads.
 *
 * Nothing of it is there before `openDevice` is called, and a process that finds no adapter has the globals that it had before.
 */
import { Refusal, assert } from '#core/contract/errors.ts'

/** The GPU's device, what it is in words, and what has gone wrong on it. */
export type OpenDevice = {
  readonly device: GPUDevice
  readonly info: GPUAdapterInfo
  readonly words: string
  readonly isSoftware: boolean
}

/** What tfjs's backend reads; `navigator.gpu` beside them says to it that WebGPU is there. */
const globalNames = ['GPUBuffer', 'GPUTexture', 'GPUBufferUsage', 'GPUTextureUsage', 'GPUMapMode', 'GPUShaderStage'] as const

/** What tfjs's kernels may need more of than WebGPU promises, as far as the adapter has it. */
const limitNames = [
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
] as const

/** Every instance of Dawn of this process: its devices use it, and one that is collected as garbage under them ends the process. */
const instances: GPU[] = []

/** Opens the adapter that Dawn prefers: a card before the processor. Fails: 'engine-unavailable' where Dawn does not load or finds none. */
export async function openDevice(): Promise<OpenDevice> {
  const { create, globals } = await load()
  const gpu = create([])
  instances.push(gpu)
  const takeBack = setGlobals(gpu, globals)
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
    if (adapter === null) throw new Refusal('engine-unavailable', noAdapter)
    const requiredLimits = Object.fromEntries(limitNames.map((name) => [name, adapter.limits[name]]))
    const device = await adapter.requestDevice({ requiredLimits })
    return { device, info: adapter.info, words: wordsOf(adapter.info), isSoftware: isSoftware(adapter.info) }
  } catch (error) {
    takeBack()
    if (error instanceof Refusal) throw error
    throw new Refusal('engine-unavailable', `webgpu: the adapter gives no device: ${firstLine(error)}`)
  }
}

export const noAdapter =
  'webgpu: no adapter was found; expected a graphics card with a driver for Vulkan, Metal or Direct3D 12, or a software Vulkan driver that Dawn accepts'

async function load(): Promise<{ create: (options: string[]) => GPU; globals: object }> {
  try {
    return await import('webgpu')
  } catch (error) {
    throw new Refusal('engine-unavailable', `webgpu: Dawn's library does not load on this machine: ${firstLine(error)}`)
  }
}

/** Sets what tfjs looks for; the result takes it back. */
function setGlobals(gpu: GPU, globals: object): () => void {
  const given = new Map<string, unknown>(Object.entries(globals))
  for (const name of globalNames) {
    assert(given.has(name), `dawn: the library has no ${name}`)
    Object.defineProperty(globalThis, name, { value: given.get(name), configurable: true, writable: true })
  }
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true })
  return () => {
    for (const name of globalNames) Reflect.deleteProperty(globalThis, name)
    Reflect.deleteProperty(navigator, 'gpu')
  }
}

/** The adapter's name; one that computes on the processor is named so. */
export function wordsOf(info: Adapter): string {
  const name = [info.description, info.device, info.architecture, info.vendor].find((part) => part !== '') ?? 'an adapter without a name'
  return isSoftware(info) ? `${name}, software` : name
}

type Adapter = Pick<GPUAdapterInfo, 'description' | 'device' | 'architecture' | 'vendor' | 'isFallbackAdapter'>

/** Whether the adapter is a program: it says so, or is one of the known ones, which older drivers do not mark. */
export function isSoftware(info: Adapter): boolean {
  const all = [info.description, info.device, info.architecture, info.vendor].join(' ')
  return info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i.test(all)
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
