import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { lyapunovExponent, type NoiseLaw } from './lyapunov.ts'
import {
  batchExponents,
  binaryInterval,
  collapseInterval,
  criticalLearningRate,
  noiseSparsity,
  predictedCollapse,
  secondOrderLearningRate,
  sgdExponents,
  sgdThresholds,
} from './sgdThresholds.ts'

expect.extend({ toBeAllclose })

const laws: readonly NoiseLaw[] = ['binary', 'uniform', 'gaussian']
const size = fc.double({ min: 0.01, max: 3, noNaN: true })

test('carry their numbers', () => expect([sgdThresholds.number, noiseSparsity.number]).toEqual(['8.9', 'E6']))

// Origin: theory.md 8.9
const table = [
  [0.1, 1, 0, 0.1010101, 0.6619564, 0.0993984, 0.0968677, 0.0990099],
  [0.3, 1, 0, 0.3296703, 0.5945206, 0.2833036, 0.2652007, 0.2752294],
  [0.3, 1, 0.1, 0.2083333, 0.569325, 0.1951438, 0.1745786, 0.1923077],
  [0.2, 0.5, 0, 0.952381, 1.13865, 0.717678, 'none', 0.6896552],
] as const

describe('the table of thresholds', () => {
  test.each(table)('m %d, s %d, γ %d', (mean, deviation, weightDecay, binary, upper, uniform, gaussian, secondOrder) => {
    const product = { mean, deviation, weightDecay }
    const within = { absolute: 1e-7 } // seven printed digits, one of them cut and not rounded (.26520077)
    expect(binaryInterval(product)).toEqual({ lower: expect.any(Number), upper: expect.any(Number) })
    for (const interval of [binaryInterval(product), collapseInterval({ law: 'binary', ...product })]) {
      if (interval === 'none') throw new Error('expected an interval')
      expect([interval.lower, interval.upper]).toBeAllclose([binary, upper], within)
    }
    expect(criticalLearningRate({ law: 'uniform', ...product })).toBeAllclose(uniform, within)
    if (gaussian === 'none') expect(criticalLearningRate({ law: 'gaussian', ...product })).toBe('none')
    else expect(criticalLearningRate({ law: 'gaussian', ...product })).toBeAllclose(gaussian, within)
    expect(secondOrderLearningRate(product)).toBeAllclose(secondOrder, within)
  })

  // Origin: thresholds.py, "gauss (.2,.5,0): min Lambda over lam": positive for every λ
  test('the Gaussian exponent of (.2, .5, 0) is positive at every rate', () => {
    for (let rate = 0.005; rate < 20; rate *= 1.01) {
      expect(sgdExponents({ law: 'gaussian', mean: 0.2, deviation: 0.5, weightDecay: 0 }, rate).largest).toBeGreaterThan(0)
    }
  })
})

describe('sgdExponents', () => {
  test('are the Lyapunov exponents of the two factors', () => {
    const width = { binary: 1, uniform: Math.sqrt(3), gaussian: 1 }
    fc.assert(
      fc.property(
        fc.constantFrom(...laws),
        fc.tuple(size, size, size),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        (law, [mean, deviation, weightDecay], rate) => {
          const { sum, difference, largest } = sgdExponents({ law, mean, deviation, weightDecay }, rate)
          const h = 2 * rate * deviation * width[law]
          const direct = [
            lyapunovExponent(law, 1 + 2 * rate * (mean - weightDecay), h),
            lyapunovExponent(law, 1 - 2 * rate * (mean + weightDecay), h),
          ]
          if (direct.some((value) => value < -8)) return // near the binary law's pole 1 − r² keeps few digits
          expect([sum, difference]).toBeAllclose(direct, { absolute: 1e-8 })
          expect(largest).toBe(Math.max(sum, difference))
        },
      ),
    )
  })
  test('are 0 at λ = 0, and turning the sign of m changes nothing', () => {
    for (const law of laws) {
      expect(sgdExponents({ law, mean: 0.3, deviation: 1, weightDecay: 0.1 }, 0).largest).toBeAllclose(0)
      expect(sgdExponents({ law, mean: -0.3, deviation: 1, weightDecay: 0.1 }, 0.2)).toEqual(
        sgdExponents({ law, mean: 0.3, deviation: 1, weightDecay: 0.1 }, 0.2),
      )
    }
  })
  test('keep their sign at rates where 1 + 2λk rounds', () => {
    const product = { law: 'gaussian', mean: 1e-9, deviation: 1, weightDecay: 0 } as const
    expect(sgdExponents(product, 0.99e-9).sum).toBeGreaterThan(0)
    expect(sgdExponents(product, 1.01e-9).sum).toBeLessThan(0)
  })
})

