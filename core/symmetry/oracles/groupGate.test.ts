import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { groupGate, groupGateMinimum } from './groupGate.ts'
import { softThreshold } from './lasso.ts'

expect.extend({ toBeAllclose })

const vector = fc
  .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 })
  .map((values) => Float64Array.from(values))
const decay = fc.double({ min: 0, max: 5, noNaN: true })
const square = (x: Float64Array) => x.reduce((sum, value) => sum + value * value, 0)

describe('groupGateMinimum', () => {
  test('carries its number', () => expect(groupGate.number).toBe('8.4'))

  // Origin: theory.md 8.4
  test.each([
    [0.3, [0.4275913, -0.5701217, 0.2137956]],
    [1.2, [0, 0, 0]],
  ])('of (.6, −.8, .3) at γ = %d is %j', (weightDecay, expected) =>
    expect(groupGateMinimum(Float64Array.of(0.6, -0.8, 0.3), weightDecay)).toBeAllclose(expected, { absolute: 5e-8 }),
  ) // seven printed digits

  test('no gate and vector cost less', () => {
    fc.assert(
      fc.property(vector, decay, fc.double({ min: -3, max: 3, noNaN: true }), vector, (y, weightDecay, gate, w) => {
        const v = groupGateMinimum(y, weightDecay)
        const best = square(v.map((value, i) => value - (y[i] ?? 0))) + 2 * weightDecay * Math.sqrt(square(v))
        const cost = square(w.map((value, i) => gate * value - (y[i] ?? 0))) + weightDecay * (gate * gate + square(w))
        expect(best).toBeLessThanOrEqual(cost + 1e-11) // costs below 1e3
      }),
    )
  })

  test('in one dimension is the soft threshold, and keeps the direction in more', () => {
    fc.assert(
      fc.property(vector, decay, (y, weightDecay) => {
        const [first = 0, second = 0] = y
        expect(groupGateMinimum(y.subarray(0, 1), weightDecay)[0]).toBeAllclose(softThreshold(first, weightDecay), { absolute: 1e-14 }) // 1 − γ/|y| rounds
        const [a = 0, b = 0] = groupGateMinimum(y, weightDecay)
        expect(a * second).toBeAllclose(b * first, { absolute: 1e-14 }) // products below 9
      }),
    )
  })

  test('is continuous at γ = ‖y‖, and large and small vectors keep their scale', () => {
    expect(groupGateMinimum(Float64Array.of(3, 4), 5)).toEqual(new Float64Array(2))
    expect(groupGateMinimum(Float64Array.of(3, 4), 5 - 1e-9)).toBeAllclose([6e-10, 8e-10], { relative: 1e-5 }) // 1 − γ/‖y‖ = 2e-10 of ulp 1e-16
    expect(groupGateMinimum(Float64Array.of(3e200, 4e200), 1e200)).toBeAllclose([2.4e200, 3.2e200])
  })

  test('of nothing is nothing, and NaN, ∞ and negative decay are refused', () => {
    expect(groupGateMinimum(new Float64Array(), 1)).toEqual(new Float64Array())
    expect(groupGateMinimum(new Float64Array(2), 0)).toEqual(new Float64Array(2))
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY])
      expect(() => groupGateMinimum(Float64Array.of(bad), 1)).toThrow('groupGateMinimum: y')
    expect(() => groupGateMinimum(Float64Array.of(1), -1)).toThrow('groupGateMinimum: weightDecay')
  })
})
