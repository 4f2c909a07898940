/**
 * A training step recorded once and replayed as a list of kernel calls.
 *
 * tfjs decides again at every operation what it decided the step before: gradient tape, scopes, shapes, tensor objects. For the
 * small tensors of a study that costs several times the arithmetic. Here the step runs once while every kernel call of the active
 * backend is written down; what depends on nothing that changes is computed then and kept, what nothing needs is dropped, and the
 * rest is called directly, step after step, with the tensors of the moment. The same kernels run on the same numbers in the same
 * order, so the result has the same bits as the step run by tfjs (a test holds it to that).
 *
 * It is not a compiler: kernels are neither fused nor reordered. It works on every backend whose kernels are JavaScript functions.
 */
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
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Tensors } from './ops.ts'

/** An input that the host writes anew for every step, for instance the rows of a minibatch. */
export type Feed = { readonly shape: readonly number[]; readonly dtype: 'int32' | 'float32' }
export type FeedValues = Readonly<Record<string, Int32Array | Float32Array>>

export type ProgramSource = {
  /** The state before the first step; the caller keeps its tensors and may dispose them after the capture. */
  readonly state: Tensors
  readonly feeds: Readonly<Record<string, Feed>>
  /** One step: from state and feeds to the next state, with the same names and shapes. Pure; called once. */
  readonly step: (state: Tensors, feeds: Tensors) => Tensors
}

export type Program = {
  /** One step, in place. Feeds must have the declared sizes. */
  advance(feeds: FeedValues): void
  /** A copy of one part of the state. */
  read(name: string): Float32Array | Int32Array | Uint8Array
  /** The kernels of one step in order, with their attributes. */
  readonly kernels: readonly {
    readonly name: string
    readonly attributes: NamedAttrMap | undefined
    readonly shapes: readonly (readonly number[])[]
  }[]
  dispose(): void
}

type Info = { dataId: DataId; shape: number[]; dtype: DataType }
type Call = {
  readonly name: string
  readonly run: KernelFunc
  readonly inputs: Readonly<Record<string, Info>>
  readonly attributes: NamedAttrMap | undefined
  readonly reads: readonly { readonly info: Info; readonly slot: number }[] // inputs that change from step to step
  readonly writes: readonly number[] // slots of the outputs
}
type Recording = { readonly calls: Call[]; readonly slotOf: Map<DataId, number>; readonly constants: Set<DataId> }

export function captureProgram({ state, feeds, step }: ProgramSource): Program {
  const backend = engine().backend
  const recording: Recording = { calls: [], slotOf: new Map(), constants: new Set() }
  const stateNames = Object.keys(state)
  const feedNames = Object.keys(feeds)
  for (const name of stateNames) slotFor(recording, at(state, name).dataId)
  const made = engine().tidy(() => {
    const fed = Object.fromEntries(feedNames.map((name) => [name, placeholder(recording, at(feeds, name))]))
    const next = recordKernels(backend, recording, () => step(state, fed))
    return {
      feedSlots: feedNames.map((name) => slotOf(recording, at(fed, name))),
      nextSlots: stateNames.map((name) => slotOf(recording, at(next, name))),
      shapes: stateNames.map((name) => ({ shape: at(next, name).shape, dtype: at(next, name).dtype })),
    }
  })
  for (const [i, name] of stateNames.entries()) {
    const { shape, dtype } = state[name] ?? {}
    assert(
      String(made.shapes[i]?.shape) === String(shape) && made.shapes[i]?.dtype === dtype,
      `captureProgram: the step changes the shape or type of ${name}`,
    )
  }
  const calls = needed(recording.calls, made.nextSlots)
  return replay({
    backend,
    recording: { ...recording, calls },
    stateNames,
    state,
    feedNames,
    feeds,
    feedSlots: made.feedSlots,
    nextSlots: made.nextSlots,
  })
}

function at<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name]
  assert(value !== undefined, `captureProgram: nothing is named ${name}`)
  return value
}

function slotFor({ slotOf }: Recording, dataId: DataId): number {
  const known = slotOf.get(dataId)
  if (known !== undefined) return known
  slotOf.set(dataId, slotOf.size)
  return slotOf.size - 1
}

function slotOf(recording: Recording, tensor: Tensor): number {
  const slot = recording.slotOf.get(tensor.dataId)
  assert(slot !== undefined, 'captureProgram: a part of the next state does not depend on the state')
  return slot
}

function placeholder(recording: Recording, feed: Feed): Tensor {
  const size = feed.shape.reduce((product, n) => product * n, 1)
  const zeros = feed.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size)
  const tensor = engine().makeTensor(zeros, [...feed.shape], feed.dtype)
  slotFor(recording, tensor.dataId)
  return tensor
}

