/** What a float64 section leaves behind on the engine that trains: nothing. */
import { engine, getGradient } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { inScope, matMul, memory, mul, square, sub, sum, tensor, valueAndGrads, type Tensor, type Tensor1D } from '#core/engines/ops.ts'
import { captureProgram } from '#core/engines/program.ts'
import { startEngine } from '#core/engines/registry.ts'
import { gradient64, hessianVector64, type Scalar64 } from './derivatives.ts'
import { inFloat64 } from './float64.ts'
import { gradients } from './gradients/table.ts'
import { tensor as tensorOf } from './make.ts'

const numbers = (length: number, phase: number) => Float64Array.from({ length }, (_, i) => Math.sin(3 * i + phase))
const f: Scalar64 = ({ w }) => sum(square(matMul(tensorOf(numbers(12, 1), [4, 3]) as Tensor1D, w as Tensor1D))) // matMul takes any rank; its type asks for one
const w = { shape: [3, 2], values: numbers(6, 2) }
const section = () => {
  gradient64(f, { w })
  hessianVector64(f, { w }, { w: numbers(6, 3) })
  expect(() =>
    inFloat64(() => {
      throw new Error('half-way')
    }),
  ).toThrow('half-way')
}

describe('a float64 section on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  test('leaves engine, tensors and gradients as they were', () => {
    const kept = gradients.map(({ kernelName }) => getGradient(kernelName))
    const [tensors, backend] = [memory().numTensors, engine().backend]
    section()
    expect([engine().backendName, memory().numTensors]).toEqual(['wasm', tensors])
    expect(engine().backend).toBe(backend)
    expect(gradients.map(({ kernelName }) => getGradient(kernelName))).toEqual(kept)
  })
  test('in the middle of a captured program changes no bit of what follows', () => {
    const train = (between: () => void) => {
      const state = { w: tensor(Float32Array.from(w.values), w.shape) }
      const x = tensor(Float32Array.from(numbers(12, 1)), [4, 3])
      const step = ({ w: now }: Readonly<Record<string, Tensor>>) => {
        const loss = (v: Tensor) => sum(square(matMul(x as Tensor1D, v as Tensor1D))) // matMul takes any rank; its type asks for one
        const { grads } = valueAndGrads(loss as never)([now as Tensor]) // the sum is a scalar
        return { w: sub(now as Tensor, mul(tensor([Math.fround(0.01)]), grads[0] as Tensor)) } // one argument, one gradient
      }
      const program = captureProgram({ state, feeds: {}, step })
      for (let i = 0; i < 6; i += 1) {
        program.advance(() => ({}))
        if (i === 2) between()
      }
      const end = program.read('w')
      program.dispose()
      for (const part of [x, state.w]) part.dispose()
      return end
    }
    const plain = train(() => undefined)
    expect(train(section)).toEqual(plain)
    expect(plain).not.toEqual(Float32Array.from(w.values))
  })
  test('gives gradients on wasm the same bits before and after', () => {
    const slopes = () =>
      inScope(() => {
        const loss = (v: Tensor) => sum(square(mul(v, v)))
        return [...(valueAndGrads(loss as never)([tensor(Float32Array.from(numbers(9, 4)))]).grads[0]?.dataSync() ?? [])] // the sum is a scalar
      })
    const before = slopes()
    section()
    expect(slopes()).toEqual(before)
  })
  test('agrees with wasm to the precision of float32', () => {
    const double = gradient64(f, { w }).value
    const single = inScope(() => sum(square(matMul(tensor(Float32Array.from(numbers(12, 1)), [4, 3]) as Tensor1D, tensor(Float32Array.from(w.values), [3, 2]) as Tensor1D))).dataSync()[0] ?? 0) // prettier-ignore
    expect(Math.abs(double - single)).toBeLessThan(16 * 2 ** -24 * double) // 8 squares of sums of 3, all positive
    expect(double).not.toBe(single)
  })
  test('refuses tensors of wasm, and wasm those of float64, with both left whole', () => {
    const x = tensor([1, 2, 3])
    expect(() => inFloat64(() => void square(x))).toThrow('a tensor of another engine')
    expect([...x.dataSync()]).toEqual([1, 2, 3])
    x.dispose()
    const name = engine().backendName
    const wasm = engine().backend
    const crossed = () =>
      inFloat64(() => {
        const mine = tensorOf([1 / 3])
        const active = engine() as unknown as { backendName: string; backendInstance: unknown } // private in tfjs's types
        const [own, instance] = [active.backendName, active.backendInstance]
        try {
          Object.assign(active, { backendName: name, backendInstance: wasm })
          square(mine)
        } finally {
          Object.assign(active, { backendName: own, backendInstance: instance })
        }
      })
    expect(crossed).toThrow('used by another engine')
    expect(engine().backendName).toBe('wasm')
  })
  test('is refused inside a gradient of the other engine', () => {
    const before = memory().numTensors
    const x = tensor([1])
    const nested = (v: Tensor) => {
      gradient64(f, { w })
      return sum(v)
    }
    expect(() => valueAndGrads(nested as never)([x])).toThrow('no gradient of another engine') // the sum is a scalar
    x.dispose()
    expect(memory().numTensors).toBe(before)
  })
})
