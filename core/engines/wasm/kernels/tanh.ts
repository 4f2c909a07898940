/**
 * The hyperbolic tangent for the wasm engine, from functions that XNNPACK computes four numbers at a time.
 *
 *   tanh(x) = sign(x) · e / (−2 − e),   e = exp(−2|x|) − 1 = elu(−2|x|)
 *
 * tfjs calls the C library for every number: 18.7 ns, where these ten passes, in place where they can be, take 3. No cancellation: elu
 * computes e as such, and −2 − e lies in [−2, −1].
 *
 * Accuracy: at most 2.5 units in the last place over all magnitudes from 2⁻¹⁴⁹ to 20 (the C library's: 2.1). Odd, bit for bit; ±∞ → ±1, ±0 → 0,
 * NaN → NaN.
 */
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import type { Natives } from '../natives.ts'
import { nativesFor, replaceKernel } from './replaceKernel.ts'

/** Native functions on tensor ids, the last of them the result's, which may be an operand's too. */
type Passes = {
  readonly unary: (name: 'Abs' | 'Elu', x: number, out: number) => void
  readonly binary: (name: 'Add' | 'Multiply' | 'Sub' | 'RealDiv', operands: readonly [Part, Part], out: number) => void
  readonly clip: (x: number, out: number) => void // to [−1, 1]
}
type Part = { readonly id: number; readonly shape: Uint8Array; readonly rank: 0 | 1 }

export function registerTanh(): void {
  replaceKernel('Tanh', (stock) => {
    let passes: Passes | undefined
    return {
      setup: (natives) => void (passes = passesOf(natives)),
      kernelFunc: (call) => {
        const { x } = call.inputs
        assert(x !== undefined && stock !== undefined && passes !== undefined, 'tanh: the kernel was not set up')
        return x.dtype === 'float32' ? tanh(x, nativesFor(call.backend as KernelBackend), passes) : stock(call) // tfjs types the backend as an object
      },
    }
  })
}

function tanh(x: TensorInfo, { backend }: Natives, { unary, binary, clip }: Passes): TensorInfo {
  const size = x.shape.reduce((product, n) => product * n, 1)
  const out = backend.makeOutput([...x.shape], 'float32')
  if (size === 0) return out
  const scratch = backend.makeOutput([size], 'float32')
  const constants = [-2, 2 ** 127, 2 ** 23, 0].map((value) => backend.write(Float32Array.of(value), [], 'float32'))
  const part = (dataId: object, rank: Part['rank'] = 1): Part => ({
    id: backend.dataIdMap.get(dataId).id,
    shape: new Uint8Array(Int32Array.of(...(rank === 1 ? [size] : [])).buffer),
    rank,
  })
  const [given, y, z] = [part(x.dataId), part(out.dataId), part(scratch.dataId)]
  const [minusTwo, huge, large, zero] = constants.map((dataId) => part(dataId, 0)) as [Part, Part, Part, Part] // four constants
  unary('Abs', given.id, y.id)
  binary('Multiply', [y, minusTwo], y.id)
  unary('Elu', y.id, y.id) // e
  binary('Sub', [minusTwo, y], z.id)
  binary('RealDiv', [y, z], y.id) // tanh|x|
  binary('Multiply', [given, huge], z.id)
  binary('Multiply', [z, large], z.id) // 2 at least, for the smallest denormal too
  clip(z.id, z.id) // sign(x), and ±0 for ±0
  binary('Multiply', [y, z], y.id)
  binary('Add', [y, zero], y.id) // XNNPACK's elu(−0) is +0, which makes tanh(+0) = −0; −0 + 0 = 0
  for (const dataId of [scratch.dataId, ...constants]) backend.disposeData(dataId)
  return out
}

function passesOf({ backend: { wasm } }: Natives): Passes {
  const float32 = 0 // in the module's list of types
  const one = { Abs: wrap('Abs'), Elu: wrap('Elu') }
  const two = { Add: wrapBinary('Add'), Multiply: wrapBinary('Multiply'), Sub: wrapBinary('Sub'), RealDiv: wrapBinary('RealDiv') }
  const clip = wasm.cwrap('ClipByValue', null, ['number', 'number', 'number', 'number'])
  function wrap(name: string) {
    return wasm.cwrap(name, null, ['number', 'number', 'number'])
  }
  function wrapBinary(name: string) {
    return wasm.cwrap(name, null, ['number', 'array', 'number', 'number', 'array', 'number', 'number', 'number'])
  }
  return {
    unary: (name, x, out) => void one[name](x, float32, out),
    binary: (name, [a, b], out) => void two[name](a.id, a.shape, a.rank, b.id, b.shape, b.rank, float32, out),
    clip: (x, out) => void clip(x, -1, 1, out),
  }
}