/** Runs `action` with every kernel of the active backend wrapped by one that writes the call down. */
function recordKernels<T>(backend: KernelBackend, recording: Recording, action: () => T): T {
  const originals = getKernelsForBackend(engine().backendName)
  let depth = 0 // a kernel that calls another kernel is one call
  const wrap = (config: KernelConfig): KernelConfig => ({
    ...config,
    kernelFunc: (parameters) => {
      depth += 1
      try {
        const out = config.kernelFunc(parameters)
        if (depth === 1) note(backend, recording, { config, parameters, out: Array.isArray(out) ? out : [out] })
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

type Noted = { readonly config: KernelConfig; readonly parameters: Parameters<KernelFunc>[0]; readonly out: readonly TensorInfo[] }

function note(backend: KernelBackend, recording: Recording, { config, parameters, out }: Noted): void {
  const inputs: Record<string, Info> = {}
  for (const [name, info] of Object.entries(parameters.inputs)) {
    if (info != null) inputs[name] = { dataId: info.dataId, shape: [...info.shape], dtype: info.dtype } // optional inputs are null
  }
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
  })
}

/**
 * Whether a call only gives its input another name: a reshape, an identity, a cast to the type that is there. Later calls then
 * read the input's slot, and the call itself, which may copy, is left out.
 */
function isAlias(
  { slotOf }: Recording,
  { name, inputs, out }: { name: string; inputs: Readonly<Record<string, Info>>; out: readonly TensorInfo[] },
): boolean {
  const [result] = out
  const [input, second] = Object.values(inputs)
  if (result === undefined || input === undefined || second !== undefined || out.length !== 1) return false
  if (result.dataId === input.dataId) return true
  if (name !== 'Cast' || result.dtype !== input.dtype) return false
  const slot = slotOf.get(input.dataId)
  if (slot !== undefined) slotOf.set(result.dataId, slot)
  return slot !== undefined
}

/** The calls that the next state depends on, in order. */
function needed(calls: readonly Call[], wanted: readonly number[]): Call[] {
  const live = new Set(wanted)
  const kept: Call[] = []
  for (const call of calls.toReversed()) {
    if (!call.writes.some((slot) => live.has(slot))) continue
    for (const { slot } of call.reads) live.add(slot)
    kept.push(call)
  }
  return kept.reverse()
}

type Replay = {
  readonly backend: KernelBackend
  readonly recording: Recording
  readonly stateNames: readonly string[]
  readonly state: Tensors
  readonly feedNames: readonly string[]
  readonly feeds: Readonly<Record<string, Feed>>
  readonly feedSlots: readonly number[]
  readonly nextSlots: readonly number[]
}

function replay({ backend, recording, stateNames, state, feedNames, feeds, feedSlots, nextSlots }: Replay): Program {
  const { calls } = recording
  const slots = new Array<DataId | undefined>(recording.slotOf.size)
  const stateSlots = stateNames.map((name, i) => {
    const { dataId } = at(state, name)
    backend.incRef(dataId)
    slots[i] = dataId // the state's slots came first, in the order of its names
    return i
  })
  const release = releases(calls, [...stateSlots, ...feedSlots])
  const free = (slot: number, references: number) => {
    const dataId = slots[slot]
    for (let i = 0; i < references && dataId !== undefined; i += 1) backend.disposeData(dataId)
  }

  function advance(values: FeedValues): void {
    for (const [i, name] of feedNames.entries()) {
      const { shape, dtype } = at(feeds, name)
      slots[feedSlots[i] ?? -1] = backend.write(at(values, name), [...shape], dtype)
    }
    for (const [i, call] of calls.entries()) {
      for (const { info, slot } of call.reads) info.dataId = slots[slot] ?? info.dataId
      const out = call.run({ inputs: call.inputs, attrs: call.attributes as NamedAttrMap, backend }) // undefined attrs are legal; the type forgets it
      if (Array.isArray(out)) for (const [j, { dataId }] of out.entries()) slots[call.writes[j] ?? -1] = dataId
      else slots[call.writes[0] ?? -1] = out.dataId
      for (const { slot, references } of release[i + 1] ?? []) if (!nextSlots.includes(slot)) free(slot, references)
    }
    const next = nextSlots.map((slot) => slots[slot])
    for (const dataId of next) if (dataId !== undefined) backend.incRef(dataId)
    for (const pending of release) for (const { slot, references } of pending) if (nextSlots.includes(slot)) free(slot, references)
    for (const { slot, references } of release[0] ?? []) if (!nextSlots.includes(slot)) free(slot, references) // never read
    for (const [i, slot] of stateSlots.entries()) slots[slot] = next[i]
  }

  return {
    advance,
    read: (name) => {
      const dataId = slots[stateNames.indexOf(name)]
      assert(dataId !== undefined, `program: no state is named ${name}`)
      return copyOf(backend.readSync(dataId))
    },
    kernels: calls.map(({ name, attributes, inputs }) => ({ name, attributes, shapes: Object.values(inputs).map(({ shape }) => shape) })),
    dispose: () => {
      for (const slot of stateSlots) free(slot, 1)
      for (const dataId of recording.constants) backend.disposeData(dataId)
    },
  }
}

function copyOf(values: unknown): Float32Array | Int32Array | Uint8Array {
  assert(values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array, 'program: a state is numbers')
  return values.slice()
}

/**
 * When the memory of each slot may go: after the call at index i, the slots in entry i + 1; entry 0 holds what no call reads.
 * A slot has one reference for each time it was written (a reshape writes the slot of its input again), and one if it was there
 * before the first call.
 */
function releases(calls: readonly Call[], initial: readonly number[]): { slot: number; references: number }[][] {
  const references = new Map<number, number>(initial.map((slot) => [slot, 1]))
  const last = new Map<number, number>(initial.map((slot) => [slot, -1]))
  for (const [i, { reads, writes }] of calls.entries()) {
    for (const slot of writes) references.set(slot, (references.get(slot) ?? 0) + 1)
    for (const slot of [...reads.map((read) => read.slot), ...writes]) last.set(slot, i)
  }
  const entries: { slot: number; references: number }[][] = Array.from({ length: calls.length + 1 }, () => [])
  for (const [slot, i] of last) entries[i + 1]?.push({ slot, references: references.get(slot) ?? 0 })
  return entries
}
