import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { mse } from './mse.ts'
import { lossKinds } from './registry.ts'

expect.extend({ toBeAllclose })

const settings = { kind: 'mse' } as const
const measure = (output: number[], target: number[]) => mse.measure(settings, Float64Array.from(output), Float64Array.from(target))

describe('mse', () => {
  test('is the mean of squares over samples, not halved', () => {
    expect(measure([1, 2, 3, 4], [1, 0, 0, 8])).toBe((0 + 4 + 9 + 16) / 4)
    expect(measure([3], [1])).toBe(4)
  })
  test('of residuals i − (n − 1)/2 it is (n² − 1)/12', () => {
    const n = 1000
    expect(
      measure(
        Array.from({ length: n }, (_, i) => i),
        new Array<number>(n).fill((n - 1) / 2),
      ),
    ).toBeAllclose((n ** 2 - 1) / 12)
  })
  test('is unchanged when both move together or exchange, and grows by c² with c', () => {
    const value = measure([1, -2, 0.5], [0.25, 1, 3])
    expect(measure([3, 0, 2.5], [2.25, 3, 5])).toBe(value)
    expect(measure([0.25, 1, 3], [1, -2, 0.5])).toBe(value)
    expect(measure([4, -8, 2], [1, 4, 12])).toBe(16 * value)
  })
  test('is NaN for no sample, for NaN and for a target that is missing; ∞ for an infinite output', () => {
    expect([measure([], []), measure([1, Number.NaN], [1, 1]), measure([1, 2], [1])]).toEqual([Number.NaN, Number.NaN, Number.NaN])
    expect(measure([Number.POSITIVE_INFINITY], [1])).toBe(Number.POSITIVE_INFINITY)
  })
  test('every loss is in the registry by its own name', () => {
    for (const [name, { kind }] of Object.entries(lossKinds)) expect(kind).toBe(name)
  })
})
