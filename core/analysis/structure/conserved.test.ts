import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { factorImbalance, factorImbalanceAfterStep, imbalanceLeft, productImbalance, productStepFactors } from './conserved.ts'

expect.extend({ toBeAllclose })

const number = fc.double({ min: -2, max: 2, noNaN: true })
const matrixOf = (rows: number, columns: number): fc.Arbitrary<Matrix> =>
  fc
    .array(number, { minLength: rows * columns, maxLength: rows * columns })
    .map((values) => ({ rows, columns, values: Float64Array.from(values) }))
const example: Matrix = { rows: 2, columns: 2, values: Float64Array.of(1, 2, 3, 4) }

describe('productImbalance', () => {
  test('is the largest difference of squares', () => {
    expect(productImbalance(Float64Array.of(3, 1), Float64Array.of(1, 4))).toBe(15)
    expect(productImbalance(Float64Array.of(2, -2), Float64Array.of(-2, 2))).toBe(0)
    expect(productImbalance(Float64Array.of(), Float64Array.of())).toBe(0)
  })

  test('keeps the digits of nearly equal factors', () => {
    const ε = 2 ** -50
    expect(productImbalance(Float64Array.of(1 + ε), Float64Array.of(1))).toBeAllclose(2 * ε + ε * ε, { relative: 2 ** -51 })
  })

  test('is NaN where an entry is NaN or ±∞, ∞ beyond float64, and refuses other lengths', () => {
    expect(productImbalance(Float64Array.of(1, Number.NaN), Float64Array.of(1, 1))).toBeNaN()
    expect(productImbalance(Float64Array.of(1), Float64Array.of(Number.NEGATIVE_INFINITY))).toBeNaN()
    expect(productImbalance(Float64Array.of(1e200), Float64Array.of(1))).toBe(Number.POSITIVE_INFINITY)
    expect(() => productImbalance(Float64Array.of(1), Float64Array.of(1, 2))).toThrow(Refusal)
  })
})

describe('productStepFactors', () => {
  // Origin: theory.md 8.6
  test('give the worked step: u = .8, w = .3, (uw − 1.3)², η = .05, γ = .1', () => {
    const [u, w] = [0.8, 0.3]
    const factors = productStepFactors({ gradient: 2 * (u * w - 1.3), learningRate: 0.05, weightDecay: 0.1 })
    const [sum, difference] = [factors.sum * (u + w), factors.difference * (u - w)]
    expect([(sum + difference) / 2, (sum - difference) / 2]).toBeAllclose([0.8238, 0.3818])
    expect(factors.imbalance * (u * u - w * w)).toBeAllclose(0.5328752, { relative: 1e-7 }) // its printed digits
    expect(factors.keepsSigns).toBe(true)
  })

  test('are what a step of gradient descent does, for every gradient, rate and decay', () => {
    fc.assert(
      fc.property(
        number,
        number,
        number,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (u, w, g, η, γ) => {
          const { sum, difference, imbalance, keepsSigns } = productStepFactors({ gradient: g, learningRate: η, weightDecay: γ })
          const [after, other] = [u - η * (g * w + 2 * γ * u), w - η * (g * u + 2 * γ * w)]
          const tolerance = { absolute: 1e-14 } // a few roundings of numbers below 30
          expect(sum * (u + w)).toBeAllclose(after + other, tolerance)
          expect(difference * (u - w)).toBeAllclose(after - other, tolerance)
          expect(imbalance * (u * u - w * w)).toBeAllclose(after * after - other * other, { absolute: 1e-13 })
          if (keepsSigns) expect([sum > 0, difference > 0]).toEqual([true, true])
        },
      ),
    )
  })

  test('lose a sign exactly where |ηg| reaches 1 − 2ηγ, and are NaN for NaN', () => {
    expect(productStepFactors({ gradient: 7, learningRate: 0.125, weightDecay: 0.5 }).keepsSigns).toBe(false) // .875 = 1 − .125
    expect(productStepFactors({ gradient: -6.99, learningRate: 0.125, weightDecay: 0.5 }).keepsSigns).toBe(true)
    expect(productStepFactors({ gradient: Number.NaN, learningRate: 0.1, weightDecay: 0 })).toEqual({
      sum: Number.NaN,
      difference: Number.NaN,
      imbalance: Number.NaN,
      keepsSigns: false,
    })
  })
})

