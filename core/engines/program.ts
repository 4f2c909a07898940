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
import { engine, type KernelBackend, type Tensor } from '@tensorflow/tfjs-core'
import { Refusal, assert } from '#core/contract/errors.ts'
import { inScope, type Tensors } from './ops.ts'
import { needed, newRecording, recordKernels, slotFor, type Feed, type Info, type Recording } from './recording.ts'
import { named, replayKernels, type Replay } from './replayKernels.ts'
import type { Program, ProgramSource } from './stepProgram.ts'
import type { NodeBackend } from './tensorflow/binding.ts'
import { compileProgram } from './tensorflow/compiledProgram.ts'
import { nativesOf } from './wasm/natives.ts'
import { replayNatives } from './wasm/replayNatives.ts'

/** The step as the active engine runs it best. A step that TensorFlow cannot make one graph of is replayed there, and the program says why. */
export function captureProgram(source: ProgramSource): Program {
  const { backend, backendName } = engine()
  if (backendName !== 'tensorflow') return replayProgram(backend, source)
  try {
    return compileProgram(backend as unknown as NodeBackend, source) // what tfjs-node registers by that name
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'engine-unavailable') throw error
    return { ...replayProgram(backend, source), because: error.message }
  }
}

function replayProgram(backend: KernelBackend, { state: given, feeds, step }: ProgramSource): Program {
  const state = Object.fromEntries(Object.entries(given).map(([name, tensor]) => [name, ownCopy(tensor, backend)]))
  const natives = nativesOf(backend)
  const recording = newRecording(natives)
  const stateNames = Object.keys(state)
  const feedNames = Object.keys(feeds)
  for (const name of stateNames) slotFor(recording, named(state, name).dataId)
  const record = () =>
    inScope(() => {
      const fed = Object.fromEntries(feedNames.map((name) => [name, placeholder(recording, named(feeds, name))]))
      const next = recordKernels(backend, recording, () => step(state, fed))
      return { fed: feedNames.map((name) => infoOf(named(fed, name))), next: stateNames.map((name) => infoOf(named(next, name))) }
    })
  const held = natives === undefined ? null : natives.hold(record, (dataId) => recording.slotOf.has(dataId))
  const { fed, next } = held === null ? record() : held.result
  refuseOtherShapes(stateNames, { state, next })
  const nextSlots = next.map((info) => slotOf(recording, info))
  const calls = needed(recording.calls, nextSlots)
  const parts: Replay = {
    backend,
    recording: { ...recording, calls },
    stateNames,
    state,
    feedNames,
    feeds,
    feedSlots: fed.map((info) => slotOf(recording, info)),
    nextSlots,
  }
  const replayed =
    natives === undefined || held === null ? replayKernels(parts) : replayNatives({ ...parts, natives, kept: held, next, fed })
  for (const tensor of Object.values(state)) tensor.dispose() // the replay holds their data
  return {
    advance: (values, count = 1) => {
      for (let i = 0; i < count; i += 1) replayed.advance(values(i))
    },
    settle: (names) => replayed.settle(names),
    read: (name) => copyOf(replayed.read(name)),
    kernels: calls.map(({ name, attributes, inputs }) => ({ name, attributes, shapes: Object.values(inputs).map(({ shape }) => shape) })),
    how: natives === undefined ? 'kernels' : 'natives',
    because: null,
    isReused: false,
    dispose: () => replayed.dispose(),
  }
}

/** A tensor with data of its own: a native program writes the next state over it. */
function ownCopy({ dataId, shape, dtype }: Tensor, backend: KernelBackend): Tensor {
  return engine().makeTensor(copyOf(backend.readSync(dataId)), [...shape], dtype)
}

function infoOf({ dataId, shape, dtype }: Tensor): Info {
  return { dataId, shape: [...shape], dtype }
}

function refuseOtherShapes(names: readonly string[], { state, next }: { state: Tensors; next: readonly Info[] }): void {
  for (const [i, name] of names.entries()) {
    const { shape, dtype } = named(state, name)
    assert(
      String(next[i]?.shape) === String(shape) && next[i]?.dtype === dtype,
      `captureProgram: the step changes the shape or type of ${name}`,
    )
  }
}

function slotOf(recording: Recording, { dataId }: Info): number {
  const slot = recording.slotOf.get(dataId)
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

function copyOf(values: unknown): Float32Array | Int32Array | Uint8Array {
  assert(values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array, 'program: a state is numbers')
  return values.slice()
}
