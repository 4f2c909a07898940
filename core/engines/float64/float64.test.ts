import { add, cast, engine, exp, fill, keep, memory, mul, ones, sum, tensor as tfjsTensor, zeros, Tensor } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inFloat64 } from './float64.ts'
import { read64, scalar, tensor, tensor64 } from './make.ts'

const alive = () => inFloat64(() => memory().numTensors)

describe('inFloat64', () => {
  let before = 0
  let active: unknown = null
  beforeEach(() => {
    before = alive()
    active = engine().backendName
  })
  afterEach(() => {
    expect(alive()).toBe(before)
    expect(engine().backendName).toBe(active)
  })

  test('computes in float64: a third keeps its 53 bits through tensors, scalars and fills', () => {
    const thirds = inFloat64(() => [tensor([1 / 3]), scalar(1 / 3), fill([1], 1 / 3), tensor64([1 / 3], [1])].map((x) => read64(x)[0]))
    expect(thirds).toEqual([1 / 3, 1 / 3, 1 / 3, 1 / 3])
    expect(inFloat64(() => read64(exp(scalar(1 / 3)))[0])).toBe(Math.exp(1 / 3))
  })
  test('zeros and ones are float64 too', () => {
    expect(inFloat64(() => [read64(zeros([2])), read64(ones([2]))])).toEqual([new Float64Array(2), Float64Array.of(1, 1)])
  })
  test('gives back what the action returns and disposes its tensors', () => {
    expect(inFloat64(() => ({ total: read64(sum(tensor([[1, 2], [3, 4]])))[0] }))).toEqual({ total: 10 }) // prettier-ignore
  })
  test('puts the engine back after a throw, also inside a gradient, and disposes what was made', () => {
    const fails = () =>
      inFloat64(() => {
        const x = tensor([1, 2])
        engine().gradients(() => {
          exp(mul(x, x))
          throw new Error('half-way')
        }, [x])
      })
    expect(fails).toThrow('half-way')
  })
  test('may be nested, and stays active until the outermost ends', () => {
    const names = inFloat64(() => {
      const x = tensor([1 / 3])
      const inner = inFloat64(() => engine().backendName)
      return [inner, engine().backendName, read64(x)[0]]
    })
    expect(names).toEqual(['float64', 'float64', 1 / 3])
  })
  test('a throw of a nested action leaves the outer one whole', () => {
    const result = inFloat64(() => {
      const x = tensor([2])
      expect(() =>
        inFloat64(() => {
          throw new Error('inner')
        }),
      ).toThrow('inner')
      return read64(mul(x, x))[0]
    })
    expect(result).toBe(4)
  })
  test('refuses an action that returns a promise or a tensor, by type and when it runs', () => {
    // @ts-expect-error a promise goes on after the engine is put back
    expect(() => inFloat64(async () => 1)).toThrow('promise')
    // @ts-expect-error a tensor is gone at the end
    const gone: unknown = inFloat64(() => tensor([1]))
    expect(gone instanceof Tensor && gone.isDisposed).toBe(true)
  })
  test('refuses a tensor that is kept beyond the end', () => {
    const kept: Tensor[] = []
    expect(() => inFloat64(() => void kept.push(keep(tensor([1]))))).toThrow('1 tensors outlive')
    for (const x of kept) x.dispose()
  })
  test('refuses a number that tfjs rounded to float32, and takes short fractions', () => {
    expect(() => inFloat64(() => read64(mul(tensor([1]), 0.1)))).toThrow('rounded to float32')
    expect(() => inFloat64(() => read64(tfjsTensor([1 / 3])))).toThrow('rounded to float32')
    expect(inFloat64(() => read64(mul(tensor([1]), -2.5))[0])).toBe(-2.5)
    expect(inFloat64(() => read64(add(tensor([1]), Number.NEGATIVE_INFINITY))[0])).toBe(Number.NEGATIVE_INFINITY)
  })
  test('a read is a copy: writing to it changes no tensor', () => {
    const values = inFloat64(() => {
      const given = Float64Array.of(1, 2)
      const x = tensor64(given, [2])
      given[0] = 7
      read64(x)[1] = 7
      return read64(x)
    })
    expect(values).toEqual(Float64Array.of(1, 2))
  })
})

describe('tensor and scalar inside inFloat64', () => {
  const made = (make: () => Tensor) =>
    inFloat64(() => {
      const { shape, dtype, dataId } = make()
      const values: unknown = engine().readSync(dataId) // typed as float32 by tfjs
      return { shape, dtype, values }
    })

  test('take the shape as the values are nested, or as said', () => {
    expect(made(() => tensor([[1, 2, 3], [4, 5, 6]]))).toEqual({ shape: [2, 3], dtype: 'float32', values: Float64Array.of(1, 2, 3, 4, 5, 6) }) // prettier-ignore
    expect(made(() => tensor(Float32Array.of(1, 2), [2, 1]))).toEqual({ shape: [2, 1], dtype: 'float32', values: Float64Array.of(1, 2) })
    expect(made(() => tensor([], [0, 3]))).toEqual({ shape: [0, 3], dtype: 'float32', values: new Float64Array() })
    expect(made(() => tensor(5))).toEqual({ shape: [], dtype: 'float32', values: Float64Array.of(5) })
  })
  test('hold integers and truth values as such', () => {
    expect(made(() => tensor(Int32Array.of(1, 2)))).toEqual({ shape: [2], dtype: 'int32', values: Int32Array.of(1, 2) })
    expect(made(() => tensor([1, 2], [2], 'int32'))).toEqual({ shape: [2], dtype: 'int32', values: Int32Array.of(1, 2) })
    expect(made(() => tensor([true, false]))).toEqual({ shape: [2], dtype: 'bool', values: Uint8Array.of(1, 0) })
    expect(made(() => scalar(3, 'int32'))).toEqual({ shape: [], dtype: 'int32', values: Int32Array.of(3) })
    expect(made(() => cast(tensor([1.9, -1.9]), 'int32'))).toEqual({ shape: [2], dtype: 'int32', values: Int32Array.of(1, -1) })
    expect(made(() => cast(tensor([0, Number.NaN, 0.1]), 'bool'))).toEqual({ shape: [3], dtype: 'bool', values: Uint8Array.of(0, 1, 1) })
  })
  test('refuse values that do not fill the shape', () => {
    expect(() => made(() => tensor([1, 2, 3], [2, 2]))).toThrow('expected 4 values')
    expect(() => made(() => tensor([[1, 2], [3]]))).toThrow('expected 4 values') // prettier-ignore
  })
  test('tensor64 and read64 refuse to be used elsewhere', () => {
    expect(() => tensor64([1], [1])).toThrow('inside inFloat64')
    expect(() => inFloat64(() => read64(tensor(Int32Array.of(1))))).toThrow('expected a tensor of float64')
  })
})