describe('factorImbalance', () => {
  test('is AᵀA − BᵀB by hand', () => {
    const b: Matrix = { rows: 1, columns: 2, values: Float64Array.of(1, -1) }
    const { matrix, largest } = factorImbalance(example, b) // AᵀA = [[10, 14], [14, 20]], BᵀB = [[1, −1], [−1, 1]]
    expect(matrix).toEqual({ rows: 2, columns: 2, values: Float64Array.of(9, 15, 15, 19) })
    expect(largest).toBe(19)
  })

  test('of equal factors is 0, and changes sign with their order', () => {
    fc.assert(
      fc.property(matrixOf(3, 2), matrixOf(4, 2), (a, b) => {
        expect(factorImbalance(a, a).largest).toBe(0)
        expect(factorImbalance(b, a).matrix.values).toBeAllclose(factorImbalance(a, b).matrix.values.map((value) => -value))
      }),
    )
  })

  test('answers for factors without rows or columns and for one number', () => {
    const none: Matrix = { rows: 0, columns: 2, values: new Float64Array() }
    expect(factorImbalance(example, none).largest).toBe(20)
    expect(factorImbalance({ ...none, columns: 0 }, { ...none, columns: 0 }).largest).toBe(0)
    const [three, two] = [3, 2].map((value): Matrix => ({ rows: 1, columns: 1, values: Float64Array.of(value) }))
    expect(three && two && factorImbalance(three, two).largest).toBe(5)
  })

  test('is NaN where a factor holds NaN or ±∞, and refuses other inner sizes', () => {
    const holed: Matrix = { ...example, values: Float64Array.of(1, Number.POSITIVE_INFINITY, 3, 4) }
    expect(factorImbalance(example, holed).largest).toBeNaN()
    expect(() => factorImbalance(example, { rows: 1, columns: 3, values: new Float64Array(3) })).toThrow(
      new Refusal('invalid-input', 'factorImbalance: b: expected 2 columns, got 3'),
    )
  })
})

describe('factorImbalanceAfterStep', () => {
  test('is the imbalance of the factors that a step of gradient descent gives', () => {
    fc.assert(
      fc.property(matrixOf(3, 2), matrixOf(4, 2), matrixOf(3, 4), (a, b, gradient) => {
        const [learningRate, weightDecay] = [0.1, 0.3]
        // A' = cA − ηGB, B' = cB − ηGᵀA, entry by entry
        const entry = (m: Matrix, i: number, j: number) => m.values[i * m.columns + j] ?? Number.NaN
        const kept = 1 - 2 * learningRate * weightDecay
        const stepOf = (m: Matrix, pull: (i: number, k: number) => number): Matrix => ({
          ...m,
          values: m.values.map((value, at) => kept * value - learningRate * pull(Math.floor(at / m.columns), at % m.columns)),
        })
        const sum = (n: number, term: (i: number) => number) => Array.from({ length: n }, (_, i) => term(i)).reduce((x, y) => x + y, 0)
        const nextA = stepOf(a, (i, k) => sum(4, (j) => entry(gradient, i, j) * entry(b, j, k)))
        const nextB = stepOf(b, (j, k) => sum(3, (i) => entry(gradient, i, j) * entry(a, i, k)))
        const predicted = factorImbalanceAfterStep(a, b, { gradient, learningRate, weightDecay })
        // Entries of Q stay below 100, a few dozen roundings
        expect(predicted.values).toBeAllclose(factorImbalance(nextA, nextB).matrix.values, { absolute: 1e-12 })
      }),
    )
  })

  test('shrinks as 1 − 4ηγ where the gradient is 0, and refuses a gradient of another shape', () => {
    const b: Matrix = { rows: 1, columns: 2, values: Float64Array.of(1, -1) }
    const flat = { gradient: { rows: 2, columns: 1, values: new Float64Array(2) }, learningRate: 0.25, weightDecay: 1 }
    expect([...factorImbalanceAfterStep(example, b, flat).values]).toEqual([9 / 4, 15 / 4, 15 / 4, 19 / 4])
    const other = { ...flat, gradient: { rows: 1, columns: 2, values: new Float64Array(2) } }
    expect(() => factorImbalanceAfterStep(example, b, other)).toThrow('expected 2 × 1 entries, got 1 × 2')
  })
})

describe('imbalanceLeft', () => {
  test('is the limit of many small steps', () => {
    const [γ, time, steps] = [0.3, 2, 100_000]
    const left = productStepFactors({ gradient: 0, learningRate: time / steps, weightDecay: γ }).imbalance ** steps
    expect(imbalanceLeft(γ, time)).toBeAllclose(left, { relative: 2e-5 }) // (1 − h)ⁿ falls short of e^{−nh} by nh²/2, h = 2ηγ, squared
    expect([imbalanceLeft(0, 5), imbalanceLeft(1, 0)]).toEqual([1, 1])
    expect(imbalanceLeft(Number.NaN, 1)).toBeNaN()
  })
})
