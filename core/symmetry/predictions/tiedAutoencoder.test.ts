import { describe, expect, test } from 'vitest'
import { matrixProduct, transposed, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { matrix, predict } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const of = (x: Matrix, { width, weightDecay, scale = 1 }: { width: number; weightDecay: number; scale?: number }) =>
  predict({ model: { kind: 'tied-autoencoder', width }, loss: { kind: 'mse', scale }, weightDecay }, { x, y: x })

/** Gradient descent on Tr S(I − WWᵀ)² + γ‖W‖², float64: shares nothing with the closed form. */
function descend(x: Matrix, start: Matrix, weightDecay: number): Matrix {
  const [d, r] = [start.rows, start.columns]
  const s = matrixProduct(transposed(x), x).values.map((value) => value / x.rows)
  const sMatrix: Matrix = { rows: d, columns: d, values: s }
  let w = start
  for (let step = 0; step < 4_000; step += 1) {
    const p = matrixProduct(w, transposed(w))
    const rest: Matrix = { rows: d, columns: d, values: p.values.map((value, i) => (i % (d + 1) === 0 ? 1 : 0) - value) }
    const [left, right] = [matrixProduct(sMatrix, rest), matrixProduct(rest, sMatrix)]
    const both: Matrix = { rows: d, columns: d, values: left.values.map((value, i) => value + (right.values[i] ?? Number.NaN)) }
    const pull = matrixProduct(both, w) // −½ of the gradient of the data
    w = {
      rows: d,
      columns: r,
      values: w.values.map((value, i) => value + 0.1 * 2 * ((pull.values[i] ?? Number.NaN) - weightDecay * value)),
    }
  }
  return w
}

describe('a tied autoencoder', () => {
  const [n, d] = [12, 4]
  const draws = drawNormal(rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 }), n * d + d * d)
  const x: Matrix = { rows: n, columns: d, values: draws.slice(0, n * d).map((value, i) => value / (1 + (i % d))) } // variances fall
  const variances = singularValues(x).map((value) => value ** 2 / n)

  test.each([
    [4, 0.05],
    [4, 0.4],
    [2, 0.05],
    [1, 0.4],
  ])('of width %d at γ = %d is where gradient descent ends', (width, weightDecay) => {
    const start: Matrix = { rows: d, columns: width, values: draws.slice(n * d, n * d + d * width).map((value) => 0.3 * value) }
    const ended = singularValues(descend(x, start, weightDecay))
    // what dies has fallen as e^{−2ηγt} or slower; margins here are above .01: e^{−4 · .1 · .01 · 4000} = 1e-7
    expect(ended).toBeAllclose(of(x, { width, weightDecay }).vector, { absolute: 1e-6 })
  })
  test('loses a direction where γ passes 2cλ, its margin half of the distance', () => {
    const last = variances[3] ?? Number.NaN
    const { vector, margin } = of(x, { width: 4, weightDecay: 4 * last, scale: 1 })
    expect(vector[3]).toBe(0)
    expect(margin[3]).toBeAllclose(last) // ½(4λ − 2λ)
    expect(of(x, { width: 4, weightDecay: 4 * last, scale: 2.1 }).vector[3]).toBeGreaterThan(0)
  })
  test('without decay reproduces what its width allows', () => {
    expect(of(x, { width: 3, weightDecay: 0 }).vector).toBeAllclose([1, 1, 1])
  })
  test('of a direction without variance says nothing without decay, and 0 with it', () => {
    const flat = matrix([[1, 0]])
    expect(of(flat, { width: 2, weightDecay: 0 }).vector).toBeAllclose([1, Number.NaN])
    expect(of(flat, { width: 2, weightDecay: 0.1 }).vector).toBeAllclose([Math.sqrt(0.95), 0])
  })
  test('with targets other than its inputs is not known', () => {
    const fields = { model: { kind: 'tied-autoencoder', width: 1 } }
    expect(predict(fields, { x: matrix([[1]]), y: matrix([[2]]) }).vector).toBeAllclose([Number.NaN])
  })
})
