/** Puts a kernel of our own in the place of one of tfjs's. Must come before the backend starts, which sets the kernels up. */
import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelBackend,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { nativesOf, type Natives } from '../natives.ts'

const ours = new WeakSet<KernelFunc>()

export type Kernel = Pick<KernelConfig, 'kernelFunc'> & { readonly setup?: (natives: Natives) => void }

/** Replaces the kernel of that name; `make` is given the one that was there, undefined where there was none. Once only: a second call changes nothing. */
export function replaceKernel(name: string, make: (stock: KernelFunc | undefined) => Kernel): void {
  const stock = getKernel(name, 'wasm') as KernelConfig | undefined // undefined where there is none; the type forgets it
  if (stock !== undefined && ours.has(stock.kernelFunc)) return
  const { kernelFunc, setup } = make(stock?.kernelFunc)
  ours.add(kernelFunc)
  if (stock !== undefined) unregisterKernel(name, 'wasm')
  registerKernel({
    ...stock,
    kernelName: name,
    backendName: 'wasm',
    kernelFunc,
    setupFunc: (backend) => {
      stock?.setupFunc?.(backend)
      setup?.(nativesFor(backend as KernelBackend)) // tfjs types it as an object; it is the backend
    },
  })
}

/** The natives of the backend that a kernel runs on. */
export function nativesFor(backend: KernelBackend): Natives {
  const natives = nativesOf(backend)
  assert(natives !== undefined, 'kernels: the backend is not watched')
  return natives
}

/** Calls a wasm kernel that has one output. */
export function kernel(
  backend: KernelBackend,
  name: string,
  call: { inputs: Record<string, TensorInfo>; attrs?: Record<string, unknown> },
): TensorInfo {
  const { kernelFunc } = getKernel(name, 'wasm')
  const out = kernelFunc({ inputs: call.inputs, attrs: (call.attrs ?? {}) as never, backend }) // attributes are what the kernel of that name takes
  assert(!Array.isArray(out), `kernels: ${name} has one output`)
  return out
}
