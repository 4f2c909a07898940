/**
 * Replays a recording as native calls, on the wasm engine: no kernel's JavaScript, no allocation, no tensor objects. Every tensor of the step has one
 * place in memory for the life of the program; a step is a list of functions bound to numbers, then a copy of the next state over the state.
 *
 * Before it is used, one native step is held against the step that tfjs ran while recording, bit for bit.
 */
import type { DataId, NamedAttrMap } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Call, Info, Replayed } from '../recording.ts'
import { named, type Replay } from '../replayKernels.ts'
import { bytesOf, type Natives } from './natives.ts'

export type NativeReplay = Replay & {
  readonly natives: Natives
  readonly held: ReadonlySet<DataId>
  readonly arrays: readonly number[]
  readonly next: readonly Info[]
  readonly fed: readonly Info[]
}

/** Kernels that keep a packed copy of an operand, named by its id; a new content must come under a new registration. */
const packing = /MatMul|Conv/

export function replayNatives(parts: NativeReplay): Replayed {
  const { natives, recording, stateNames, state, feedNames, next, fed, held, arrays } = parts
  const { backend } = natives
  const { wasm } = backend
  const now = stateNames.map((name): Info => {
    const { dataId, shape, dtype } = named(state, name)
    backend.incRef(dataId)
    return { dataId, shape: [...shape], dtype }
  })
  const copies = now.flatMap((info, i) => copyOf(next[i] ?? info, info, natives))
  const actions = recording.calls.flatMap((call) => actionsOf(call, natives))
  const run = () => {
    for (const action of actions) action()
  }
  verify(run, { now, next, natives })

  return {
    advance(values) {
      for (const [i, name] of feedNames.entries()) backend.typedArrayFromHeap(fed[i] ?? missing(name)).set(named(values, name))
      run()
      for (const copy of copies) copy()
    },
    read: (name) => backend.readSync((now[stateNames.indexOf(name)] ?? missing(name)).dataId),
    dispose: () => {
      for (const { dataId } of now) backend.disposeData(dataId)
      for (const dataId of recording.constants) if (!held.has(dataId)) backend.disposeData(dataId)
      for (const dataId of held) backend.disposeData(dataId, true)
      for (const pointer of arrays) wasm._free(pointer)
    },
  }
}

function missing(name: string): never {
  throw new Error(`bug: program: nothing is named ${name}`)
}

/** The same bytes at another place; nothing where it is one place. */
function copyOf(from: Info, to: Info, { backend }: Natives): (() => void)[] {
  const [source, target] = [backend.dataIdMap.get(from.dataId).memoryOffset, backend.dataIdMap.get(to.dataId).memoryOffset]
  const end = source + bytesOf(from.shape, from.dtype)
  return source === target ? [] : [() => void backend.wasm.HEAPU8.copyWithin(target, source, end)]
}

/** A call as native functions; as the kernel itself where it works in JavaScript, with its result copied to the recorded place. */
function actionsOf(call: Call, natives: Natives): (() => void)[] {
  const [input] = Object.values(call.inputs)
  const isCopy = (call.name === 'Identity' || call.name === 'Cast') && call.natives.length === 0 && input?.dtype === call.outputDtypes[0]
  if (isCopy && input !== undefined) return copyOf(input, { ...input, dataId: call.outputs[0] ?? input.dataId }, natives)
  if (call.natives.length === 0 || call.natives.some(({ returns }) => returns)) return [inJavaScript(call, natives)]
  const fresh = packing.test(call.name) ? call.reads.map(({ info }) => registration(info, natives)) : []
  return [...fresh, ...call.natives.map((native) => natives.bind(native))]
}

/** Registers a tensor anew under its id, so that nothing packed from its old content is used. */
function registration({ dataId, shape, dtype }: Info, { backend }: Natives): () => void {
  const { id, memoryOffset } = backend.dataIdMap.get(dataId)
  const size = bytesOf(shape, dtype) / (dtype === 'bool' ? 1 : 4)
  const { registerTensor, disposeData } = backend.wasm.tfjs
  return () => {
    disposeData(id)
    registerTensor(id, size, memoryOffset)
  }
}

function inJavaScript(call: Call, { backend }: Natives): () => void {
  const targets = call.outputs.map((dataId) => backend.dataIdMap.get(dataId).memoryOffset)
  return () => {
    const made = call.run({ inputs: call.inputs, attrs: call.attributes as NamedAttrMap, backend }) // undefined attrs are legal; the type forgets it
    for (const [i, { dataId, shape, dtype }] of (Array.isArray(made) ? made : [made]).entries()) {
      const { memoryOffset } = backend.dataIdMap.get(dataId)
      backend.wasm.HEAPU8.copyWithin(targets[i] ?? 0, memoryOffset, memoryOffset + bytesOf(shape, dtype))
      backend.disposeData(dataId)
    }
  }
}

/** One native step from the same state must give the bytes that tfjs gave. */
function verify(run: () => void, { now, next, natives }: { now: readonly Info[]; next: readonly Info[]; natives: Natives }): void {
  const bytes = ({ dataId, shape, dtype }: Info) => {
    const { memoryOffset } = natives.backend.dataIdMap.get(dataId)
    return natives.backend.wasm.HEAPU8.slice(memoryOffset, memoryOffset + bytesOf(shape, dtype))
  }
  const wanted = next.map(bytes)
  const before = now.map(bytes)
  run()
  const isEqual = (a: Uint8Array, b: Uint8Array | undefined) =>
    b !== undefined && a.length === b.length && a.every((value, i) => value === b[i])
  assert(
    next.map(bytes).every((part, i) => isEqual(part, wanted[i])),
    'replayNatives: the native step has other bits than the recorded one',
  )
  assert(
    now.map(bytes).every((part, i) => isEqual(part, before[i])),
    'replayNatives: a step wrote over its own state',
  )
}
