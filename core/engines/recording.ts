/** Writing down what a step does: every kernel call of the active backend, with what it reads and writes as slots. */
import {
  engine,
  getKernelsForBackend,
  registerKernel,
  unregisterKernel,
  type DataId,
  type DataType,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  type NamedAttrMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { NativeCall, Natives } from './wasm/natives.ts'

/** An input that the host writes anew for every step, for instance the rows of a minibatch. */
export type Feed = { readonly shape: readonly number[]; readonly dtype: 'int32' | 'float32' }
export type FeedValues = Readonly<Record<string, Int32Array | Float32Array>>

/** How a recording runs: kernel by kernel, or as native calls. */
export type Replayed = {
  advance(feeds: FeedValues): void
  settle(names: readonly string[]): Promise<void>
  read(name: string): unknown
  dispose(): void
}

export type Info = { dataId: DataId; shape: number[]; dtype: DataType }

/** One kernel call. `reads` are the inputs that change from step to step; what a kernel did in native code is in `natives`. */
export type Call = {
  readonly name: string
  readonly run: KernelFunc
  readonly inputs: Readonly<Record<string, Info>> // of a kernel of any number of tensors (Concat, Pack, AddN) a list, by its indices
  readonly attributes: NamedAttrMap | undefined
  readonly reads: readonly { readonly info: Info; readonly slot: number }[]
  readonly writes: readonly number[] // slots of the outputs
  readonly outputs: readonly DataId[]
  readonly outputDtypes: readonly DataType[]
  readonly natives: readonly NativeCall[]
}

export type Recording = {
  readonly calls: Call[]
  readonly slotOf: Map<DataId, number>
  readonly constants: Set<DataId> // inputs that never change, each held once
  readonly natives: Natives | undefined // on engines whose kernels are native functions
}

export function newRecording(natives: Natives | undefined): Recording {
  return { calls: [], slotOf: new Map(), constants: new Set(), natives }
}

/** The slot of a tensor's data, made if it has none. */
export function slotFor({ slotOf }: Recording, dataId: DataId): number {
  const known = slotOf.get(dataId)
  if (known !== undefined) return known
  slotOf.set(dataId, slotOf.size)
  return slotOf.size - 1
}

/** Runs `action` with every kernel of the active backend wrapped by one that writes the call down. */
export function recordKernels<T>(backend: KernelBackend, recording: Recording, action: () => T): T {
  const originals = getKernelsForBackend(engine().backendName)
  let depth = 0 // a kernel that calls another kernel is one call
  const wrap = (config: KernelConfig): KernelConfig => ({
    ...config,
    kernelFunc: (parameters) => {
      depth += 1
      try {
        const out = config.kernelFunc(parameters)
        const natives = depth === 1 ? (recording.natives?.take() ?? []) : []
        if (depth === 1) note(backend, recording, { config, parameters, out: Array.isArray(out) ? out : [out], natives })
        return out
      } finally {
        depth -= 1
      }
    },
  })
  const swap = (configs: readonly KernelConfig[]) => {
    for (const config of configs) {
      unregisterKernel(config.kernelName, config.backendName)
      registerKernel(config)
    }
  }
  swap(originals.map(wrap))
  try {
    return action()
  } finally {
    swap(originals)
  }
}

type Noted = {
  readonly config: KernelConfig
  readonly parameters: Parameters<KernelFunc>[0]
  readonly out: readonly TensorInfo[]
  readonly natives: readonly NativeCall[]
}

function note(backend: KernelBackend, recording: Recording, { config, parameters, out, natives }: Noted): void {
  const given = Object.entries(parameters.inputs).flatMap(
    ([name, info]): [string, Info][] => (info == null ? [] : [[name, { dataId: info.dataId, shape: [...info.shape], dtype: info.dtype }]]), // optional inputs are null
  )
  const inputs: Call['inputs'] = Object.assign(Array.isArray(parameters.inputs) ? [] : {}, Object.fromEntries(given))
  const reads = Object.values(inputs).flatMap((info) => {
    const slot = recording.slotOf.get(info.dataId)
    return slot === undefined ? [] : [{ info, slot }]
  })
  if (reads.length === 0) return // it depends on nothing that changes: its result is a constant
  if (isAlias(recording, { name: config.kernelName, inputs, out })) return
  for (const { dataId } of Object.values(inputs)) {
    if (recording.slotOf.has(dataId) || recording.constants.has(dataId)) continue
    recording.constants.add(dataId)
    backend.incRef(dataId) // outlives the scope of the capture
  }
  recording.calls.push({
    name: config.kernelName,
    run: config.kernelFunc,
    inputs,
    attributes: parameters.attrs,
    reads,
    writes: out.map(({ dataId }) => slotFor(recording, dataId)),
    outputs: out.map(({ dataId }) => dataId),
    outputDtypes: out.map(({ dtype }) => dtype),
    natives,
  })
}

/**
 * Whether a call only gives its input another name: a reshape, and where kernels are replayed an identity or a cast to the type that is there. Later calls then
 * read the input's slot, and the call itself, which may copy, is left out.
 */
function isAlias(
  { slotOf, natives }: Recording,
  { name, inputs, out }: { name: string; inputs: Readonly<Record<string, Info>>; out: readonly TensorInfo[] },
): boolean {
  const [result] = out
  const [input, second] = Object.values(inputs)
  if (result === undefined || input === undefined || second !== undefined || out.length !== 1) return false
  if (result.dataId === input.dataId) return true
  if (natives !== undefined) return false // there every tensor keeps a place of its own, and the copy is one native move
  if ((name !== 'Cast' && name !== 'Identity') || result.dtype !== input.dtype) return false
  const slot = slotOf.get(input.dataId)
  if (slot !== undefined) slotOf.set(result.dataId, slot)
  return slot !== undefined
}

/** The calls that the next state depends on, in order. */
export function needed(calls: readonly Call[], wanted: readonly number[]): Call[] {
  const live = new Set(wanted)
  const kept: Call[] = []
  for (const call of calls.toReversed()) {
    if (!call.writes.some((slot) => live.has(slot))) continue
    for (const { slot } of call.reads) live.add(slot)
    kept.push(call)
  }
  return kept.reverse()
}
