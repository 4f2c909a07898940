import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { exchangeDeviation, noiseDecay, noisyProductMean, noisyThreshold } from './noiseDecay.ts'
import { productMinimum } from './scalarProduct.ts'

expect.extend({ toBeAllclose })

const small = fc.double({ min: 0, max: 3, noNaN: true })

describe('noisyProductMean', () => {
  test('carries its number', () => expect(noiseDecay.number).toBe('8.10'))

  // Origin: theory.md 8.10: predicted, and measured by oracles2.py and extra4.py
  test.each([
    ['λ .01, s 2', 1, { weightDecay: 0, learningRate: 0.01, deviation: 2 }, 0.96, 0.958],
    ['λ .01, s 4, γ .2', 1, { weightDecay: 0.2, learningRate: 0.01, deviation: 4 }, 0.64, 0.635],
    ['λ .01, s 8, B 4', 1, { weightDecay: 0, learningRate: 0.01, deviation: 8, batchSize: 4 }, 0.84, 0.836],
    ['λ .005, m .5, s 8, γ .1', 0.5, { weightDecay: 0.1, learningRate: 0.005, deviation: 8 }, 0.08, 0.0765],
    ['λ .01, s 11', 1, { weightDecay: 0, learningRate: 0.01, deviation: 11 }, 0, 0],
    ['momentum .5', 1, { weightDecay: 0, learningRate: 0.005, deviation: 4, momentum: 0.5 }, 0.84, 0.836],
    ['momentum .9', 1, { weightDecay: 0, learningRate: 0.001, deviation: 4, momentum: 0.9 }, 0.84, 0.826],
    ['half loss, σ 10', 1, { weightDecay: 0, learningRate: 3 / 1024, deviation: 10, scale: 0.5 }, 0.8535, 0.848],
    ['half loss, σ 20', 1, { weightDecay: 0, learningRate: 3 / 1024, deviation: 20, scale: 0.5 }, 0.4141, 0.403],
  ])('of %s is near what was measured', (_name, mean, training, predicted, measured) => {
    expect(noisyProductMean(mean, training)).toBeAllclose(predicted, { absolute: 5e-5 }) // four digits of 1 − 3·10²/2048
    expect(noisyProductMean(mean, training)).toBeAllclose(measured, { absolute: 0.02 }) // the handbook's tolerance
  })

  test('of a small simulation lies within .02', () => {
    const [paths, steps] = [100, 4_000]
    const u = new Float64Array(paths).fill(0.9)
    const w = u.map((value) => value - 0.1)
    let sum = 0
    for (let step = 0; step < steps; step += 1) {
      const noise = drawNormal([8, 10], paths, step)
      for (let i = 0; i < paths; i += 1) {
        const [a, b] = [u[i] ?? 0, w[i] ?? 0]
        const slope = 2 * (a * b - 1 - 4 * (noise[i] ?? 0))
        u[i] = a * (1 - 2 * 0.01 * 0.2) - 0.01 * slope * b
        w[i] = b * (1 - 2 * 0.01 * 0.2) - 0.01 * slope * a
        if (step >= 1_000) sum += (u[i] ?? 0) * (w[i] ?? 0)
      }
    }
    const mean = sum / (paths * (steps - 1_000))
    // bias −.005 (theory.md 8.10) and a standard error of .004: correlation time 1/(4ηv) = 40 steps, deviation .3
    expect(mean).toBeAllclose(noisyProductMean(1, { weightDecay: 0.2, learningRate: 0.01, deviation: 4 }), { absolute: 0.02 })
  })

  test('without noise is the product’s minimum, at any scale', () => {
    fc.assert(
      fc.property(small, small, fc.double({ min: 0.1, max: 4, noNaN: true }), (mean, weightDecay, scale) => {
        const training = { weightDecay, learningRate: 0.1, deviation: 0, scale }
        expect(noisyProductMean(mean, training)).toBe(productMinimum(mean, { weightDecay, scale }))
        expect(noisyProductMean(-mean, training)).toBe(0 - noisyProductMean(mean, training))
      }),
    )
  })

  test('falls with noise, and a larger batch gives it back', () => {
    fc.assert(
      fc.property(small, small, fc.integer({ min: 1, max: 9 }), (a, b, batchSize) => {
        const at = (deviation: number, batch: number) =>
          noisyThreshold({ weightDecay: 0.1, learningRate: 0.1, deviation, batchSize: batch })
        expect(at(Math.min(a, b), 1)).toBeLessThanOrEqual(at(Math.max(a, b), 1))
        expect(at(a * Math.sqrt(batchSize), batchSize)).toBeAllclose(at(a, 1))
      }),
    )
  })

  test('refuses batches of 0, momentum 1 and NaN', () => {
    const training = { weightDecay: 0, learningRate: 0.1, deviation: 1 }
    expect(() => noisyThreshold({ ...training, batchSize: 0 })).toThrow('noisyThreshold: batchSize')
    for (const momentum of [1, -0.1, Number.NaN])
      expect(() => noisyThreshold({ ...training, momentum })).toThrow('noisyThreshold: momentum: expected a number in [0, 1)')
    expect(() => noisyThreshold({ ...training, scale: 0 })).toThrow('noisyThreshold: scale')
    expect(() => noisyProductMean(Number.NaN, training)).toThrow('noisyProductMean: mean')
  })
})

describe('exchangeDeviation', () => {
  // Origin: theory.md 8.10, preset noise-decay-exchange: (γ, λ) on the contours x = .16, .36, .64
  test.each([
    [0.16, 0.84],
    [0.36, 0.64],
    [0.64, 0.36],
  ])('on the contour x = %d every pair predicts %d', (threshold, predicted) => {
    for (const [weightDecay, learningRate] of [
      [threshold, 0.01],
      [threshold / 2, 0.01],
      [0, 0.01],
      [threshold / 2, 0.005],
      [0, 0.005],
    ] as const) {
      const deviation = exchangeDeviation(threshold, { weightDecay, learningRate })
      expect(noisyProductMean(1, { weightDecay, learningRate, deviation })).toBeAllclose(predicted)
    }
  })
  test('refuses a decay that is larger than the sum, and a rate of 0', () => {
    expect(() => exchangeDeviation(0.1, { weightDecay: 0.2, learningRate: 0.1 })).toThrow('expected a number ≥ weightDecay 0.2, got 0.1')
    expect(() => exchangeDeviation(0.1, { weightDecay: 0, learningRate: 0 })).toThrow('exchangeDeviation: learningRate')
  })
})
