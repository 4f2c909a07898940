import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { matrix, predict, type Fields } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const fields: Fields = { model: { kind: 'linear' }, reparametrise: [{ kind: 'syre', std: 0.1 }], loss: { kind: 'sse' }, weightDecay: 0.5 }
const data = {
  x: matrix([
    [1, 0],
    [0, 2],
  ]),
  y: matrix([[1], [1]]),
}

describe('the linear model under syre', () => {
  test('is the ridge centred at its bias', () => {
    // Origin: theory.md 8.18: A = diag(1, 2), y = (1, 1), γ = .5, θ₀ = (.1, −.1)
    const { oracle, vector, margin } = predict(fields, data, { constants: { 'v/bias': Float64Array.of(0.1, -0.1) } })
    expect(oracle).toBe('8.18')
    expect(vector).toBeAllclose([0.7, 0.43333333333333335])
    expect(margin).toBeAllclose([Number.NaN, Number.NaN])
  })
  test('with a metric decays each coefficient by its own', () => {
    const constants = { 'v/bias': Float64Array.of(0.1, -0.1), 'v/metric': Float64Array.of(2, 0.5) }
    // entry by entry: (a_i² + γd_i)θ_i = a_i y_i + γ d_i b_i
    expect(predict(fields, data, { constants }).vector).toBeAllclose([(1 + 0.1) / (1 + 1), (2 - 0.025) / (4 + 0.25)])
  })
  test('of two targets takes the bias of each', () => {
    const two = {
      ...data,
      y: matrix([
        [1, 0],
        [1, 0],
      ]),
    }
    const { vector } = predict(fields, two, { constants: { 'v/bias': Float64Array.of(0.1, 0.3, -0.1, 0) } })
    expect(vector).toBeAllclose([0.7, 0.1, 0.43333333333333335, 0])
  })
  test('without decay is least squares, of dependent columns not known', () => {
    const constants = { 'v/bias': Float64Array.of(0.1, -0.1) }
    expect(predict({ ...fields, weightDecay: 0 }, data, { constants }).vector).toBeAllclose([1, 0.5])
    const dependent = { x: matrix([[1, 1]]), y: matrix([[1]]) }
    expect(predict({ ...fields, weightDecay: 0 }, dependent, { constants }).vector).toBeAllclose([Number.NaN, Number.NaN])
  })
})
