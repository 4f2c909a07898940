import { describe, expect, test } from 'vitest'
import { labelNoise } from '#core/learning/noise/labelNoise.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { matrix, predictMean, type Fields } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const noisy = (std: number, learningRate: number, fields: Fields = {}): Fields => ({
  data: 'inline',
  noise: { label: labelNoise.parse({ kind: 'gaussian', std }) },
  weightDecay: 0,
  ...fields,
  optimiser: { learningRate, ...fields.optimiser },
})
const ones = (y: readonly number[]) => ({ x: matrix(y.map(() => [1])), y: matrix(y.map((value) => [value])) })

describe('noise and decay', () => {
  // Origin: theory.md 8.10
  test.each<[string, Fields, readonly number[], number]>([
    ['λ = .01, s = 2', noisy(2, 0.01), [1], 0.96],
    ['s = 4, γ = .2', noisy(4, 0.01, { weightDecay: 0.2 }), [1], 0.64],
    ['s = 8, B = 4', noisy(8, 0.01), [1, 1, 1, 1], 0.84],
    ['λ = .005, s = 11, γ = .1', noisy(11, 0.005, { weightDecay: 0.1 }), [0.5], 0],
    ['momentum .9 at λ/(1 − μ) = .01', noisy(4, 0.001, { optimiser: { momentum: 0.9 } }), [1], 0.84],
    ['the half loss at η = 3/1024, s = 10', noisy(10, 3 / 1024, { loss: { kind: 'mse', scale: 0.5 } }), [1], 1 - 0.146484375],
    ['minibatches of 2', noisy(8, 0.01, { optimiser: { batch: 2 } }), [1, 1, 1, 1], 0.68],
    ['a mean of targets', noisy(4, 0.01), [0.5, 1.5], 0.92],
    ['a decay beside the step', noisy(2, 0.001, { weightDecay: 1, optimiser: { momentum: 0.9, decoupled: true } }), [1], 0.86],
  ])('%s', (_, fields, y, expected) => {
    const { oracle, vector, margin } = predictMean(fields, ones(y))
    expect(oracle).toBe('8.10')
    expect(vector).toBeAllclose([expected])
    expect(margin).toBeAllclose([Number.NaN])
  })
  test('of inputs other than 1, or of minibatches whose targets differ, are not known', () => {
    expect(predictMean(noisy(2, 0.01), { x: matrix([[2]]), y: matrix([[1]]) }).vector).toBeAllclose([Number.NaN])
    expect(predictMean(noisy(2, 0.01, { optimiser: { batch: 1 } }), ones([1, 2])).vector).toBeAllclose([Number.NaN])
  })
})
