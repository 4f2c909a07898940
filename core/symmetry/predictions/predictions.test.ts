import { describe, expect, test } from 'vitest'
import type { Part } from '#core/learning/data/data.ts'
import { identity, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { singularValues } from '#core/numerics/linalg/singularValues.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { permutationPairMinimum } from '../oracles/permutationPair.ts'
import { matrix, predict, type Fields } from './fixtures/sampleTrained.ts'

expect.extend({ toBeAllclose })

const factorised = { kind: 'matrix-factorisation', width: 2 }
const spred = { kind: 'product', parameters: '*' }
const dcsZero = { kind: 'dcs', constraint: { kind: 'zero' } }

describe('lasso', () => {
  // theory.md 8.2: XᵀX/n = diag(.75, .75), XᵀY/n = (.75, 1)
  const x = matrix([
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
  ])
  const data: Part = { x, y: matrix([[1], [2], [2], [0]]) }
  test('gives a margin γ − |c| where it predicts zero, NaN elsewhere', () => {
    const { vector, margin, oracle } = predict({ weightDecay: 0.8 }, data)
    expect(oracle).toBe('8.2')
    expect(vector).toBeAllclose([0, 0.26666666666666666])
    // c₁ = .75 − (XᵀX/n)₁₂ v₂ = .75, since XᵀX/n is diagonal
    expect(margin).toBeAllclose([0.05, Number.NaN], { relative: 1e-11 }) // cancellation of .8 − .75
  })
  test('of another scale of the loss is that of γ/c, its margin in units of γ', () => {
    // a sum over 4 rows: γ = 3.2 is .8 of the mean, and the critical γ is 4 · .75
    const { vector, margin } = predict({ weightDecay: 3.2, loss: { kind: 'sse' } }, data)
    expect(vector).toBeAllclose([0, 0.26666666666666666])
    expect(margin).toBeAllclose([3.2 - 3, Number.NaN], { relative: 1e-11 })
  })
  test('8.1: factors with decays of their own act as √(γ_uγ_w), and end at their own rate', () => {
    const groups = [
      { parameters: 'u', weightDecay: 0.4 },
      { parameters: 'w', weightDecay: 1.6 },
    ]
    const { vector, margin } = predict({ groups }, data)
    expect(vector).toBeAllclose([0, 0.26666666666666666]) // √(.4 · 1.6) = .8
    // the eigenvalues of [[.8, −1.5], [−1.5, 3.2]], half of the smaller one
    expect(margin).toBeAllclose([(2 - Math.sqrt(1.2 ** 2 + 1.5 ** 2)) / 2, Number.NaN])
  })
  test('of the linear model whose whole is constrained to zero is the same', () => {
    const { vector } = predict({ weightDecay: 0.8, model: { kind: 'linear' }, reparametrise: [dcsZero] }, data)
    expect(vector).toBeAllclose([0, 0.26666666666666666])
  })
  test('of a column of zeros is not known', () => {
    const { vector, margin } = predict({}, { x: matrix([[0], [0]]), y: matrix([[1], [2]]) })
    expect([...vector, ...margin]).toEqual([Number.NaN, Number.NaN])
  })
  test('of several targets is that of each, entry (feature, target) after entry', () => {
    const y = matrix([
      [1, 1],
      [2, 0],
      [2, 1],
      [0, 1],
    ])
    // second target: XᵀY/n = (.75, 0)
    const { vector, margin } = predict({ weightDecay: 0.5, model: { kind: 'linear' }, reparametrise: [spred] }, { x, y })
    expect(vector).toBeAllclose([0.25 / 0.75, 0.25 / 0.75, 0.5 / 0.75, 0])
    expect(margin).toBeAllclose([Number.NaN, Number.NaN, Number.NaN, 0.5])
  })
})

describe('ridge', () => {
  const equal = { x: matrix([[1, 1]]), y: matrix([[1]]) }
  const linear: Fields = { model: { kind: 'linear' } }
  test.each([0.1, 0.5])('8.17: equal columns share y/(2 + γ) at γ = %d', (weightDecay) => {
    expect(predict({ ...linear, weightDecay }, equal).vector).toBeAllclose(permutationPairMinimum(1, { weightDecay }))
  })
  test('8.17: of equal columns without decay nothing is said, for the start counts', () => {
    expect(predict({ ...linear, weightDecay: 0 }, equal).vector).toBeAllclose([Number.NaN, Number.NaN])
  })
  test('takes the decay of the group that names its coefficients', () => {
    const groups = [{ parameters: 'v', weightDecay: 0.5 }]
    expect(predict({ ...linear, groups }, equal).vector).toBeAllclose([0.4, 0.4])
  })
  test('predicts no zero, so it has no margin', () => {
    const { oracle, vector, margin } = predict(
      { model: { kind: 'linear' }, weightDecay: 0.5 },
      { x: matrix([[1], [2]]), y: matrix([[1], [2]]) },
    )
    expect([oracle, [...margin]]).toEqual(['E1', [Number.NaN]])
    expect(vector).toBeAllclose([2.5 / 3])
  })
  test('of a full matrix is Y/(1 + γ) under a sum of squares', () => {
    const y = matrix([
      [1, 2],
      [3, 4],
    ])
    const { vector } = predict(
      { model: { kind: 'linear' }, data: 'low-rank-matrix', loss: { kind: 'sse' }, weightDecay: 0.25 },
      { x: identity(2), y },
    )
    expect(vector).toBeAllclose(y.values.map((value) => value / 1.25))
  })
})

describe('matrix factorisation', () => {
  const y = matrix([
    [1, 2],
    [3, 4],
  ])
  const of = (fields: Fields) =>
    predict({ model: factorised, data: 'low-rank-matrix', loss: { kind: 'sse' }, ...fields }, { x: identity(2), y })
  const printed = { absolute: 5e-11 } // ten printed digits
  // Origin: theory.md 8.5: σ = 5.4649857042, .3659661906
  const sigma = [5.4649857042, 0.3659661906] as const
  test('softens the singular values by γ', () => {
    const { oracle, vector, margin } = of({ weightDecay: 0.2 })
    expect(oracle).toBe('8.5')
    expect(vector).toBeAllclose([sigma[0] - 0.2, sigma[1] - 0.2], printed)
    expect(margin).toBeAllclose([Number.NaN, Number.NaN])
  })
  test('a value below γ is 0, its margin γ − σ', () => {
    const { vector, margin } = of({ weightDecay: 0.5 })
    expect(vector).toBeAllclose([sigma[0] - 0.5, 0], printed)
    expect(margin).toBeAllclose([Number.NaN, 0.5 - sigma[1]], printed)
  })
  test.each<[string, Fields]>([
    ['half the sum at γ = .25', { weightDecay: 0.25, loss: { kind: 'sse', scale: 0.5 } }],
    ['the mean over 2 rows at γ = .25', { weightDecay: 0.25, loss: { kind: 'mse' } }],
    ['the mean over 4 entries at γ = .125', { weightDecay: 0.125, loss: { kind: 'mse', scale: 0.5 } }],
    ['the sum at γ = 5, decoupled with momentum .9', { weightDecay: 5, optimiser: { decoupled: true, momentum: 0.9 } }],
  ])('%s has the threshold .5', (_, fields) => expect(of(fields).vector).toBeAllclose([sigma[0] - 0.5, 0], printed))
  test('the margin is in units of γ whatever the loss', () => {
    // half the sum: critical γ is σ/2
    expect(of({ weightDecay: 0.25, loss: { kind: 'sse', scale: 0.5 } }).margin).toBeAllclose([Number.NaN, 0.25 - sigma[1] / 2], printed)
  })
  test('8.4: one gate of one column is the norm, softened', () => {
    // Origin: theory.md 8.4: y = (.6, −.8, .3), ‖y‖ = √1.09
    const column = { x: identity(3), y: matrix([[0.6], [-0.8], [0.3]]) }
    const gate: Fields = { model: { ...factorised, width: 1 }, data: { kind: 'low-rank-matrix', columns: 1 }, loss: { kind: 'sse' } }
    const at = (weightDecay: number) => predict({ ...gate, weightDecay }, column)
    expect(at(0.3).oracle).toBe('8.4')
    expect(at(0.3).vector).toBeAllclose([Math.hypot(0.4275913, 0.5701217, 0.2137956)], { absolute: 1e-7 }) // seven printed digits
    expect(at(1.2).vector).toBeAllclose([0])
    expect(at(1.2).margin).toBeAllclose([1.2 - Math.sqrt(1.09)])
  })
  test('decays of their own act as √(γ_uγ_v)', () => {
    const groups = [
      { parameters: 'u', weightDecay: 0.25 },
      { parameters: 'v', weightDecay: 1 },
    ]
    expect(of({ groups }).vector).toBeAllclose([sigma[0] - 0.5, 0], printed)
  })
  test('of white inputs is that of XᵀY/s, of others not known', () => {
    const x = matrix([
      [1, 1],
      [1, -1],
      [1, 1],
      [1, -1],
    ]) // XᵀX = 4I
    const target = matrix([
      [3, 4],
      [-2, -2],
      [3, 4],
      [-2, -2],
    ]) // X·[[.5, 1], [2.5, 3]]
    const rows: Fields = { model: factorised, data: 'inline', loss: { kind: 'mse' }, weightDecay: 0.1 }
    const inner = matrix([
      [0.5, 1],
      [2.5, 3],
    ])
    expect(predict(rows, { x, y: target }).vector).toBeAllclose(singularValues(inner).map((value) => Math.max(value - 0.1, 0)))
    expect(predict(rows, { x: matrix([[1, 2]]), y: matrix([[1, 2]]) }).vector).toBeAllclose([Number.NaN, Number.NaN])
    expect(predict(rows, { x: matrix([[0, 0]]), y: matrix([[1, 2]]) }).vector).toBeAllclose([Number.NaN, Number.NaN])
  })
  test('what is beyond the inner width is 0 by its shape and has no margin', () => {
    const { vector, margin } = of({ weightDecay: 0.2, model: { ...factorised, width: 1 } })
    expect(vector).toBeAllclose([sigma[0] - 0.2, 0], printed)
    expect(margin).toBeAllclose([Number.NaN, Number.NaN])
  })
})

describe('residual', () => {
  const diagonal = matrix([
    [2, 0, 0],
    [0, 0.3, 0],
    [0, 0, 0],
  ])
  const of = (weightDecay: number, y: Matrix, width = 3) =>
    predict(
      {
        model: { ...factorised, width },
        data: 'low-rank-matrix',
        loss: { kind: 'sse' },
        reparametrise: [{ kind: 'residual' }],
        weightDecay,
      },
      { x: identity(y.rows), y },
    )
  // Origin: theory.md 8.19
  test.each([
    [1, [1.754878, 0.595674, 0.465571]],
    [0.2, [1.943464, 0.411701, 0.2]],
  ])('at γ = %d is %j, never 0', (weightDecay, expected) => {
    const { oracle, vector, margin } = of(weightDecay, diagonal)
    expect(oracle).toBe('8.19')
    expect(vector).toBeAllclose(expected, { absolute: 5e-7 }) // six printed digits
    expect(margin.every(Number.isNaN)).toBe(true)
  })
  test('of a target that is not diagonal, or a width below it, is not known', () => {
    const turned = matrix([
      [0, 1],
      [1, 0],
    ])
    expect(of(1, turned, 2).vector).toBeAllclose([Number.NaN, Number.NaN])
    expect(of(1, diagonal, 2).vector).toBeAllclose([Number.NaN, Number.NaN, Number.NaN])
  })
})