describe('collapseInterval', () => {
  test('for binary z is the closed form', () => {
    fc.assert(
      fc.property(fc.tuple(size, size, fc.double({ min: 0, max: 1, noNaN: true })), ([mean, deviation, weightDecay]) => {
        const [closed, bracketed] = [
          binaryInterval({ mean, deviation, weightDecay }),
          collapseInterval({ law: 'binary', mean, deviation, weightDecay }),
        ]
        if (closed === 'none' || closed.upper < closed.lower * 1.001) return // what the bracketing may miss
        if (bracketed === 'none') throw new Error('expected an interval')
        expect([bracketed.lower, bracketed.upper]).toBeAllclose([closed.lower, closed.upper], { relative: 1e-6 }) // the stated accuracy
      }),
    )
  })
  test('has a negative exponent inside and none just outside', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...laws),
        fc.tuple(size, size, fc.double({ min: 0, max: 1, noNaN: true })),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (law, [mean, deviation, weightDecay], share) => {
          const product = { law, mean, deviation, weightDecay }
          const interval = collapseInterval(product)
          if (interval === 'none') return void expect(mean).toBeGreaterThanOrEqual(weightDecay)
          const { lower, upper } = interval
          expect(sgdExponents(product, lower + share * (upper - lower)).largest).toBeLessThan(1e-9)
          if (lower > 0) expect(sgdExponents(product, lower * (1 - 1e-9)).largest).toBeGreaterThan(-1e-12)
          expect(sgdExponents(product, upper * (1 + 1e-9)).largest).toBeGreaterThan(-1e-12)
        },
      ),
    )
  })
  test('scales: m, s, γ times a is λ divided by a', () => {
    for (const law of laws) {
      const one = criticalLearningRate({ law, mean: 0.1, deviation: 1, weightDecay: 0.02 })
      const ten = criticalLearningRate({ law, mean: 1, deviation: 10, weightDecay: 0.2 })
      expect(ten).toBeAllclose(Number(one) / 10, { relative: 1e-9 }) // bracketing
    }
  })
  test('tends to second order for a small mean, to the last digits that exist', () => {
    for (const law of laws)
      for (const mean of [1e-3, 1e-6, 1e-9]) {
        expect(criticalLearningRate({ law, mean, deviation: 1, weightDecay: 0 })).toBeAllclose(mean, { relative: 10 * mean * mean + 1e-9 })
      }
  })
  test('starts at 0 when decay is the stronger, and ends at 1/(m + γ) without noise', () => {
    const product = { mean: 0.1, deviation: 0, weightDecay: 0.3 }
    for (const interval of [collapseInterval({ law: 'uniform', ...product }), binaryInterval(product)]) {
      if (interval === 'none') throw new Error('expected an interval')
      expect([interval.lower, interval.upper]).toBeAllclose([0, 2.5])
    }
    expect(criticalLearningRate({ law: 'gaussian', mean: 0.1, deviation: 1, weightDecay: 0.1 })).toBe(0)
  })
  test('is none without noise and decay, or with more pull than noise', () => {
    for (const law of laws) {
      for (const product of [
        { mean: 0, deviation: 0, weightDecay: 0 },
        { mean: 0.1, deviation: 0, weightDecay: 0 },
        { mean: 1, deviation: 0.9, weightDecay: 0 },
        { mean: 0.2, deviation: 0, weightDecay: 0.2 },
      ]) {
        expect(collapseInterval({ law, ...product })).toBe('none')
        expect(binaryInterval(product)).toBe('none')
      }
    }
  })
  test('refuses NaN, ∞ and negative noise or decay', () => {
    const product = { law: 'binary', mean: 0.1, deviation: 1, weightDecay: 0 } as const
    expect(() => collapseInterval({ ...product, mean: Number.NaN })).toThrow('collapseInterval: mean')
    expect(() => collapseInterval({ ...product, deviation: -1 })).toThrow('collapseInterval: deviation')
    expect(() => binaryInterval({ ...product, weightDecay: Number.POSITIVE_INFINITY })).toThrow('binaryInterval: weightDecay')
    expect(() => sgdExponents(product, -1)).toThrow('sgdExponents: learningRate')
  })
})

describe('secondOrderLearningRate', () => {
  test('falls by the batch as the variance does', () => {
    expect(secondOrderLearningRate({ mean: 0.1, deviation: 2, weightDecay: 0, batchSize: 4 })).toBeAllclose(
      secondOrderLearningRate({ mean: 0.1, deviation: 1, weightDecay: 0 }),
    )
    expect(secondOrderLearningRate({ mean: 0.1, deviation: 1, weightDecay: 0.2 })).toBe(0)
    expect(secondOrderLearningRate({ mean: 0.1, deviation: 0, weightDecay: 0.1 })).toBeNaN()
    expect(() => secondOrderLearningRate({ mean: 0.1, deviation: 1, weightDecay: 0, batchSize: 0 })).toThrow(
      'secondOrderLearningRate: batchSize',
    )
  })
})

