import { describe, expect, test } from 'vitest'
import { zeroAgreement, zeroThreshold } from './zeroAgreement.ts'

const count = (coefficients: readonly number[], predicted: readonly number[], margin: readonly number[], resolved = 0.01) =>
  zeroAgreement(
    Float64Array.from(coefficients),
    { oracle: '8.2', vector: Float64Array.from(predicted), margin: Float64Array.from(margin) },
    resolved,
  )

describe('zeroAgreement', () => {
  test('counts zeros of either, and those that one alone has', () => {
    // agree on zero, agree on not zero, measured only, predicted only
    expect(count([0, 1, 1e-7, 0.5], [0, 1, 0.3, 0], [1, Number.NaN, Number.NaN, 1])).toEqual({
      predicted: 2,
      measured: 2,
      exempt: 0,
      wrong: 2,
    })
  })
  test('a coefficient is zero strictly below the threshold', () => {
    expect(count([zeroThreshold], [0], [1])).toMatchObject({ measured: 0, wrong: 1 })
    expect(count([-zeroThreshold * (1 - 1e-9)], [0], [1])).toMatchObject({ measured: 1, wrong: 0 })
  })
  test('a zero of the theory is exempt while its margin is below what the steps resolve, not at it', () => {
    expect(count([0.5], [0], [0.01 - 1e-9])).toEqual({ predicted: 1, measured: 0, exempt: 1, wrong: 0 })
    expect(count([0.5], [0], [0.01])).toEqual({ predicted: 1, measured: 0, exempt: 0, wrong: 1 })
    expect(count([0.5], [0], [1], Number.POSITIVE_INFINITY)).toMatchObject({ exempt: 1, wrong: 0 }) // before the first step
  })
  test('a coefficient that the theory says is not zero is never exempt', () => {
    expect(count([0], [1e-9], [Number.NaN], Number.POSITIVE_INFINITY)).toMatchObject({ exempt: 0, wrong: 1 })
  })
  test('NaN is no zero', () => expect(count([Number.NaN], [0], [1])).toEqual({ predicted: 1, measured: 0, exempt: 0, wrong: 1 }))
  test('of no coordinate is nothing', () => expect(count([], [], [])).toEqual({ predicted: 0, measured: 0, exempt: 0, wrong: 0 }))
})
