/**
 * Functions of one number whose WGSL is left open at the edges: what is not a number, infinite or near zero has an answer here that no shader compiler may change.
 *
 * WGSL lets a compiler take for granted that there is no NaN and no ∞ (on SwiftShader exp(NaN) = ∞, log(NaN) = 89.1, log(0) = −88.0), so a run that has diverged could
 * look alive. Here the edges are decided by the bits of the argument, which is an integer comparison.
 *
 *   isFinite(x)   exponent bits not all 1
 *   exp(x)        NaN, +∞ → itself, −∞ → 0; elsewhere WGSL's: at most 3 + 2|x| units in the last place
 *   log(x)        NaN, +∞ → itself, ±0 → −∞, x < 0 → NaN; elsewhere WGSL's: 3 units in the last place, 2⁻²¹ absolute in [1/2, 2]
 *   tanh(x)       |x| < 1/4: the odd series up to x¹¹ (relative error below 1e-9 before rounding); elsewhere sign(x)(1 − t)/(1 + t), t = exp(−2|x|); NaN → NaN, ±∞ → ±1
 *
 * tfjs's own tanh is the quotient everywhere: it loses every digit of a small argument. Numbers below 2⁻¹²⁶ may be taken for 0, as WGSL allows.
 */
import { registerKernel, unregisterKernel, type DataType, type KernelFunc } from '@tensorflow/tfjs-core'
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu'
import { assert } from '#core/contract/errors.ts'

const isOfNumber = (a: string) => `(bitcast<u32>(${a}) & 0x7f800000u) != 0x7f800000u`
const size = (a: string) => `(bitcast<u32>(${a}) & 0x7fffffffu)`

/** Bodies of `fn valueAt(a : f32) -> f32`; `uniforms` are those that tfjs gives to every program. */
const bodies = {
  IsFinite: `return select(0.0, 1.0, ${isOfNumber('a')});`,
  Exp: `
    if (${size('a')} > 0x7f800000u) { return a; }
    if (bitcast<u32>(a) == 0x7f800000u) { return a; }
    if (bitcast<u32>(a) == 0xff800000u) { return 0.0; }
    return exp(a);`,
  Log: `
    if (${size('a')} > 0x7f800000u) { return a; }
    if (bitcast<u32>(a) == 0x7f800000u) { return a; }
    if (${size('a')} == 0u) { return -uniforms.INFINITY; }
    if (bitcast<u32>(a) >= 0x80000000u) { return uniforms.NAN; }
    return log(a);`,
  Tanh: `
    if (${size('a')} > 0x7f800000u) { return a; }
    if (${size('a')} >= 0x41200000u) { return sign(a); } // 10
    if (${size('a')} < 0x3e800000u) { // 1/4
      let s = a * a;
      let p = 62.0 / 2835.0 - s * (1382.0 / 155925.0);
      return a * (1.0 + s * (-1.0 / 3.0 + s * (2.0 / 15.0 + s * (-17.0 / 315.0 + s * p))));
    }
    let t = exp(-2.0 * abs(a));
    return sign(a) * (1.0 - t) / (1.0 + t);`,
} as const

const results: Readonly<Partial<Record<string, DataType>>> = { IsFinite: 'bool' }

/** Puts these in the place of tfjs's; a second call changes nothing. */
export function registerUnary(): void {
  for (const [name, body] of Object.entries(bodies)) {
    unregisterKernel(name, 'webgpu')
    registerKernel({ kernelName: name, backendName: 'webgpu', kernelFunc: kernelOf(name, body) })
  }
}

function kernelOf(name: string, body: string): KernelFunc {
  return ({ inputs: { x }, backend }) => {
    assert(x !== undefined, `${name}: the operand is missing`)
    const gpu = backend as WebGPUBackend // the kernel is registered for this backend alone
    return gpu.runWebGPUProgram(programOf(name, body, x.shape), [x], results[name] ?? 'float32')
  }
}

const groupSize = 128

function programOf(name: string, body: string, shape: number[]): WebGPUProgram {
  const count = shape.reduce((product, n) => product * n, 1)
  return {
    variableNames: ['A'],
    size: true,
    workgroupSize: [groupSize, 1, 1],
    outputShape: shape,
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(count / groupSize), 1, 1],
    shaderKey: `kagami_${name}`,
    getUserCode: () => `
      fn valueAt(a : f32) -> f32 {${body}
      }
      fn main(index : i32) {
        if (index < uniforms.size) { setOutputAtIndex(index, valueAt(getAByOutputIndex(index))); }
      }`,
  }
}
