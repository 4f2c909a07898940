/** Replays a recording kernel by kernel, on any backend whose kernels are JavaScript functions. */
import { Tensor, engine, type DataId, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Tensors } from './ops.ts'
import type { Call, Feed, FeedValues, Recording, Replayed } from './recording.ts'

export type Replay = {
  readonly backend: KernelBackend
  readonly recording: Recording
  readonly stateNames: readonly string[]
  readonly state: Tensors
  readonly feedNames: readonly string[]
  readonly feeds: Readonly<Record<string, Feed>>
  readonly feedSlots: readonly number[]
  readonly nextSlots: readonly number[]
}

export function replayKernels({ backend, recording, stateNames, state, feedNames, feeds, feedSlots, nextSlots }: Replay): Replayed {
  const { calls } = recording
  const slots = new Array<DataId | undefined>(recording.slotOf.size)
  const stateSlots = stateNames.map((name, i) => {
    const { dataId } = named(state, name)
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
      const { shape, dtype } = named(feeds, name)
      slots[feedSlots[i] ?? -1] = backend.write(named(values, name), [...shape], dtype)
    }
    for (const [i, call] of calls.entries()) {
      for (const { info, slot } of call.reads) info.dataId = slots[slot] ?? info.dataId
      for (const [j, { dataId }] of run(call, backend).entries()) slots[call.writes[j] ?? -1] = dataId
      for (const { slot, references } of release[i + 1] ?? []) if (!nextSlots.includes(slot)) free(slot, references)
    }
    const next = nextSlots.map((slot) => slots[slot])
    for (const dataId of next) if (dataId !== undefined) backend.incRef(dataId)
    for (const pending of release) for (const { slot, references } of pending) if (nextSlots.includes(slot)) free(slot, references)
    for (const { slot, references } of release[0] ?? []) if (!nextSlots.includes(slot)) free(slot, references) // never read
    for (const [i, slot] of stateSlots.entries()) slots[slot] = next[i]
  }

  const dataOf = (name: string): DataId => {
    const dataId = slots[stateNames.indexOf(name)]
    assert(dataId !== undefined, `program: no state is named ${name}`)
    return dataId
  }

  return {
    advance,
    settle: async (names) => {
      if (isDeferred(backend)) await backend.settle(names.map(dataOf))
    },
    read: (name) => backend.readSync(dataOf(name)),
    dispose: () => {
      for (const slot of stateSlots) free(slot, 1)
      for (const dataId of recording.constants) backend.disposeData(dataId)
    },
  }
}

/** A backend whose kernels only queue: `settle` waits until these data can be read at once. */
export type Deferred = { settle(data: readonly DataId[]): Promise<void> }

function isDeferred(backend: object): backend is Deferred {
  return 'settle' in backend
}

/**
 * Calls a kernel and owns what it gives: one reference for each output. A backend whose kernels give tensors has tfjs count them, and some leave tensors of their own
 * behind (tfjs-node the axes of a sum): the scope ends both.
 */
function run({ run: kernel, inputs, attributes }: Call, backend: KernelBackend): readonly TensorInfo[] {
  engine().startScope()
  try {
    const out = kernel({ inputs, attrs: attributes as NonNullable<typeof attributes>, backend }) // undefined attrs are legal; the type forgets it
    const all = Array.isArray(out) ? out : [out]
    for (const info of all) if (info instanceof Tensor) backend.incRef(info.dataId)
    return all
  } finally {
    engine().endScope()
  }
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

/** The entry of that name, which the caller knows to be there. */
export function named<T>(record: Readonly<Record<string, T>>, name: string): T {
  const value = record[name]
  assert(value !== undefined, `program: nothing is named ${name}`)
  return value
}