describe('predictedCollapse', () => {
  // Origin: theory.md E6
  test.each([
    [0.5, 0.005025, 2e-6, 5e-7],
    [0.8, 0.003222, 0.037, 5e-4],
    [0.9, 0.001815, 0.231, 5e-4],
    [1.1, -0.002227, 1, 0],
    [1.25, -0.006353, 1, 0],
    [1.6, -0.01978, 1, 0],
  ])('at %d λ_c has Λ = %d and predicts %d', (f, exponent, fraction, digits) => {
    const at = predictedCollapse({ mean: 0.1, deviation: 1 }, f * 0.1010101, 1e-6)
    expect(at.exponent).toBeAllclose(exponent, { absolute: 5e-7 }) // six printed digits
    expect(at.fraction).toBeAllclose(fraction, { absolute: digits })
  })
  test('rises with λ and with ε, to 1 at λ_c', () => {
    const at = (rate: number, floor = 1e-6) => predictedCollapse({ mean: 0.1, deviation: 1 }, rate, floor).fraction
    for (let rate = 0.05; rate < 0.101; rate += 0.005) {
      expect(at(rate + 0.005)).toBeGreaterThan(at(rate))
      expect(at(rate, 1e-5)).toBeGreaterThan(at(rate))
    }
    expect(at((0.1 / 0.99) * (1 - 1e-9))).toBeAllclose(1, { absolute: 1e-6 })
    expect(at(0.05, 10)).toBe(1)
  })
  test('refuses no pull, no noise and no floor', () => {
    expect(() => predictedCollapse({ mean: 0, deviation: 1 }, 0.1, 1e-6)).toThrow('predictedCollapse: mean')
    expect(() => predictedCollapse({ mean: 1, deviation: 0 }, 0.1, 1e-6)).toThrow('predictedCollapse: deviation')
    expect(() => predictedCollapse({ mean: 1, deviation: 1 }, 0.1, 0)).toThrow('predictedCollapse: floor')
  })
})

describe('batchExponents', () => {
  const product = { law: 'binary', mean: 0.3, deviation: 1, weightDecay: 0.1 } as const
  test('of one row are those of a step', () => {
    for (const law of ['binary', 'uniform', 'gaussian'] as const)
      expect(batchExponents({ ...product, law, batchSize: 1 }, 0.2)).toEqual(sgdExponents({ ...product, law }, 0.2))
  })
  test('of two binary draws are a mean over their four sums', () => {
    // 1 + 2λ(k + s·(−1, 0, 0, 1)), λ = .2, k = .2: factors .68, 1.08, 1.08, 1.48
    const { sum } = batchExponents({ ...product, batchSize: 2 }, 0.2)
    expect(sum).toBeAllclose((Math.log(0.68) + 2 * Math.log(1.08) + Math.log(1.48)) / 4)
  })
  test('of Gaussian noise are those of s/√B', () => {
    const gaussian = { ...product, law: 'gaussian' } as const
    expect(batchExponents({ ...gaussian, batchSize: 4 }, 0.3)).toEqual(sgdExponents({ ...gaussian, deviation: 0.5 }, 0.3))
  })
  test.each([['binary'], ['uniform']] as const)('of a large batch of %s draws are those of Gaussian noise', (law) => {
    // s²/B = 1e-3, λ = .05: the laws differ from the fourth moment on, (2λ)⁴ · 3/B² < 1e-9; odd and even B have other middles
    for (const batchSize of [1_000, 1_001]) {
      const { sum, difference } = batchExponents({ ...product, law, batchSize }, 0.05)
      const gaussian = sgdExponents({ ...product, law: 'gaussian', deviation: 1 / Math.sqrt(batchSize) }, 0.05)
      // uniform is of second order: (2λk)³/3 is 3e-6 for the sum and 2e-5 for the difference
      const absolute = law === 'binary' ? 1e-9 : 3e-5
      expect(sum).toBeAllclose(gaussian.sum, { absolute })
      expect(difference).toBeAllclose(gaussian.difference, { absolute })
    }
  })
  test('of a factor that may be 0 are −∞, of a batch that is none refused', () => {
    // 1 + 2λ(m − s) = 0 at λ = ½: one of the sums is 0
    expect(batchExponents({ law: 'binary', mean: 0, deviation: 1, weightDecay: 0, batchSize: 2 }, 0.5).sum).toBe(Number.NEGATIVE_INFINITY)
    expect(() => batchExponents({ ...product, batchSize: 1.5 }, 0.2)).toThrow('batchExponents: batchSize')
    expect(() => batchExponents({ ...product, batchSize: 2 }, Number.NaN)).toThrow('learningRate')
  })
})
