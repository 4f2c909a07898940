import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { criticalRemainder, mirrorQuartic, mirrorQuarticMinimum } from './mirrorQuartic.ts'

expect.extend({ toBeAllclose })

const real = fc.double({ min: -3, max: 3, noNaN: true })
const decay = fc.double({ min: 0, max: 3, noNaN: true })

describe('mirrorQuarticMinimum', () => {
  test('carries its number', () => expect(mirrorQuartic.number).toBe('8.7'))

  // Origin: theory.md 8.7
  test.each([
    [0.1, 0.8, 0.90909],
    [0.3, 0.4, 0.76923],
    [0.7, 0, 0.58824],
  ])('of a = 1 at γ = %d is t² = %d, s = %d', (weightDecay, tSquared, s) => {
    const at = mirrorQuarticMinimum(1, weightDecay)
    expect([at.tSquared, at.s, at.threshold]).toBeAllclose([tSquared, s, 0.5], { absolute: 5e-6 }) // five printed digits
  })

  test('no point costs less', () => {
    fc.assert(
      fc.property(fc.tuple(real, decay), real, real, ([a, weightDecay], t, s) => {
        const cost = (square: number, other: number) =>
          (-a * square) / 2 + square ** 2 / 4 + (other - 1) ** 2 + weightDecay * (square + other ** 2)
        const at = mirrorQuarticMinimum(a, weightDecay)
        expect(cost(at.tSquared, at.s)).toBeLessThanOrEqual(cost(t * t, s) + 1e-12) // costs below 100
      }),
    )
  })

  test('t² reaches 0 continuously at the threshold and stays, also for a ≤ 0', () => {
    for (const a of [1, 0.3]) {
      const { threshold } = mirrorQuarticMinimum(a, 0)
      expect(mirrorQuarticMinimum(a, threshold).tSquared).toBe(0)
      expect(mirrorQuarticMinimum(a, threshold * (1 - 1e-9)).tSquared).toBeAllclose(a * 1e-9, { relative: 1e-6 }) // cancellation
    }
    expect(mirrorQuarticMinimum(-2, 0)).toEqual({ tSquared: 0, s: 1, threshold: 0 })
  })

  test('refuses NaN, ∞ and negative decay', () => {
    expect(() => mirrorQuarticMinimum(Number.NaN, 0)).toThrow('mirrorQuarticMinimum: a')
    expect(() => mirrorQuarticMinimum(1, Number.POSITIVE_INFINITY)).toThrow('mirrorQuarticMinimum: weightDecay')
  })
})

describe('criticalRemainder', () => {
  // Origin: theory.md 8.7, "6e-4 after 40,000 steps of .02"
  test('is 6e-4 after 40,000 steps of .02', () => expect(criticalRemainder(0.02, 40_000)).toBeAllclose(6e-4, { absolute: 5e-5 })) // one printed digit
  test('is what the iteration leaves from .8', () => {
    let t = 0.8
    for (let step = 0; step < 40_000; step += 1) t -= 0.02 * (-t + t ** 3 + 2 * 0.5 * t)
    expect(t * t).toBeAllclose(criticalRemainder(0.02, 40_000), { relative: 2e-3 }) // 1/t₀² = 1.6 of 1600 is 1e-3
  })
  test('refuses 0 and NaN', () => {
    expect(() => criticalRemainder(0, 1)).toThrow('criticalRemainder: learningRate')
    expect(() => criticalRemainder(1, Number.NaN)).toThrow('criticalRemainder: steps')
  })
})
