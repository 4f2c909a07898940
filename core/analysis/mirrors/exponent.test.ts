/** Exponents of mirrors against the closed forms of products with noisy labels, a simulation of training, and the handbook's noise dimension. */
import { describe, expect, test } from 'vitest'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import { noiseConstant } from '#core/symmetry/oracles/noiseDimension.ts'
import { sgdExponents } from '#core/symmetry/oracles/sgdThresholds.ts'
import { networkKey as key, networkOf, neuronsOf, rowsOf } from './fixtures/networks.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { mirrorExponent, type NoisySteps } from './exponent.ts'
import { findMirrors, type FoundMirrors } from './findMirrors.ts'
import type { Network, Rows } from './network.ts'

expect.extend({ toBeAllclose })

const mirrorAt = (network: Network, reflection: FoundMirrors['reflection'], name = '0') => {
  const found = findMirrors({ network, key: split(key, 'search') }).find((one) => one.reflection === reflection)
  const mirror = found?.mirrors.find((one) => one.name.endsWith(`:${name}`))
  if (mirror === undefined) throw new Error(`expected the mirror ${reflection} ${name}`)
  return mirror
}
const product = networkOf({ model: { kind: 'product-linear' }, size: [1, 1] })
const zero = { u: Float64Array.of(0), w: Float64Array.of(0) }
const exponentOf = (reflection: FoundMirrors['reflection'], rows: Rows, steps: NoisySteps) =>
  mirrorExponent(product, mirrorAt(product, reflection), { theta: zero, rows, steps, key })
const one = (y: number) => rowsOf([[1]], [[y]])

describe('of (uw − y)² with noise on y', () => {
  // Origin: theory.md E6: λ_c = .1010101 and Λ at fractions of it, binary noise 1, mean .1
  test.each([
    [0.5, 0.005025],
    [0.8, 0.003222],
    [0.9, 0.001815],
    [1.1, -0.002227],
    [1.25, -0.006353],
    [1.6, -0.01978],
  ])('at %d of the critical rate Λ = %d', (share, expected) => {
    const steps = { learningRate: share / 9.9, weightDecay: 0, batch: 'full', labelNoise: { kind: 'binary', std: 1 } } as const
    const exponent = exponentOf('flip', one(0.1), steps)
    expect(exponent.estimator).toBe('exact')
    expect(exponent.value).toBeAllclose(expected, { absolute: 6e-7 }) // six decimals
  })
  test.each(['binary', 'gaussian', 'uniform'] as const)('%s noise: sum and difference apart, as the closed forms say', (kind) => {
    for (const [mean, deviation, weightDecay, learningRate] of [
      [0.1, 1, 0, 0.1],
      [0.5, 0.7, 0.2, 0.05],
      [-0.3, 2, 0.05, 0.2],
    ] as const) {
      // prettier-ignore
      const steps = { learningRate, weightDecay, batch: 'full', labelNoise: { kind, std: deviation } } as const
      const oracle = sgdExponents({ law: kind, mean: Math.abs(mean), deviation, weightDecay }, learningRate)
      const [larger, smaller] = [oracle.sum, oracle.difference].toSorted((a, b) => b - a)
      const close = { absolute: 1e-12 } // that of both series
      expect(exponentOf('flip', one(mean), steps).directions).toBeAllclose([larger, smaller].map(Number), close)
      // u = w leaves u − w, u = −w leaves u + w
      const signed = mean > 0 ? [oracle.difference, oracle.sum] : [oracle.sum, oracle.difference]
      expect([exponentOf('exchange', one(mean), steps).value, exponentOf('negated-exchange', one(mean), steps).value]).toBeAllclose(
        signed,
        close,
      )
    }
  })
  test('several samples: their mean is what the noise is averaged over', () => {
    // four rows with Gaussian noise 1 on each are one row with noise ½
    const steps = { learningRate: 0.1, weightDecay: 0.05, batch: 'full', labelNoise: { kind: 'gaussian', std: 1 } } as const
    const four = exponentOf('flip', rowsOf([[1], [1], [1], [1]], [[0.3], [0.1], [0], [0]]), steps)
    expect(four.value).toBeAllclose(exponentOf('flip', one(0.1), { ...steps, labelNoise: { kind: 'gaussian', std: 0.5 } }).value, {
      absolute: 1e-12,
    })
  })
  test('minibatches of one: the mean over samples', () => {
    const steps = { learningRate: 0.1, weightDecay: 0.05, batch: 1, labelNoise: null } as const
    const exponent = exponentOf('exchange', rowsOf([[1], [1], [2]], [[1], [-2], [0.5]]), steps)
    // h = 2xy: log(1 − λ(h + 2γ)), h = 2, −4, 2
    expect(exponent).toMatchObject({ estimator: 'exact', standardError: 0 })
    expect(exponent.value).toBeAllclose((2 * Math.log(1 - 0.1 * 2.1) + Math.log(1 + 0.1 * 3.9)) / 3, { absolute: 1e-14 })
  })
  test('minibatches of two of three: the mean over all three batches, from draws', () => {
    const steps = { learningRate: 0.1, weightDecay: 0.05, batch: 2, labelNoise: null } as const
    const exponent = exponentOf('exchange', rowsOf([[1], [1], [2]], [[1], [-2], [0.5]]), steps)
    const expected = (2 * Math.log(1 + 0.1 * 0.9) + Math.log(1 - 0.1 * 2.1)) / 3 // means of two: −1, −1, 2
    expect(exponent.estimator).toBe('draws')
    expect(Math.abs(exponent.value - expected)).toBeLessThan(4 * exponent.standardError)
    expect(exponent.standardError).toBeLessThan(2e-3)
  })
  test('label noise and minibatches together, against their product law', () => {
    // each step: one of two samples, h = ∓2, and ±1 on its label: 2ξ
    const steps = { learningRate: 0.1, weightDecay: 0, batch: 1, labelNoise: { kind: 'binary', std: 1 } } as const
    const exponent = exponentOf('exchange', rowsOf([[1], [1]], [[1], [-1]]), steps)
    expect(exponent.value).toBeAllclose((Math.log(0.6) + 2 * Math.log(1) + Math.log(1.4)) / 4, { absolute: 1e-14 })
  })
  test('without noise it is the growth of plain gradient descent', () => {
    const steps = { learningRate: 0.1, weightDecay: 0.05, batch: 'full', labelNoise: null } as const
    expect(exponentOf('flip', one(0.3), steps).directions).toBeAllclose([Math.log(1 + 0.1 * 0.5), Math.log(1 - 0.1 * 0.7)], {
      absolute: 1e-14,
    })
  })
})

