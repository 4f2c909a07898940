import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { chiSquareTail } from './chiSquareTail.ts'
import { twoSidedP } from './distributions.ts'

expect.extend({ toBeAllclose })

describe('chiSquareTail', () => {
  test('agrees with SciPy', () => {
    // Origin: SciPy 1.17, scipy.stats.chi2.sf
    const table: readonly [number, number, number][] = [
      [0.1, 1, 0.7518296340458492],
      [3.84, 1, 0.05004352124870519],
      [16.79, 1, 4.1752751389197874e-5],
      [100, 1, 1.5239706048320995e-23],
      [0.5, 2, 0.7788007830714049],
      [7.3, 3, 0.06292623645904312],
      [200, 5, 2.8406228986415534e-41],
      [50, 60, 0.8178960840225449],
      [700, 30, 4.910784176303052e-128],
    ]
    const relative = 1e-11 // that of e⁻³⁵⁰ and of thirty logarithms
    for (const [x, degrees, p] of table) expect(chiSquareTail(x, degrees)).toBeAllclose(p, { relative, absolute: 0 })
  })

  test('is a sum of powers over e for an even number of degrees', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 200, noNaN: true }), fc.integer({ min: 1, max: 20 }), (x, half) => {
        let term = 1
        let sum = 1
        for (let k = 1; k < half; k += 1) sum += term *= x / 2 / k
        const relative = 1e-12 // of twenty roundings and e⁻¹⁰⁰
        expect(chiSquareTail(x, 2 * half)).toBeAllclose(Math.exp(-x / 2) * sum, { relative, absolute: 0 })
      }),
    )
  })

  test('of one degree is the two-sided p of the normal distribution', () => {
    const relative = 1e-9 // Student's t with 1e12 degrees of freedom is that near to the normal one
    for (const z of [0.3, 1, 1.96, 3, 6]) expect(chiSquareTail(z * z, 1)).toBeAllclose(twoSidedP(z, 1e12), { relative, absolute: 0 })
  })

  test('falls in x and grows with the degrees', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 300, noNaN: true }), fc.integer({ min: 1, max: 40 }), (x, degrees) => {
        const p = chiSquareTail(x, degrees)
        expect([p >= 0, p <= 1]).toEqual([true, true])
        const rounding = 1 + 1e-12 // two evaluations may err towards each other
        expect(chiSquareTail(x + 1, degrees)).toBeLessThanOrEqual(p * rounding)
        expect(chiSquareTail(x, degrees + 1) * rounding).toBeGreaterThanOrEqual(p)
      }),
    )
  })

  test('answers at the ends and refuses degrees that are none', () => {
    expect([-1, 0, Infinity, 1e5, Number.NaN].map((x) => chiSquareTail(x, 3))).toEqual([1, 1, 0, 0, Number.NaN])
    for (const degrees of [0, -1, 1.5, Number.NaN, Infinity])
      expect(() => chiSquareTail(1, degrees)).toThrow('chiSquareTail: degreesOfFreedom: expected a whole number ≥ 1')
  })
})
