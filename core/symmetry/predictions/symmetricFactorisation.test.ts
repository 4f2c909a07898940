import { describe, expect, test } from 'vitest'
import { identity, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { mirrorQuarticMinimum } from '../oracles/mirrorQuartic.ts'
import { squareMinimum } from '../oracles/scalarProduct.ts'
import { matrix, predict, type Fields } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const of = (y: Matrix, fields: Fields, width = y.columns) =>
  predict(
    {
      model: { kind: 'matrix-factorisation', width, form: 'positive-semidefinite' },
      data: 'low-rank-matrix',
      loss: { kind: 'sse' },
      ...fields,
    },
    { x: identity(y.rows), y },
  )
// Origin: theory.md 8.5: A = diag(1, .3, .05), γ = .2: (.9, .2, 0)
const a = matrix([
  [1, 0, 0],
  [0, 0.3, 0],
  [0, 0, 0.05],
])

describe('a factorisation UUᵀ', () => {
  test('softens eigenvalues by γ/2, and ends the others with γ − 2a', () => {
    const { oracle, vector, margin } = of(a, { weightDecay: 0.2 })
    expect(oracle).toBe('8.5')
    expect(vector).toBeAllclose([0.9, 0.2, 0])
    expect(margin).toBeAllclose([Number.NaN, Number.NaN, 0.2 - 2 * 0.05])
  })
  test('at another scale of the loss softens them by γ/2c', () => {
    const { vector, margin } = of(a, { weightDecay: 0.1, loss: { kind: 'mse', scale: 1.5 } }) // c = 1.5/3
    expect(vector).toBeAllclose([0.9, 0.2, 0])
    expect(margin).toBeAllclose([Number.NaN, Number.NaN, 0.1 - 2 * 0.5 * 0.05])
  })
  test('keeps what its width allows', () => expect(of(a, { weightDecay: 0.2 }, 1).vector).toBeAllclose([0.9, 0, 0]))
  test('does not see the antisymmetric part of its target, and not its negative eigenvalues', () => {
    const turned = matrix([
      [0, 3],
      [-1, 0],
    ]) // its symmetric part [[0, 1], [1, 0]] has the eigenvalues ±1
    const { vector, margin } = of(turned, { weightDecay: 0.2 })
    expect(vector).toBeAllclose([0.9, 0])
    expect(margin).toBeAllclose([Number.NaN, 2.2])
  })
  test('8.1: of one number is max(y − γ/2, 0), and under ¼(t² − a)² the quartic of 8.7', () => {
    expect(of(matrix([[1]]), { weightDecay: 0.3 }).vector).toBeAllclose([squareMinimum(1, { weightDecay: 0.3 })])
    for (const weightDecay of [0.1, 0.3, 0.7]) {
      const { vector } = of(matrix([[1]]), { weightDecay, loss: { kind: 'sse', scale: 0.25 } })
      expect(vector).toBeAllclose([mirrorQuarticMinimum(1, weightDecay).tSquared])
    }
  })
  test('of inputs that are not white is not known', () => {
    const fields: Fields = { model: { kind: 'matrix-factorisation', width: 1, form: 'positive-semidefinite' }, data: 'inline' }
    const data = { x: matrix([[1, 2]]), y: matrix([[1, 2]]) }
    expect(predict(fields, data).vector).toBeAllclose([Number.NaN, Number.NaN])
  })
})
