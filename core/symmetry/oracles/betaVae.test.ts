import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { betaVae, betaVaeLoss, betaVaeMinimum } from './betaVae.ts'

expect.extend({ toBeAllclose })

const positive = fc.double({ min: 0.05, max: 4, noNaN: true })
const dimensions = fc.record({ variance: positive, beta: positive, decoderVariance: positive })

describe('betaVaeMinimum', () => {
  test('carries its number', () => expect(betaVae.number).toBe('8.15'))

  // Origin: theory.md 8.15
  test.each([
    [1, 0.5, 1, 0.5],
    [1, 1.5, 1, 0],
    [2, 1, 0.5, 1.5],
  ])('of λ = %d, β = %d, s² = %d has u² = %d', (variance, beta, decoderVariance, expected) => {
    const at = betaVaeMinimum({ variance, beta, decoderVariance })
    expect(at.uSquared).toBeAllclose(expected)
    expect(at.isActive).toBe(expected > 0)
    expect(at.posteriorVariance).toBeAllclose((beta * decoderVariance) / (expected + beta * decoderVariance))
  })

  test('no other point costs less', () => {
    const real = fc.double({ min: -2, max: 2, noNaN: true })
    fc.assert(
      fc.property(dimensions, real, real, positive, (dimension, u, w, posteriorVariance) => {
        const at = betaVaeMinimum(dimension)
        const best = betaVaeLoss(dimension, {
          u: Math.sqrt(at.uSquared),
          w: Math.sqrt(at.wSquared),
          posteriorVariance: at.posteriorVariance,
        })
        expect(best).toBeLessThanOrEqual(betaVaeLoss(dimension, { u, w, posteriorVariance }) + 1e-11) // losses below 1e4
      }),
    )
  })

  test('is stationary: central differences of the loss are 0', () => {
    fc.assert(
      fc.property(dimensions, (dimension) => {
        const at = betaVaeMinimum(dimension)
        const point = { u: Math.sqrt(at.uSquared), w: Math.sqrt(at.wSquared), posteriorVariance: at.posteriorVariance }
        for (const field of ['u', 'w', 'posteriorVariance'] as const) {
          const step = 1e-5 * (field === 'posteriorVariance' ? point[field] : 1)
          const up = betaVaeLoss(dimension, { ...point, [field]: point[field] + step })
          const down = betaVaeLoss(dimension, { ...point, [field]: point[field] - step })
          // third derivatives of the logarithm: 2/τ³ · step²/6; rounding of losses below 100 over the step
          expect(((up - down) / (2 * step)) * (step / 1e-5)).toBeAllclose(0, { absolute: 1e-7 })
        }
      }),
    )
  })

  test('collapses continuously at λ = βs², and without data', () => {
    expect(betaVaeMinimum({ variance: 1, beta: 2, decoderVariance: 0.5 })).toEqual({
      isActive: false,
      uSquared: 0,
      wSquared: 0,
      posteriorVariance: 1,
    })
    expect(betaVaeMinimum({ variance: 1 + 1e-9, beta: 1, decoderVariance: 1 }).uSquared).toBeAllclose(1e-9, { relative: 1e-6 }) // seven digits of 1 + 1e-9
    expect(betaVaeMinimum({ variance: 0, beta: 1, decoderVariance: 1 }).isActive).toBe(false)
    expect(betaVaeMinimum({ variance: 1e300, beta: 1, decoderVariance: 1 }).wSquared).toBeAllclose(1e-300)
  })

  test('refuses β = 0, NaN and a posterior without width', () => {
    expect(() => betaVaeMinimum({ variance: 1, beta: 0, decoderVariance: 1 })).toThrow('betaVaeMinimum: beta')
    expect(() => betaVaeMinimum({ variance: Number.NaN, beta: 1, decoderVariance: 1 })).toThrow('betaVaeMinimum: variance')
    expect(() => betaVaeLoss({ variance: 1, beta: 1, decoderVariance: 1 }, { u: 0, w: 0, posteriorVariance: 0 })).toThrow(
      'betaVaeLoss: posteriorVariance',
    )
  })
})
