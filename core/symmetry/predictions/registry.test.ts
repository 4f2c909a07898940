import { describe, expect, test } from 'vitest'
import { gradientNoise } from '#core/learning/noise/gradientNoise.ts'
import { labelNoise } from '#core/learning/noise/labelNoise.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { lasso } from '../oracles/lasso.ts'
import { matrix, trained, type Fields } from './fixtures/sampleTrained.ts'
import { commonDecay, decaysOf, dyingRate, meanSquareDecay, meanSquareScale, orUnknown, productDecay } from './prediction.ts'
import { meanOracleFor, oracleFor, oracleTitle } from './registry.ts'

expect.extend({ toBeAllclose })

const speaker = (fields: Fields) => oracleFor(trained(fields))?.kind ?? null

const factorised = { kind: 'matrix-factorisation', width: 2 }
const spred = { kind: 'product', parameters: '*' }
const dcsZero = { kind: 'dcs', constraint: { kind: 'zero' } }

describe('oracleFor', () => {
  const factorisation: Fields = { model: factorised, data: 'low-rank-matrix' }
  test.each<[string, Fields, string | null]>([
    ['the linear model', { model: { kind: 'linear' } }, 'ridge'],
    ['a product of two', {}, 'lasso'],
    ['a product of three', { model: { kind: 'product-linear', depth: 3 } }, null],
    ['the linear model as a product of two', { model: { kind: 'linear' }, reparametrise: [spred] }, 'lasso'],
    ['the linear model as a product of three', { model: { kind: 'linear' }, reparametrise: [{ ...spred, depth: 3 }] }, null],
    ['the linear model with a fixed bias', { model: { kind: 'linear' }, reparametrise: [{ kind: 'syre', std: 0.1 }] }, 'syre'],
    ['the linear model with all of it constrained to zero', { model: { kind: 'linear' }, reparametrise: [dcsZero] }, 'lasso'],
    ['the linear model with all of it behind a gate', { model: { kind: 'linear' }, reparametrise: [{ ...dcsZero, gate: 'group' }] }, null],
    ['the same on few rows', { model: { kind: 'linear' }, data: 'inline', reparametrise: [{ ...dcsZero, gate: 'group' }] }, 'constraint'],
    ['a product of two with a fixed bias', { reparametrise: [{ kind: 'syre', std: 0.1 }] }, null],
    ['a factorised matrix', factorisation, 'matrix-factorisation'],
    ['a factorised matrix on other data', { model: factorised }, null],
    ['a factorised matrix on rows in the study', { model: factorised, data: 'inline' }, 'matrix-factorisation'],
    ['one gate of one output', { model: { ...factorised, width: 1 }, data: { kind: 'inline', y: [[1], [2]] } }, 'group-gate'],
    [
      'one gate of a matrix with one column',
      { model: { ...factorised, width: 1 }, data: { kind: 'low-rank-matrix', columns: 1 } },
      'group-gate',
    ],
    ['one gate of two outputs', { model: { ...factorised, width: 1 }, data: { kind: 'inline', y: [[1, 2]] } }, 'matrix-factorisation'],
    ['one factor UUᵀ', { ...factorisation, model: { ...factorised, form: 'positive-semidefinite' } }, 'symmetric-factorisation'],
    ['the same on other data', { model: { ...factorised, form: 'positive-semidefinite' } }, null],
    ['a tied autoencoder', { model: { kind: 'tied-autoencoder', width: 2 } }, 'tied-autoencoder'],
    ['a product of three on one number', { model: { kind: 'product-linear', depth: 3 }, data: 'scalar' }, 'depth-product'],
    ['a β-VAE under decay', { model: { kind: 'linear-vae' }, loss: { kind: 'energy' } }, null],
    ['a β-VAE', { model: { kind: 'linear-vae' }, loss: { kind: 'energy' }, weightDecay: 0 }, 'linear-vae'],
    ['a self-supervised landscape', { model: { kind: 'self-supervised', width: 2 }, loss: { kind: 'energy' } }, 'self-supervised'],
    ['the same under squares', { model: { kind: 'self-supervised', width: 2 } }, null],
    [
      'the same under AdamW',
      { model: { kind: 'self-supervised', width: 2 }, loss: { kind: 'energy' }, optimiser: { kind: 'adamw' } },
      null,
    ],
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
    ['a decay of its own for one factor', { groups: [{ parameters: 'u', weightDecay: 0.2 }] }, true],
    ['a decay of one factor alone', { groups: [{ parameters: 'u', weightDecay: 0 }] }, false],
    ['a decay that is none for both', { groups: [{ parameters: '*', weightDecay: 0 }] }, true],
    [
      'AdamW with a decay of one factor',
      { optimiser: { kind: 'adamw' }, weightDecay: 0, groups: [{ parameters: 'u', weightDecay: 0.1 }] },
      false,
    ],
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
  test('every oracle has a title under its number', () => {
    const numbers = ['E1', '8.2', '8.3', '8.4', '8.5', '8.10', '8.12', '8.15', '8.16', '8.18', '8.19']
    expect(numbers.filter((number) => oracleTitle(number) === null)).toEqual([])
  })
})

describe('meanOracleFor', () => {
  const noisy: Fields = { data: 'scalar', noise: { label: labelNoise.parse({ kind: 'gaussian', std: 2 }) } }
  test.each<[string, Fields, string | null]>([
    ['label noise on one number', noisy, 'noise-decay'],
    ['no noise', { data: 'scalar' }, null],
    ['label noise on many numbers', { ...noisy, data: 'sparse-linear' }, null],
    ['noise on the gradient', { data: 'scalar', noise: { gradient: gradientNoise.parse({ kind: 'isotropic', std: 0.1 }) } }, null],
    ['momentum', { ...noisy, optimiser: { momentum: 0.9 } }, 'noise-decay'],
    ["Nesterov's momentum", { ...noisy, optimiser: { momentum: 0.9, nesterov: true } }, null],
    ['Adam', { ...noisy, optimiser: { kind: 'adam' } }, null],
    ['a clipped gradient', { ...noisy, optimiser: { clip: { norm: 1 } } }, null],
    ['a falling learning rate', { ...noisy, optimiser: { schedule: { kind: 'cosine' } } }, null],
    ['a warm-up', { ...noisy, optimiser: { schedule: { kind: 'constant', warmUp: 10 } } }, null],
    ['a linear model', { ...noisy, model: { kind: 'linear' } }, null],
    ['a task that changes', { ...noisy, tasks: [{}] }, null],
    ['unequal decays', { ...noisy, groups: [{ parameters: 'u', weightDecay: 0.2 }] }, null],
  ])('under %s', (_, fields, expected) => {
    expect(meanOracleFor(trained(fields))?.kind ?? null).toBe(expected)
    if (expected !== null) expect(oracleFor(trained(fields))).toBeNull() // no run ends there
  })
})

describe('decays', () => {
  const own = trained({
    groups: [
      { parameters: 'u', weightDecay: 0.3 },
      { parameters: 'w,other', weightDecay: 1.2 },
    ],
  })
  test('the last group that names a parameter counts', () => {
    expect(decaysOf(own, ['u', 'w', 'free'])).toEqual([0.3, 1.2, 0.1])
    const twice = trained({
      groups: [
        { parameters: '*', weightDecay: 1 },
        { parameters: 'u', weightDecay: 0.2 },
      ],
    })
    expect(decaysOf(twice, ['u', 'w'])).toEqual([0.2, 1])
  })
  test('11.3: beside the step they are (1 − μ)γ under momentum, and none under AdamW', () => {
    expect(decaysOf(trained({ weightDecay: 0.2, optimiser: { decoupled: true, momentum: 0.9 } }), ['u'])).toBeAllclose([0.02])
    expect(decaysOf(trained({ optimiser: { kind: 'adamw' } }), ['u'])).toEqual([Number.NaN])
  })
  test('of factors: the geometric mean, NaN where one has none', () => {
    expect(productDecay(own, ['u', 'w'])).toBeAllclose(0.6) // √(.3 · 1.2)
    expect(productDecay(trained({ groups: [{ parameters: 'a', weightDecay: 0.8 }] }), ['a', 'u', 'w'])).toBeAllclose(0.2) // ∛(.8 · .1 · .1)
    expect(productDecay(trained({ groups: [{ parameters: 'u', weightDecay: 0 }] }), ['u', 'w'])).toBeNaN()
    expect(productDecay(trained({ weightDecay: 0 }), ['u', 'w'])).toBe(0)
    expect(commonDecay(own, ['u', 'w'])).toBeNaN()
    expect(commonDecay(trained(), ['u', 'w'])).toBe(0.1)
    expect(meanSquareDecay(own, 8)).toBeNaN()
  })
  test('a product dies at γ − c under one decay, and not at all at c = √(γ_uγ_w)', () => {
    expect(dyingRate([0.5, 0.5], 0.2)).toBeAllclose(0.3)
    expect(dyingRate([0.3, 1.2], 0.6)).toBeAllclose(0, { absolute: 1e-15 })
    // a small pull: the slow factor u falls as e^{−2ηγ_u t} and w follows it
    expect(dyingRate([0.3, 1.2], 1e-9)).toBeAllclose(0.3)
  })
  test('a closed form that refuses is unknown, a bug stays one', () => {
    expect([...orUnknown(2, () => lassoOfNothing())]).toEqual([Number.NaN, Number.NaN])
    const bug = () => orUnknown(1, () => { throw new TypeError('bug') }) // prettier-ignore
    expect(bug).toThrow(TypeError)
  })
})

function lassoOfNothing(): Float64Array {
  return lasso({ x: matrix([[0], [0]]), y: Float64Array.of(1, 2) }, 0.1) // a zero column is refused
}

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
