import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { isotropicExponent, noiseConstant, noiseDimension, simulateNoiseConstant } from './noiseDimension.ts'

expect.extend({ toBeAllclose })

const key = [10, 1] as const

describe('noiseConstant', () => {
  test('carries its number', () => expect(noiseDimension.number).toBe('10.1'))

  // Origin: theory.md 10.1
  test.each([
    [1, -0.5],
    [2, 0],
    [3, 0.14182],
    [4, 0.25],
    [5, 0.34099],
    [6, 0.42105],
    [8, 0.55986],
    [10, 0.67979],
    [20, 1.13949],
  ])('of d = %d is %d', (dimension, expected) => expect(noiseConstant(dimension)).toBeAllclose(expected, { absolute: 5e-6 })) // five printed digits

  test('of even d is a ratio of normal moments', () => {
    // with x = sinh φ the density is (1 + x²)^{(d−2)/2} e^{−(d−1)x²/2}, a polynomial times a normal one, and tanh²φ = x²/(1 + x²)
    for (const dimension of [4, 6, 8, 10]) {
      const k = dimension - 1
      // E over x ~ N(0, 1/k): moments (2j − 1)!!/k^j
      const moment = (j: number) => Array.from({ length: j }, (_, i) => (2 * i + 1) / k).reduce((product, value) => product * value, 1)
      const power = (dimension - 2) / 2
      const choose = (n: number, j: number) =>
        Array.from({ length: j }, (_, i) => (n - i) / (i + 1)).reduce((product, value) => product * value, 1)
      const mass = Array.from({ length: power + 1 }, (_, j) => choose(power, j) * moment(j)).reduce((a, b) => a + b, 0)
      const above = Array.from({ length: power }, (_, j) => choose(power - 1, j) * moment(j + 1)).reduce((a, b) => a + b, 0)
      expect(noiseConstant(dimension)).toBeAllclose((power * above) / mass)
    }
  })

  test('grows with d, as √d for many dimensions', () => {
    for (let d = 1; d < 40; d += 1) expect(noiseConstant(d + 1)).toBeGreaterThan(noiseConstant(d))
    // density e^{−dφ⁴/4}: E φ² = 2Γ(¾)/(Γ(¼)√d), so that C → √d Γ(¾)/Γ(¼) = .33799√d
    for (const d of [1e6, 1e10]) expect(noiseConstant(d) / Math.sqrt(d)).toBeAllclose(0.3379891, { relative: 3 / Math.sqrt(d) + 1e-6 })
  })

  test('refuses what is no dimension', () => {
    for (const bad of [0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => noiseConstant(bad)).toThrow('noiseConstant: dimension')
  })
})

describe('isotropicExponent', () => {
  test('is (2λσ)² C(d): noise attracts in one dimension, is neutral in two, repels in three', () => {
    expect(isotropicExponent({ learningRate: 0.05, deviation: 2, dimension: 1 })).toBeAllclose(-0.02)
    expect(isotropicExponent({ learningRate: 0.05, deviation: 2, dimension: 2 })).toBe(0)
    expect(isotropicExponent({ learningRate: 0.05, deviation: 2, dimension: 3 })).toBeAllclose(0.04 * noiseConstant(3))
    expect(() => isotropicExponent({ learningRate: -1, deviation: 2, dimension: 3 })).toThrow('isotropicExponent: learningRate')
  })
})

describe('simulateNoiseConstant', () => {
  // Four standard errors, and a bias of order λ²
  test.each([2, 3, 6])('of isotropic noise in %d dimensions is C(d)', (dimension) => {
    const { constant, standardError } = simulateNoiseConstant(key, {
      dimension,
      noise: 'isotropic',
      learningRate: 0.03,
      steps: 4_000,
      paths: 8,
    })
    expect(standardError).toBeLessThan(0.03)
    expect(Math.abs(constant - noiseConstant(dimension))).toBeLessThan(4 * standardError + 4 * 0.03 ** 2)
  })
  // Origin: theory.md 10.1: real z = yx, Gaussian x, pure label noise, λ = .05
  test.each([
    [3, 0.143],
    [8, 0.574],
  ])('of label noise in %d dimensions is near %d', (dimension, measured) => {
    const { constant, standardError } = simulateNoiseConstant(key, {
      dimension,
      noise: 'label',
      learningRate: 0.05,
      steps: 4_000,
      paths: 8,
    })
    expect(Math.abs(constant - measured)).toBeLessThan(4 * standardError + 0.01) // the measured value's own error
  })
  test('refuses a rate of 0, too few steps or paths', () => {
    const simulation = { dimension: 3, noise: 'label', learningRate: 0.05, steps: 8, paths: 2 } as const
    expect(() => simulateNoiseConstant(key, { ...simulation, learningRate: 0 })).toThrow('simulateNoiseConstant: learningRate')
    expect(() => simulateNoiseConstant(key, { ...simulation, steps: 3 })).toThrow('simulateNoiseConstant: steps')
    expect(() => simulateNoiseConstant(key, { ...simulation, paths: 1 })).toThrow('simulateNoiseConstant: paths')
    expect(() => simulateNoiseConstant(key, { ...simulation, dimension: 0 })).toThrow('simulateNoiseConstant: dimension')
  })
})
