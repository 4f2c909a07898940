import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { differenceOfSquaresMinimum, productMinimum, scalarProduct, squareMinimum, unequalDecayMinimum } from './scalarProduct.ts'

expect.extend({ toBeAllclose })

const real = (max: number) => fc.double({ min: -max, max, noNaN: true })
const decay = fc.double({ min: 0, max: 5, noNaN: true })
const scale = fc.double({ min: 0.1, max: 10, noNaN: true })

test('carries its number and both titles', () =>
  expect(scalarProduct).toEqual({ number: '8.1', title: { en: 'Product of two numbers', ja: '二つの数の積' } }))

describe('productMinimum', () => {
  // Origin: theory.md 8.1, rows 1 to 3
  test.each([
    [1, 0.3, 1, 0.7],
    [-0.7, 0.2, 1, -0.5],
    [0.25, 0.4, 1, 0],
    [2, 1.9, 1, 0.1],
    [1, 0.15, 0.5, 0.7], // ½(uw − 1)² + (.3/2)(u² + w²)
    [1, 0.3, 0.5, 0.4],
  ])('of target %d at γ = %d and scale %d is %d', (y, weightDecay, c, v) =>
    expect(productMinimum(y, { weightDecay, scale: c })).toBeAllclose(v),
  )

  test('no pair of factors costs less', () => {
    fc.assert(
      fc.property(real(10), decay, scale, real(5), real(5), (y, weightDecay, c, u, w) => {
        const cost = (a: number, b: number) => c * (a * b - y) ** 2 + weightDecay * (a * a + b * b)
        const v = productMinimum(y, { weightDecay, scale: c })
        const size = Math.sqrt(Math.abs(v))
        expect(cost(size, Math.sign(v) * size)).toBeLessThanOrEqual(cost(u, w) + 1e-9) // costs below 1e4 round by 1e-11
      }),
    )
  })

  test('is continuous at the threshold and falls with γ', () => {
    expect(productMinimum(1, { weightDecay: 1 })).toBe(0)
    expect(productMinimum(1, { weightDecay: 1 - 2 ** -50 })).toBe(2 ** -50)
    fc.assert(
      fc.property(real(10), decay, decay, (y, a, b) => {
        const [small, large] = [productMinimum(y, { weightDecay: Math.max(a, b) }), productMinimum(y, { weightDecay: Math.min(a, b) })]
        expect(Math.abs(small)).toBeLessThanOrEqual(Math.abs(large))
      }),
    )
  })

  test('keeps numbers of any size', () => {
    expect(productMinimum(1e300, { weightDecay: 1e299 })).toBeAllclose(9e299)
    expect(productMinimum(5e-324, { weightDecay: 0 })).toBe(5e-324)
    expect(productMinimum(0, { weightDecay: 0 })).toBe(0)
  })

  test('refuses what is no target, decay or scale', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => productMinimum(bad, { weightDecay: 1 })).toThrow('productMinimum: y: expected a finite number')
    expect(() => productMinimum(1, { weightDecay: -1 })).toThrow('productMinimum: weightDecay: expected a finite number ≥ 0, got -1')
    expect(() => productMinimum(1, { weightDecay: 1, scale: 0 })).toThrow('productMinimum: scale: expected a finite number > 0, got 0')
  })
})

describe('unequalDecayMinimum', () => {
  // Origin: theory.md 8.1, row 4
  test('of target 1 at decays .3 and 1.2 is .4, with u² = .8 and w² = .2', () => {
    const { v, uSquared, wSquared } = unequalDecayMinimum(1, { decayU: 0.3, decayW: 1.2 })
    expect([v, uSquared, wSquared]).toBeAllclose([0.4, 0.8, 0.2])
  })

  test('is the product of its factors, balances the decays, and costs least', () => {
    const positive = fc.double({ min: 0.01, max: 5, noNaN: true })
    fc.assert(
      fc.property(fc.tuple(real(10), positive, positive, scale), real(5), real(5), ([y, decayU, decayW, c], a, b) => {
        const { v, uSquared, wSquared } = unequalDecayMinimum(y, { decayU, decayW, scale: c })
        expect(uSquared * wSquared).toBeAllclose(v * v)
        expect(decayU * uSquared).toBeAllclose(decayW * wSquared)
        const best = c * (v - y) ** 2 + decayU * uSquared + decayW * wSquared
        expect(best).toBeLessThanOrEqual(c * (a * b - y) ** 2 + decayU * a * a + decayW * b * b + 1e-9) // costs below 1e4
      }),
    )
  })

  test('with equal decays is productMinimum', () => {
    fc.assert(
      fc.property(real(10), decay, (y, weightDecay) => {
        expect(unequalDecayMinimum(y, { decayU: weightDecay, decayW: weightDecay }).v).toBeAllclose(productMinimum(y, { weightDecay }), {
          absolute: 1e-14,
        }) // √γ² rounds at 5
      }),
    )
  })

  test('without decay leaves the squares open, and with one decay refuses', () => {
    expect(unequalDecayMinimum(2, { decayU: 0, decayW: 0 })).toEqual({ v: 2, uSquared: Number.NaN, wSquared: Number.NaN })
    expect(() => unequalDecayMinimum(2, { decayU: 0, decayW: 1 })).toThrow('expected both 0 or neither, got 0 and 1')
    expect(unequalDecayMinimum(0, { decayU: 1, decayW: 2 })).toEqual({ v: 0, uSquared: 0, wSquared: 0 })
    expect(() => unequalDecayMinimum(2, { decayU: 1, decayW: Number.NaN })).toThrow('decayW')
  })
})

describe('differenceOfSquaresMinimum and squareMinimum', () => {
  // Origin: theory.md 8.1, rows 5 and 6
  test('of target 1 at γ = .3 are both .85', () => {
    expect(differenceOfSquaresMinimum(1, { weightDecay: 0.3 })).toBeAllclose(0.85)
    expect(squareMinimum(1, { weightDecay: 0.3 })).toBeAllclose(0.85)
  })

  test('no u and w cost less', () => {
    fc.assert(
      fc.property(fc.tuple(real(10), decay, scale), real(4), real(4), ([y, weightDecay, c], u, w) => {
        const difference = differenceOfSquaresMinimum(y, { weightDecay, scale: c })
        const best = c * (difference - y) ** 2 + weightDecay * Math.abs(difference)
        expect(best).toBeLessThanOrEqual(c * (u * u - w * w - y) ** 2 + weightDecay * (u * u + w * w) + 1e-9) // costs below 1e4
        const square = squareMinimum(y, { weightDecay, scale: c })
        expect(c * (square - y) ** 2 + weightDecay * square).toBeLessThanOrEqual(c * (u * u - y) ** 2 + weightDecay * u * u + 1e-9)
      }),
    )
  })

  test('agree for a positive target, and a negative one leaves the square at 0', () => {
    expect(squareMinimum(-1, { weightDecay: 0 })).toBe(0)
    expect(differenceOfSquaresMinimum(-1, { weightDecay: 0.3 })).toBeAllclose(-0.85)
    expect(() => squareMinimum(Number.NaN, { weightDecay: 0 })).toThrow('squareMinimum: y')
    expect(() => differenceOfSquaresMinimum(1, { weightDecay: Number.NaN })).toThrow('differenceOfSquaresMinimum: weightDecay')
  })
})
