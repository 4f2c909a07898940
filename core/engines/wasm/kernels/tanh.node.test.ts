import { beforeAll, describe, expect, test } from 'vitest'
import { engine, tanh } from '@tensorflow/tfjs-core'
import { inScope, sum, tensor, valueAndGrads } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'

expect.extend({ toBeAllclose })

const of = (x: ArrayLike<number>) =>
  inScope(() =>
    tanh(tensor(Float32Array.from(x)))
      .dataSync()
      .slice(),
  )

/** The distance of neighbouring float32 at v. */
const unit = (v: number) => Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(v))) - 23))

describe('tanh on wasm', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  test('is within 2.5 units in the last place of float64 at all magnitudes, as the C library is within 2.1', () => {
    const x = Float32Array.from(
      { length: 154 * 512 },
      (_, i) => 2 ** (Math.floor(i / 512) - 149) * (1 + ((i % 512) + 0.37 * (((i % 512) * 7919) % 13)) / 518),
    )
    const y = of(x)
    const worst = x.reduce(
      (most, value, i) => Math.max(most, Math.abs((y[i] ?? Number.NaN) - Math.tanh(value)) / unit(Math.tanh(value))),
      0,
    )
    expect(worst).toBeLessThan(2.5)
  })
  test('is odd, bit for bit', () => {
    const x = Float32Array.from({ length: 4_096 }, (_, i) => Math.sin(i + 1) * 2 ** ((i % 40) - 34))
    expect(of(x.map((value) => -value))).toEqual(of(x).map((value) => -value))
  })
  test('is ±1 at ±∞ and beyond rounding, 0 at 0, itself at denormals, NaN at NaN, in whatever place', () => {
    const x = [Infinity, -Infinity, 3e38, -3e38, 88, -12, 0, 2 ** -149, -(2 ** -149), 2 ** -130, NaN, 1, NaN]
    const [one] = of([1])
    expect([...of(x)]).toEqual([1, -1, 1, -1, 1, -1, 0, 2 ** -149, -(2 ** -149), 2 ** -130, NaN, one, NaN])
    expect(Math.abs(of([-0])[0] ?? Number.NaN)).toBe(0)
  })
  test('has the gradient 1 − tanh²', () => {
    const x = Float32Array.from({ length: 100 }, (_, i) => (i - 50) / 12)
    const gradient = inScope(() => {
      const { grads } = valueAndGrads((t: ReturnType<typeof tensor>) => sum(tanh(t)))([tensor(x)]) // the sum is a scalar
      return Float64Array.from(grads[0]?.dataSync() ?? [])
    })
    // y has 2.5 units of at most 2⁻²⁴, its square twice as many
    expect(gradient).toBeAllclose(
      Float64Array.from(x, (value) => 1 - Math.tanh(value) ** 2),
      { absolute: 6 * 2 ** -24 },
    )
  })
  test('of nothing is nothing, of a number a number; it leaves no data behind', () => {
    const before = engine().backend.numDataIds()
    expect([...of([])]).toEqual([])
    const shape = inScope(() => {
      const y = tanh(tensor(0.5, []))
      return { shape: y.shape, value: y.dataSync()[0] ?? Number.NaN }
    })
    expect(shape.shape).toEqual([])
    expect(shape.value).toBeAllclose(Math.tanh(0.5), { relative: 2.5 * 2 ** -23 }) // the stated units
    expect(engine().backend.numDataIds()).toBe(before)
  })
})
