/**
 * The native functions behind the wasm kernels, seen one call at a time.
 *
 * A wasm kernel is JavaScript that checks shapes, allocates an output and calls one exported function with tensor ids and pointers. For small tensors the
 * JavaScript costs more than the arithmetic. Here the calls are noted while a step is recorded, so that they can be made again directly.
 */
import type { DataId, DataType, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'

/**
 * A native function with the numbers that it was called with; arrays among them were copied to memory that stays. Or an action of our
 * own on places in that memory.
 */
export type NativeCall =
  | { readonly name: string; readonly pointers: readonly number[]; readonly returns: boolean }
  | { readonly action: () => void; readonly returns: false }

type Native = (...pointers: number[]) => unknown
type Wrapped = (...args: unknown[]) => unknown

/** What is used here of tfjs's wasm module and backend, both of which it types as `any` or keeps private. */
type WasmModule = {
  cwrap(name: string, returns: string | null, kinds?: readonly string[]): Wrapped
  _malloc(bytes: number): number
  _free(pointer: number): void
  readonly HEAPU8: Uint8Array
  readonly tfjs: { registerTensor(id: number, size: number, pointer: number): void; disposeData(id: number): void }
} & { readonly [native: `_${string}`]: Native }
export type WasmBackend = KernelBackend & {
  readonly wasm: WasmModule
  dataIdNextNumber: number // the next id that no tensor has
  readonly dataIdMap: { get(dataId: DataId): { readonly id: number; readonly memoryOffset: number; refCount: number } }
  makeOutput(shape: readonly number[], dtype: DataType): TensorInfo
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array
}

/** Numbers in the module's memory, under the id by which native functions find them. */
export type Span = { readonly id: number; readonly pointer: number; readonly size: number }

/** What a recording must give back at its end: data, arrays and ids that were kept for the replay. */
export type Kept = { readonly held: ReadonlySet<DataId>; readonly arrays: readonly number[]; readonly views: readonly Span[] }

/** The natives of one wasm backend. */
export type Natives = {
  readonly backend: WasmBackend
  /**
   * Runs `action` with every native call noted; what would be freed meanwhile is kept, so that ids and addresses stay good.
   * `isChanging` knows whose content will be another at the next step.
   */
  hold<T>(action: () => T, isChanging: (dataId: DataId) => boolean): Kept & { readonly result: T }
  /** The calls since the last time. */
  take(): readonly NativeCall[]
  /** Whether this is a recording and the data are the same at every step. */
  isConstant(dataId: DataId): boolean
  /** Runs `action` without noting its calls: their results are the same at every step, and stay. */
  once<T>(action: () => T): T
  /** Part of a tensor's memory as a tensor of its own, until `drop`, or until the recording that made it is disposed. */
  view(pointer: number, size: number): Span
  drop(views: readonly Span[]): void
  /** Does something to the module's memory, noted like a native call: `action` may depend on nothing but what stands there. */
  act(action: () => void): void
  /** Registers a span anew, so that nothing packed from its old content is used. */
  renew(span: Span): void
  /** The function of a call, bound to its numbers. */
  bind(call: NativeCall): () => void
}

type Recorder = { readonly isChanging: (dataId: DataId) => boolean; calls: NativeCall[]; isNoting: boolean } & {
  readonly held: Set<DataId>
  readonly arrays: number[]
  readonly views: Span[]
}

const known = new WeakMap<object, Natives>()

export function nativesOf(backend: KernelBackend): Natives | undefined {
  return known.get(backend)
}

/** Notes native calls from now on. Must come before tfjs sets up the kernels, which take their functions once. */
export function watchNatives(given: KernelBackend): void {
  const backend = given as WasmBackend // the backend of the wasm factory; see the type above
  const { wasm } = backend
  const now: { recorder: Recorder | null } = { recorder: null }
  watchCalls(wasm, now)
  const act = (action: () => void) => {
    if (now.recorder?.isNoting === true) now.recorder.calls.push({ action, returns: false })
    action()
  }
  known.set(backend, {
    backend,
    hold: (action, isChanging) => {
      const recorder: Recorder = { isChanging, calls: [], isNoting: true, held: new Set(), arrays: [], views: [] }
      const free = backend.disposeData.bind(backend)
      backend.disposeData = (dataId, force) => keepData(backend, recorder, { dataId, force: force === true })
      now.recorder = recorder
      try {
        const result = action()
        return { result, held: recorder.held, arrays: recorder.arrays, views: recorder.views }
      } finally {
        backend.disposeData = free
        now.recorder = null
      }
    },
    take: () => now.recorder?.calls.splice(0) ?? [],
    isConstant: (dataId) => now.recorder !== null && !now.recorder.isChanging(dataId),
    once: (action) => withoutNotes(now.recorder, action),
    view: (pointer, size) => {
      const span = { id: backend.dataIdNextNumber, pointer, size }
      backend.dataIdNextNumber += 1
      wasm.tfjs.registerTensor(span.id, size, pointer)
      now.recorder?.views.push(span)
      return span
    },
    drop: (views) => {
      if (now.recorder === null) for (const { id } of views) wasm.tfjs.disposeData(id)
    },
    act,
    renew: ({ id, pointer, size }) =>
      act(() => {
        wasm.tfjs.disposeData(id)
        wasm.tfjs.registerTensor(id, size, pointer)
      }),
    bind: (call) => {
      if ('action' in call) return call.action
      const { name, pointers } = call
      const native = wasm[`_${name}`]
      assert(native !== undefined, `natives: the module has no function ${name}`)
      return () => void native(...pointers)
    },
  })
}

/** Has the module's functions note their calls while there is a recorder; arrays that they are given then stay. */
function watchCalls(wasm: WasmModule, now: { readonly recorder: Recorder | null }): void {
  const plainWrap = wasm.cwrap.bind(wasm)
  const persist = (values: ArrayLike<number>, arrays: number[]): number => {
    const bytes = Uint8Array.from(values)
    const pointer = wasm._malloc(Math.max(1, bytes.length))
    wasm.HEAPU8.set(bytes, pointer)
    arrays.push(pointer)
    return pointer
  }
  wasm.cwrap = (name, returns, kinds = []) => {
    const plain = plainWrap(name, returns, kinds)
    return (...args) => {
      const { recorder } = now
      if (recorder?.isNoting !== true) return plain(...args)
      const pointers = args.map(
        (arg, i) => (kinds[i] === 'array' && arg !== null ? persist(arg as ArrayLike<number>, recorder.arrays) : Number(arg)), // tfjs passes arrays of bytes
      )
      recorder.calls.push({ name, pointers, returns: returns !== null })
      return wasm[`_${name}`]?.(...pointers)
    }
  }
}

function keepData({ dataIdMap }: WasmBackend, { held }: Recorder, { dataId, force }: { dataId: DataId; force: boolean }): boolean {
  const data = dataIdMap.get(dataId)
  data.refCount -= 1
  if (!force && data.refCount > 0) return false
  held.add(dataId)
  data.refCount = 1 // the recording's own: a kernel that refers to its input for a moment must not free it
  return true
}

function withoutNotes<T>(recorder: Recorder | null, action: () => T): T {
  if (recorder === null) return action()
  const { isNoting } = recorder
  recorder.isNoting = false
  try {
    return action()
  } finally {
    recorder.isNoting = isNoting
  }
}

/** Bytes of a tensor's data. */
export function bytesOf(shape: readonly number[], dtype: DataType): number {
  return shape.reduce((product, n) => product * n, 1) * (dtype === 'bool' ? 1 : 4)
}
