import { describe, expect, test } from 'vitest'
import type { Part } from '#core/learning/data/data.ts'
import { settingsOf } from '#core/learning/kind.ts'
import { lossKinds } from '#core/learning/losses/registry.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import { gradientNoise } from '#core/learning/noise/gradientNoise.ts'
import { optimiserKinds } from '#core/learning/optimisers/registry.ts'
import { reparametrisationSettings } from '#core/learning/reparametrise/registry.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { meanSquareDecay, meanSquareScale, type Prediction, type Trained } from './prediction.ts'
import { oracleFor, oracleTitle } from './registry.ts'

expect.extend({ toBeAllclose })

type Fields = {
  readonly model?: unknown
  readonly data?: string
  readonly reparametrise?: readonly unknown[]
  readonly loss?: unknown
  readonly optimiser?: Readonly<Record<string, unknown>>
  readonly noise?: Trained['noise']
  readonly weightDecay?: number
  readonly groups?: Trained['regularisation']['groups']
  readonly tasks?: readonly unknown[]
}

/** What is trained; what is left out is a product of two factors under mean squares and plain gradient descent. */
const trained = (fields: Fields = {}): Trained => ({
  model: settingsOf(modelKinds).parse(fields.model ?? { kind: 'product-linear' }),
  data: { kind: fields.data ?? 'sparse-linear' },
  reparametrise: (fields.reparametrise ?? []).map((one) => reparametrisationSettings.parse(one)),
  loss: settingsOf(lossKinds).parse(fields.loss ?? { kind: 'mse' }),
  optimiser: settingsOf(optimiserKinds).parse({ kind: 'sgd', learningRate: 0.1, ...fields.optimiser }),
  noise: fields.noise ?? {},
  regularisation: { weightDecay: fields.weightDecay ?? 0.1, groups: fields.groups ?? [] },
  tasks: fields.tasks ?? [],
})
const speaker = (fields: Fields) => oracleFor(trained(fields))?.kind ?? null

const matrix = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: rows[0]?.length ?? 0,
  values: Float64Array.from(rows.flat()),
})
const identity = (n: number) => matrix(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))))
function predict(fields: Fields, data: Part): Prediction {
  const subject = trained(fields)
  const oracle = oracleFor(subject)
  if (oracle === null) throw new Error('expected an oracle')
  return oracle.predict({ trained: subject, data, constants: {} })
}

const factorised = { kind: 'matrix-factorisation', width: 2 }
const spred = { kind: 'product', parameters: '*' }

