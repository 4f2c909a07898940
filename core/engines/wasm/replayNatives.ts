/**
 * Replays a recording as native calls, on the wasm engine: no kernel's JavaScript, no allocation, no tensor objects. Every tensor of the step has one
 * place in memory for the life of the program; a step is a list of functions bound to numbers, then a copy of the next state over the state.
 *
 * Before it is used, two native steps are held against tfjs, bit for bit: the first against the step that was recorded, the second against the kernels'
 * own functions. Only the second shows an operand that stayed packed from the first.
 */
import type { NamedAttrMap } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Call, Info, Replayed } from '../recording.ts'
import { named, type Replay } from '../replayKernels.ts'
import { bytesOf, type Kept, type Natives, type Span } from './natives.ts'

export type NativeReplay = Replay & {
  readonly natives: Natives
  readonly kept: Kept
  readonly next: readonly Info[]
  readonly fed: readonly Info[]
}

/** Kernels that keep a packed copy of an operand, named by its id; a new content must come under a new registration. Our own BatchMatMul renews by itself. */
const packing = /FusedMatMul|Conv/

export function replayNatives(parts: NativeReplay): Replayed {
  const { natives, recording, stateNames, state, feedNames, next, fed, kept } = parts
  const { backend } = natives
  const { wasm } = backend
  const now = stateNames.map((name): Info => {
    const { dataId, shape, dtype } = named(state, name)
    backend.incRef(dataId)
    return { dataId, shape: [...shape], dtype }
  })
  const actions = recording.calls.flatMap((call) => actionsOf(call, natives))
  const run = () => {
    for (const action of actions) action()
  }
  const carry = carryOf({ now, next, natives })
  verify({ run, carry, reference: () => runKernels(recording.calls, natives) }, { now, next, natives })

  return {
    advance(values) {
      for (const [i, name] of feedNames.entries()) backend.typedArrayFromHeap(fed[i] ?? missing(name)).set(named(values, name))
      run()
      carry()
    },
    settle: () => Promise.resolve(),
    read: (name) => backend.readSync((now[stateNames.indexOf(name)] ?? missing(name)).dataId),
    dispose: () => {
      for (const { dataId } of now) backend.disposeData(dataId)
      for (const { id } of kept.views) wasm.tfjs.disposeData(id)
      for (const dataId of recording.constants) if (!kept.held.has(dataId)) backend.disposeData(dataId)
      for (const dataId of kept.held) backend.disposeData(dataId, true)
      for (const pointer of kept.arrays) wasm._free(pointer)
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

/** Writes the next state over the state. Where parts change places with each other, all are read before the first is written. */
function carryOf({ now, next, natives }: States): () => void {
  const isCrossed = now.some(({ dataId }, i) => next.some((info, j) => i !== j && info.dataId === dataId))
  const copies = now.flatMap((info, i) => copyOf(next[i] ?? info, info, natives))
  if (!isCrossed)
    return () => {
      for (const copy of copies) copy()
    }
  return () => {
    const parts = next.map((info) => bytesAt(info, natives))
    for (const [i, info] of now.entries()) writeAt(info, parts[i] ?? new Uint8Array(), natives)
  }
}

function bytesAt({ dataId, shape, dtype }: Info, { backend }: Natives): Uint8Array {
  const { memoryOffset } = backend.dataIdMap.get(dataId)
  return backend.wasm.HEAPU8.slice(memoryOffset, memoryOffset + bytesOf(shape, dtype))
}

function writeAt({ dataId }: Info, bytes: Uint8Array, { backend }: Natives): void {
  backend.wasm.HEAPU8.set(bytes, backend.dataIdMap.get(dataId).memoryOffset)
}

/** A call as native functions; as the kernel itself where it works in JavaScript, with its result copied to the recorded place. */
function actionsOf(call: Call, natives: Natives): (() => void)[] {
  const [input] = Object.values(call.inputs)
  const isCopy = (call.name === 'Identity' || call.name === 'Cast') && call.natives.length === 0 && input?.dtype === call.outputDtypes[0]
  if (isCopy && input !== undefined) return copyOf(input, { ...input, dataId: call.outputs[0] ?? input.dataId }, natives)
  if (call.natives.length === 0 || call.natives.some(({ returns }) => returns) || turnsInJavaScript(call))
    return [inJavaScript(call, natives)]
  const fresh = packing.test(call.name)
    ? call.reads.map(
        ({ info }) =>
          () =>
            natives.renew(spanOf(info, natives)),
      )
    : []
  return [...fresh, ...call.natives.map((native) => natives.bind(native))]
}

const reductions = new Set(['Sum', 'Max', 'Min', 'Mean', 'Prod', 'All', 'Any', 'ArgMax', 'ArgMin'])

/**
 * Whether a reduction over axes that are not the last ones copies its input without a native call: tfjs turns it first, and where that moves no number
 * ([R, n, 1] to [R, 1, n]) it copies in JavaScript, which a replay of the natives would leave out.
 */
function turnsInJavaScript({ name, inputs, attributes, natives }: Call): boolean {
  const rank = Object.values(inputs)[0]?.shape.length ?? 0
  const axis = attributes?.['axis']
  if (!reductions.has(name) || axis === undefined || axis === null) return false
  const axes = (Array.isArray(axis) ? axis : [axis]).map((one) => (Number(one) + rank) % rank)
  const areLast = axes.every((one) => one >= rank - axes.length)
  return !areLast && natives.length < 2
}

function spanOf({ dataId, shape, dtype }: Info, { backend }: Natives): Span {
  const { id, memoryOffset } = backend.dataIdMap.get(dataId)
  return { id, pointer: memoryOffset, size: bytesOf(shape, dtype) / (dtype === 'bool' ? 1 : 4) }
}

/** Every call by its kernel's own function, which finds nothing that was packed before. */
function runKernels(calls: readonly Call[], natives: Natives): void {
  for (const call of calls) {
    for (const { info } of call.reads) natives.renew(spanOf(info, natives))
    inJavaScript(call, natives)()
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

type Steps = { readonly run: () => void; readonly carry: () => void; readonly reference: () => void }

type States = { readonly now: readonly Info[]; readonly next: readonly Info[]; readonly natives: Natives }

/** Two native steps must give the bytes that tfjs gives. Leaves the state as it was. */
function verify({ run, carry, reference }: Steps, { now, next, natives }: States): void {
  const bytes = (info: Info) => bytesAt(info, natives)
  const isEqual = (info: Info, wanted: Uint8Array | undefined) => wanted !== undefined && isSame(bytes(info), wanted, info.dtype)
  const before = now.map(bytes)
  const first = next.map(bytes)
  run()
  assert(
    next.every((info, i) => isEqual(info, first[i])),
    'replayNatives: the native step has other bits than the recorded one',
  )
  assert(
    now.every((info, i) => isEqual(info, before[i])),
    'replayNatives: a step wrote over its own state',
  )
  carry()
  run()
  const second = next.map(bytes)
  reference()
  assert(
    next.every((info, i) => isEqual(info, second[i])),
    'replayNatives: the second native step has other bits than the kernels',
  )
  for (const [i, info] of now.entries()) writeAt(info, before[i] ?? new Uint8Array(), natives)
}

/** Equal bytes; where these are floats, any NaN is as good as another, for which of two a processor passes on is not said. */
function isSame(a: Uint8Array, b: Uint8Array, dtype: Info['dtype']): boolean {
  if (Buffer.compare(a, b) === 0) return true
  if (dtype !== 'float32' || a.length !== b.length) return false
  const [x, y] = [new Float32Array(a.buffer), new Float32Array(b.buffer)] // slices, with a buffer of their own
  return x.every((value, i) => Object.is(value, y[i]))
}