describe('of a dead neuron with several inputs', () => {
  // Origin: theory.md 10.1: Λ_max = (2λσ)²C(d) for z = yx isotropic and Gaussian
  test.each([2, 3, 4])('%d of them: the constant of the noise dimension, from a product of matrices', (dimension) => {
    const network = networkOf({ model: { kind: 'perceptron', widths: [1], biases: false }, size: [dimension, 1] })
    const count = 500
    const x = drawNormal(split(key, `x ${dimension}`), count * dimension)
    const half = Array.from({ length: count }, (_, i) => [...x.subarray(i * dimension, (i + 1) * dimension)])
    // each input with both labels: z has the mean 0
    const rows = rowsOf([...half, ...half], [...half.map(() => [1]), ...half.map(() => [-1])])
    const learningRate = 0.05
    const theta = neuronsOf([new Array<number>(dimension).fill(0)], [0])
    const steps = { learningRate, weightDecay: 0, batch: 1, labelNoise: null } as const
    const exponent = mirrorExponent(network, mirrorAt(network, 'flip'), { theta, rows, steps, key })
    expect(exponent).toMatchObject({ estimator: 'product of matrices', directions: null })
    const unit = (2 * learningRate) ** 2
    // the handbook's ±.03 of a small rate, and the error of the path; the data's own covariance is off by about √(2/500) = 6 %
    expect(Math.abs(exponent.value / unit - noiseConstant(dimension))).toBeLessThan(
      0.05 + (4 * exponent.standardError) / unit + 0.06 * noiseConstant(dimension),
    )
    if (dimension === 4) expect(exponent.value).toBeGreaterThan(4 * exponent.standardError) // repels
  })
  test('one of them: two directions that commute, told apart', () => {
    const network = networkOf({ model: { kind: 'perceptron', widths: [1], biases: false }, size: [1, 1] })
    const rows = rowsOf([[1], [2]], [[1], [-1]])
    const steps = { learningRate: 0.05, weightDecay: 0, batch: 1, labelNoise: null } as const
    const exponent = mirrorExponent(network, mirrorAt(network, 'flip'), { theta: neuronsOf([[0]], [0]), rows, steps, key })
    // c = −2yx = −2, 4, on the eigenvectors of [[0, 1], [1, 0]]
    const of = (sign: number) => (Math.log(1 + sign * 0.1) + Math.log(1 - sign * 0.2)) / 2
    expect(exponent.directions).toBeAllclose(
      [of(1), of(-1)].toSorted((a, b) => b - a),
      { absolute: 1e-14 },
    )
    expect(exponent.estimator).toBe('exact')
  })
})

describe('what it is not for', () => {
  const steps = { learningRate: 0.1, weightDecay: 0, batch: 1, labelNoise: null } as const
  test.each([
    [{ learningRate: 0 }, 'learningRate: expected a positive number, got 0'],
    [{ learningRate: Number.NaN }, 'learningRate: expected a positive number, got NaN'],
    [{ weightDecay: -1 }, 'weightDecay: expected a number ≥ 0, got -1'],
    [{ batch: 0 }, 'batch: expected full or a whole number ≥ 1, got 0'],
  ])('%j is refused', (wrong, sentence) => {
    expect(() => exponentOf('flip', one(1), { ...steps, ...wrong })).toThrow(`mirrorExponent: ${sentence}`)
  })
  test('no sample is refused', () => {
    expect(() => exponentOf('flip', rowsOf([], []), steps)).toThrow('mirrorExponent: rows: expected at least one sample, got none')
  })
  test('a step that lands on the mirror has Λ = −∞ but for rounding', () => {
    // h = 2y = 10 at λ = .1
    expect(exponentOf('exchange', one(5), steps).value).toBeLessThan(-30) // log 2⁻⁵² is −36
  })
})