describe('oracleFor', () => {
  const factorisation: Fields = { model: factorised, data: 'low-rank-matrix' }
  test.each<[string, Fields, string | null]>([
    ['the linear model', { model: { kind: 'linear' } }, 'ridge'],
    ['a product of two', {}, 'lasso'],
    ['a product of three', { model: { kind: 'product-linear', depth: 3 } }, null],
    ['the linear model as a product of two', { model: { kind: 'linear' }, reparametrise: [spred] }, 'lasso'],
    ['the linear model as a product of three', { model: { kind: 'linear' }, reparametrise: [{ ...spred, depth: 3 }] }, null],
    ['the linear model with a fixed bias', { model: { kind: 'linear' }, reparametrise: [{ kind: 'syre', std: 0.1 }] }, null],
    ['a product of two with a fixed bias', { reparametrise: [{ kind: 'syre', std: 0.1 }] }, null],
    ['a factorised matrix', factorisation, 'matrix-factorisation'],
    ['a factorised matrix on other data', { model: factorised }, null],
    ['one factor UUᵀ', { ...factorisation, model: { ...factorised, form: 'positive-semidefinite' } }, null],
    ['a factorised matrix with residual connections', { ...factorisation, reparametrise: [{ kind: 'residual' }] }, 'residual'],
    ['a residual connection of one factor', { ...factorisation, reparametrise: [{ kind: 'residual', parameters: 'u' }] }, null],
    ['a full matrix', { model: { kind: 'linear' }, data: 'low-rank-matrix' }, 'ridge'],
    ['a network', { model: { kind: 'perceptron', widths: [4] } }, null],
  ])('of %s', (_, fields, expected) => expect(speaker(fields)).toBe(expected))
  test.each<[string, Fields, boolean]>([
    ['a sum of squares', { loss: { kind: 'sse' } }, true],
    ['cross-entropy', { loss: { kind: 'cross-entropy' } }, false],
    ["the model's own loss", { loss: { kind: 'energy' } }, false],
    ['AdamW', { optimiser: { kind: 'adamw' } }, false],
    ['AdamW without decay', { optimiser: { kind: 'adamw' }, weightDecay: 0 }, true],
    ['Adam, decay in the gradient', { optimiser: { kind: 'adam' } }, true],
    ['RMSprop, decay in the gradient', { optimiser: { kind: 'rmsprop' } }, true],
    ['RMSprop, decay beside the step', { optimiser: { kind: 'rmsprop', decoupled: true } }, false],
    ['SGD, decay beside the step', { optimiser: { decoupled: true, momentum: 0.9 } }, true],
    ['SGD, decay beside a clipped step', { optimiser: { decoupled: true, clip: { norm: 1 } } }, false],
    ['SGD, clipped', { optimiser: { clip: { norm: 1 } } }, true],
    ['a decay of its own for some parameters', { groups: [{ parameters: 'u', weightDecay: 0.2 }] }, false],
    ['label noise', { noise: { label: { std: 0.1 } } }, false],
    ['label noise of size 0', { noise: { label: { std: 0 } } }, true],
    ['gradient noise', { noise: { gradient: gradientNoise.parse({ kind: 'isotropic', std: 0.1 }) } }, false],
    ['a task that changes', { tasks: [{}] }, false],
  ])('under %s: %#', (_, fields, expected) => expect(speaker(fields) !== null).toBe(expected))
  test('numbers have titles, other numbers none', () => {
    expect(['8.2', 'E1', '8.5', '8.19'].map((number) => oracleTitle(number)?.en)).toEqual([
      'Lasso',
      'Ridge regression',
      'Matrix factorisation',
      'Residual model',
    ])
    expect(oracleTitle('8')).toBeNull()
  })
})

describe('meanSquareDecay', () => {
  // Origin: theory.md 0.2 (decoupled, momentum), 0.3 and 0.4 (γ/c)
  test.each<[string, Fields, number]>([
    ['the mean itself', {}, 0.1],
    ['half the mean', { loss: { kind: 'mse', scale: 0.5 } }, 0.2],
    ['a sum over 8 rows', { loss: { kind: 'sse' } }, 0.1 / 8],
    ['half a sum over 8 rows', { loss: { kind: 'sse', scale: 0.5 } }, 0.2 / 8],
    ['a sum over minibatches of 4', { loss: { kind: 'sse' }, optimiser: { batch: 4 } }, 0.1 / 4],
    ['a mean over minibatches of 4', { optimiser: { batch: 4 } }, 0.1],
    ['a decoupled decay without momentum', { optimiser: { decoupled: true } }, 0.1],
    ['a decoupled decay with momentum .9', { optimiser: { decoupled: true, momentum: 0.9 } }, 0.01],
    ['momentum, decay in the gradient', { optimiser: { momentum: 0.9 } }, 0.1],
    ['Adam', { optimiser: { kind: 'adam' }, loss: { kind: 'mse', scale: 0.5 } }, 0.2],
    ['AdamW', { optimiser: { kind: 'adamw' } }, Number.NaN],
    ['AdamW without decay', { optimiser: { kind: 'adamw' }, weightDecay: 0 }, 0],
    ['AdamW without decay, another loss', { optimiser: { kind: 'adamw' }, weightDecay: 0, loss: { kind: 'energy' } }, Number.NaN],
    ['cross-entropy', { loss: { kind: 'cross-entropy' } }, Number.NaN],
  ])('of %s', (_, fields, expected) => expect(meanSquareDecay(trained(fields), 8)).toBeAllclose(expected))
  test('goes with the scale: γ of the study is their product', () => {
    const half = trained({ loss: { kind: 'sse', scale: 0.5 } })
    expect(meanSquareScale(half, 8) * meanSquareDecay(half, 8)).toBeAllclose(0.1)
  })
})

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
