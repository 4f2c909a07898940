/**
 * The native functions behind the wasm kernels, seen one call at a time.
 *
 * A wasm kernel is JavaScript that checks shapes, allocates an output and calls one exported function with tensor ids and pointers. For small tensors the
 * JavaScript costs more than the arithmetic. Here the calls are noted while a step is recorded, so that they can be made again directly.
 */
import type { DataId, DataType, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'

/** A native function with the numbers that it was called with; arrays among them were copied to memory that stays. */
export type NativeCall = { readonly name: string; readonly pointers: readonly number[]; readonly returns: boolean }

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
  readonly dataIdMap: { get(dataId: DataId): { readonly id: number; readonly memoryOffset: number; refCount: number } }
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array
}

/** The natives of one wasm backend. */
export type Natives = {
  readonly backend: WasmBackend
  /** Runs `action` with every native call noted; data that would be freed meanwhile is kept, so that ids and addresses stay good. */
  hold<T>(action: () => T): { readonly result: T; readonly held: ReadonlySet<DataId>; readonly arrays: readonly number[] }
  /** The calls since the last time. */
  take(): readonly NativeCall[]
  /** The function of a call, bound to its numbers. */
  bind(call: NativeCall): () => void
}

const known = new WeakMap<object, Natives>()

export function nativesOf(backend: KernelBackend): Natives | undefined {
  return known.get(backend)
}

/** Notes native calls from now on. Must come before tfjs sets up the kernels, which take their functions once. */
export function watchNatives(given: KernelBackend): void {
  const backend = given as WasmBackend // the backend of the wasm factory; see the type above
  const { wasm } = backend
  const plainWrap = wasm.cwrap.bind(wasm)
  let calls: NativeCall[] | null = null
  let arrays: number[] = []
  const persist = (values: ArrayLike<number>): number => {
    const bytes = Uint8Array.from(values)
    const pointer = wasm._malloc(Math.max(1, bytes.length))
    wasm.HEAPU8.set(bytes, pointer)
    arrays.push(pointer)
    return pointer
  }
  const pointerOf = (arg: unknown, kind: string | undefined): number =>
    kind === 'array' && arg !== null ? persist(arg as ArrayLike<number>) : Number(arg) // tfjs passes arrays of bytes
  wasm.cwrap = (name, returns, kinds = []) => {
    const plain = plainWrap(name, returns, kinds)
    return (...args) => {
      if (calls === null) return plain(...args)
      const pointers = args.map((arg, i) => pointerOf(arg, kinds[i]))
      calls.push({ name, pointers, returns: returns !== null })
      return wasm[`_${name}`]?.(...pointers)
    }
  }
  known.set(backend, {
    backend,
    hold: (action) => {
      const held = new Set<DataId>()
      calls = []
      arrays = []
      const free = backend.disposeData.bind(backend)
      backend.disposeData = (dataId, force) => {
        const data = backend.dataIdMap.get(dataId)
        data.refCount -= 1
        if (force !== true && data.refCount > 0) return false
        held.add(dataId)
        return true
      }
      try {
        return { result: action(), held, arrays }
      } finally {
        backend.disposeData = free
        calls = null
      }
    },
    take: () => {
      const taken = calls ?? []
      if (calls !== null) calls = []
      return taken
    },
    bind: ({ name, pointers }) => {
      const native = wasm[`_${name}`]
      assert(native !== undefined, `natives: the module has no function ${name}`)
      return () => void native(...pointers)
    },
  })
}

/** Bytes of a tensor's data. */
export function bytesOf(shape: readonly number[], dtype: DataType): number {
  return shape.reduce((product, n) => product * n, 1) * (dtype === 'bool' ? 1 : 4)
}
