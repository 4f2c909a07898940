import { describe, expect, test } from 'vitest'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { settingsOf } from '../kind.ts'
import { activations } from './activations.ts'
import { coefficientNames, type ModelKind } from './model.ts'
import { multiplicationsOf } from './multiplications.ts'
import { factorNames } from './productLinear.ts'
import { modelKinds } from './registry.ts'

expect.extend({ toBeAllclose })

const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 })
const parse = settingsOf(modelKinds)
const bound = (settings: object) => {
  const parsed = parse.parse(settings)
  const kind: ModelKind = modelKinds[parsed.kind] // its functions take the settings of its own kind, which these are
  return { kind, parsed }
}
const parameters = (settings: object, inputs: number, outputs: number) => {
  const { kind, parsed } = bound(settings)
  return kind.parameters(parsed, { inputs, outputs }).map(({ name, shape }) => `${name} ${shape.join('×')}`)
}
const start = (settings: object, [inputs, outputs]: readonly [number, number], from = key) => {
  const { kind, parsed } = bound(settings)
  return kind.init(parsed, { inputs, outputs }, from)
}
const moments = (values: Float64Array) => ({
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  variance: values.reduce((sum, value) => sum + value ** 2, 0) / values.length,
})
/** Four standard errors: s/√n of the mean, s²√(2/n) of the variance. */
function expectNormal(values: Float64Array | undefined, std: number): void {
  const { mean, variance } = moments(values ?? new Float64Array())
  const n = values?.length ?? 0
  expect(Math.abs(mean)).toBeLessThan((4 * std) / Math.sqrt(n))
  expect(Math.abs(variance - std ** 2)).toBeLessThan(4 * std ** 2 * Math.sqrt(2 / n))
}

describe('parameters', () => {
  test.each<[object, [number, number], string[]]>([
    [{ kind: 'linear' }, [3, 2], ['v 3×2']],
    [{ kind: 'product-linear' }, [3, 2], ['u 3×2', 'w 3×2']],
    [{ kind: 'product-linear', depth: 3 }, [5, 1], ['u1 5×1', 'u2 5×1', 'u3 5×1']],
    [{ kind: 'matrix-factorisation', width: 2 }, [4, 3], ['u 4×2', 'v 2×3']],
    [{ kind: 'matrix-factorisation', width: 2, form: 'positive-semidefinite' }, [4, 4], ['u 4×2']],
    [{ kind: 'perceptron', widths: [4] }, [3, 2], ['layer1.weight 3×4', 'layer1.bias 4', 'layer2.weight 4×2', 'layer2.bias 2']],
    [{ kind: 'perceptron', widths: [4, 5], biases: false }, [3, 1], ['layer1.weight 3×4', 'layer2.weight 4×5', 'layer3.weight 5×1']],
    [
      { kind: 'convolutional', channels: [4, 6], widths: [5] },
      [64, 3],
      [
        'conv1.weight 3×3×1×4',
        'conv1.bias 4',
        'conv2.weight 3×3×4×6',
        'conv2.bias 6',
        'layer1.weight 24×5',
        'layer1.bias 5',
        'layer2.weight 5×3',
        'layer2.bias 3',
      ],
    ],
    [{ kind: 'convolutional', channels: [4], biases: false, pooling: 'none' }, [27, 2], ['conv1.weight 3×3×3×4', 'layer1.weight 36×2']],
    [
      {
        kind: 'convolutional',
        image: [7, 9, 1],
        channels: [2, 2],
        kernel: [3, 2],
        stride: [2, 1],
        padding: 'valid',
        pooling: 'none',
        biases: false,
      },
      [63, 1],
      ['conv1.weight 3×3×1×2', 'conv2.weight 2×2×2×2', 'layer1.weight 12×1'],
    ],
    [
      { kind: 'convolutional', image: [7, 9, 1], channels: [2], stride: 2, pooling: 'average', biases: false },
      [63, 1],
      ['conv1.weight 3×3×1×2', 'layer1.weight 8×1'],
    ],
    [{ kind: 'tied-autoencoder', width: 2 }, [3, 3], ['w 3×2']],
    [{ kind: 'linear-vae' }, [3, 1], ['u 3', 'w 3', 'logVariance 3']],
    [{ kind: 'self-supervised', width: 2 }, [3, 1], ['w 2×3']],
  ])('of %j for sizes %j are %j', (settings, [inputs, outputs], expected) =>
    expect(parameters(settings, inputs, outputs)).toEqual(expected),
  )
  test.each<[object, string]>([
    [{ kind: 'matrix-factorisation', width: 2, form: 'positive-semidefinite' }, 'model.form: expected as many outputs as inputs for positive-semidefinite, got 3 outputs of 4 inputs'],
    [{ kind: 'tied-autoencoder', width: 2 }, 'model: expected as many outputs as inputs for an autoencoder, got 3 of 4'],
  ])('of %j are refused for other outputs than inputs', (settings, sentence) => expect(() => parameters(settings, 4, 3)).toThrow(sentence)) // prettier-ignore
  test.each<[object, number, string]>([
    [{ channels: [2] }, 12 * 2, 'model.image: expected height, width and channels, since 24 columns of x are no square image of one channel or three, got nothing'],
    [{ channels: [2], image: [2, 3, 4] }, 25, 'model.image: expected height × width × channels to be the 25 columns of x, got 2 × 3 × 4'],
    [{ channels: [2, 2, 2] }, 16, 'model.image: expected images that layer 3 of 3 can halve and convolve, got 1 × 1 places in front of it'],
    [{ channels: [2], kernel: 5, padding: 'valid', pooling: 'none' }, 16, 'model.image: expected images that layer 1 of 1 can halve and convolve, got 4 × 4 places in front of it'],
    [{ channels: [2, 2], kernel: [3] }, 64, 'model.kernel: expected one number or one for each of 2 layers, got [3]'],
    [{ channels: [2], stride: [1, 2] }, 64, 'model.stride: expected one number or one for each of 1 layers, got [1,2]'],
  ])('of a convolutional network %j on %d columns are refused', (settings, columns, sentence) => expect(() => parameters({ kind: 'convolutional', ...settings }, columns, 3)).toThrow(sentence)) // prettier-ignore
  test.each([
    { kind: 'product-linear', depth: 1 },
    { kind: 'product-linear', depth: 2.5 },
    { kind: 'product-linear', depth: 17 },
    { kind: 'linear', init: { std: -1 } },
    { kind: 'linear', init: { std: Number.NaN } },
    { kind: 'linear', width: 3 },
    { kind: 'matrix-factorisation' },
    { kind: 'matrix-factorisation', width: 0 },
    { kind: 'perceptron', widths: [] },
    { kind: 'perceptron', widths: [0] },
    { kind: 'perceptron', widths: [4], activation: 'sigmoid' },
    { kind: 'convolutional' },
    { kind: 'convolutional', channels: [] },
    { kind: 'convolutional', channels: [0] },
    { kind: 'convolutional', channels: [2], kernel: 0 },
    { kind: 'convolutional', channels: [2], kernel: [] },
    { kind: 'convolutional', channels: [2], stride: 1.5 },
    { kind: 'convolutional', channels: [2], pooling: 'sum' },
    { kind: 'convolutional', channels: [2], padding: 1 },
    { kind: 'convolutional', channels: [2], image: [28, 28] },
    { kind: 'linear-vae', beta: 0 },
    { kind: 'linear-vae', noise: -1 },
    { kind: 'self-supervised', width: 1.5 },
    { kind: 'transformer' },
  ])('%j is refused', (settings) => expect(parse.safeParse(settings).success).toBe(false))
  test('runs that differ in their start alone are of one shape', () => {
    const shape = (settings: object) => {
      const { kind, parsed } = bound(settings)
      return kind.shapeOf(parsed)
    }
    for (const settings of [
      { kind: 'linear' },
      { kind: 'product-linear' },
      { kind: 'matrix-factorisation', width: 2 },
      { kind: 'linear-vae' },
    ])
      expect(shape({ ...settings, init: { std: 3 } })).toEqual(shape(settings))
    expect(shape({ kind: 'perceptron', widths: [2], init: { scale: 3 } })).toEqual(shape({ kind: 'perceptron', widths: [2] }))
    expect(shape({ kind: 'convolutional', channels: [2], init: { scale: 3 } })).toEqual(shape({ kind: 'convolutional', channels: [2] }))
    for (const other of [
      { channels: [3] },
      { kernel: 5 },
      { stride: 2 },
      { pooling: 'none' },
      { padding: 'valid' },
      { image: [2, 2, 1] },
      { biases: false },
    ])
      expect(shape({ kind: 'convolutional', channels: [2], ...other })).not.toEqual(shape({ kind: 'convolutional', channels: [2] }))
    expect(shape({ kind: 'perceptron', widths: [2] })).not.toEqual(shape({ kind: 'perceptron', widths: [3] }))
  })
})

describe('multiplications of a row', () => {
  test.each<[object, [number, number], number]>([
    [{ kind: 'linear' }, [3, 2], 6],
    [{ kind: 'product-linear', depth: 3 }, [3, 2], 6], // of the coefficients
    [{ kind: 'perceptron', widths: [4], biases: false }, [3, 2], 3 * 4 + 4 * 2],
    // every one of 8 × 8 places meets 9 weights of 4 filters; then 4 × 4 places 9 · 4 of 6; then 2 · 2 · 6 numbers 3 outputs
    [{ kind: 'convolutional', channels: [4, 6] }, [64, 3], 64 * 9 * 4 + 16 * 9 * 4 * 6 + 24 * 3],
    [{ kind: 'convolutional', channels: [4], stride: 2, pooling: 'none', widths: [5] }, [64, 3], 16 * 9 * 4 + 64 * 5 + 5 * 3],
  ])('of %j for sizes %j are %d', (settings, [inputs, outputs], expected) => {
    const { kind, parsed } = bound(settings)
    expect(multiplicationsOf(kind, parsed, { inputs, outputs })).toBe(expected)
  })
})

describe('names', () => {
  test('of two factors are u and w, of more u1 … uD', () => {
    expect(factorNames(2)).toEqual(['u', 'w'])
    expect(factorNames(4)).toEqual(['u1', 'u2', 'u3', 'u4'])
  })
  test('of coefficients are their features, with the target where there are several', () => {
    expect(coefficientNames(['a', 'b'], ['y'])).toEqual(['a', 'b'])
    expect(coefficientNames(['a', 'b'], ['y1', 'y2'])).toEqual(['a→y1', 'a→y2', 'b→y1', 'b→y2']) // row by row, as the weight is stored
    expect(coefficientNames([], ['y1', 'y2'])).toEqual([])
  })
  test('of layers of neurons say what they are between and how they bend', () => {
    const { kind, parsed } = bound({ kind: 'perceptron', widths: [4, 3], activation: 'relu', biases: false })
    expect(kind.neurons(parsed)).toEqual([
      { name: 'layer1', incoming: 'layer1.weight', bias: null, outgoing: 'layer2.weight', activation: 'homogeneous' },
      { name: 'layer2', incoming: 'layer2.weight', bias: null, outgoing: 'layer3.weight', activation: 'homogeneous' },
    ])
    expect(Object.entries(activations).map(([name, { symmetry }]) => [name, symmetry])).toEqual([['tanh', 'odd'], ['relu', 'homogeneous'], ['gelu', 'other'], ['identity', 'linear']]) // prettier-ignore
  })
  test('formulas say their settings', () => {
    const formula = (settings: object) => {
      const { kind, parsed } = bound(settings)
      return kind.formula(parsed)
    }
    expect(formula({ kind: 'product-linear', depth: 3 })).toBe('(u_1 \\odot \\cdots \\odot u_{3})^\\top x')
    expect(formula({ kind: 'perceptron', widths: [4, 4], activation: 'relu', biases: false })).toBe('\\operatorname{relu}\\left(\\operatorname{relu}\\left(xW_{1}\\right)W_{2}\\right)W_{3}') // prettier-ignore
    expect(formula({ kind: 'convolutional', channels: [4, 4], biases: false })).toBe('\\operatorname{flat}\\left(\\operatorname{maxpool}\\operatorname{relu}\\left(\\operatorname{maxpool}\\operatorname{relu}\\left(x * K_{1}\\right) * K_{2}\\right)\\right)W_{1}') // prettier-ignore
    expect(formula({ kind: 'convolutional', channels: [4], pooling: 'none', activation: 'tanh' })).toBe('\\operatorname{flat}\\left(\\tanh\\left(x * K_{1} + c_{1}\\right)\\right)W_{1} + b_{1}') // prettier-ignore
    expect(formula({ kind: 'matrix-factorisation', width: 2, form: 'positive-semidefinite' })).toBe('x\\,UU^\\top')
  })
})

describe('initial values', () => {
  test.each<[object, string[]]>([
    [{ kind: 'linear', init: { std: 0.3 } }, ['v']],
    [{ kind: 'product-linear', depth: 3, init: { std: 0.3 } }, ['u1', 'u2', 'u3']],
    [{ kind: 'matrix-factorisation', width: 50, init: { std: 0.3 } }, ['u', 'v']],
    [{ kind: 'tied-autoencoder', width: 50, init: { std: 0.3 } }, ['w']],
    [{ kind: 'self-supervised', width: 50, init: { std: 0.3 } }, ['w']],
  ])('of %j are normal with mean 0 and the asked deviation', (settings, names) => {
    const values = start(settings, [80, 80])
    expect(Object.keys(values)).toEqual(names)
    for (const name of names) expectNormal(values[name], 0.3)
  })
  test('of a linear VAE have posterior variances of 1', () => {
    const { u, w, logVariance } = start({ kind: 'linear-vae', init: { std: 2 } }, [4000, 1])
    expectNormal(u, 2)
    expectNormal(w, 2)
    expect(new Set(logVariance)).toEqual(new Set([0]))
  })
  test('of a perceptron have the deviation gain/√inputs in every layer, and biases of 0', () => {
    for (const [activation, gain] of [
      ['tanh', 1],
      ['relu', Math.SQRT2],
      ['gelu', Math.SQRT2],
      ['identity', 1],
    ] as const) {
      // prettier-ignore
      const values = start({ kind: 'perceptron', widths: [80], activation }, [50, 60])
      expectNormal(values['layer1.weight'], gain / Math.sqrt(50))
      expectNormal(values['layer2.weight'], gain / Math.sqrt(80))
      expect(new Set(values['layer1.bias'])).toEqual(new Set([0]))
    }
    expectNormal(start({ kind: 'perceptron', widths: [80], init: { scale: 3 } }, [50, 60])['layer2.weight'], 3 / Math.sqrt(80))
  })
  test('of a convolutional network have the deviation gain/√(kernel² · channels) in its filters, and a perceptron behind them', () => {
    const values = start({ kind: 'convolutional', channels: [40, 50], kernel: [5, 3], widths: [30] }, [8 * 8, 60])
    expectNormal(values['conv1.weight'], Math.SQRT2 / 5)
    expectNormal(values['conv2.weight'], Math.SQRT2 / Math.sqrt(9 * 40))
    expectNormal(values['layer1.weight'], Math.SQRT2 / Math.sqrt(2 * 2 * 50))
    expect(new Set(values['conv2.bias'])).toEqual(new Set([0]))
    expectNormal(start({ kind: 'convolutional', channels: [40, 50], init: { scale: 3 } }, [64, 2])['conv2.weight'], 3 / Math.sqrt(9 * 40))
  })
  test('around the identity are the identity beside the same numbers', () => {
    const around = (base: string) => start({ kind: 'matrix-factorisation', width: 3, init: { std: 0.1, around: base } }, [3, 2])
    const [zero, one] = [around('zero'), around('identity')]
    expect(one['u']).toEqual(zero['u']?.map((value, i) => (i % 4 === 0 ? 1 + value : value))) // 3 × 3
    expect(one['v']).toEqual(zero['v']?.map((value, i) => (i === 0 || i === 3 ? 1 + value : value))) // 3 × 2
  })
  test('are proportional to their deviation, 0 included', () => {
    const [one, two, none] = [0.5, 1, 0].map((std) => start({ kind: 'product-linear', init: { std } }, [4, 1])['u'])
    expect(one?.map((value) => 2 * value)).toEqual(two) // a power of two rounds nothing
    expect(none).toBeAllclose([0, 0, 0, 0])
  })
  test('differ from factor to factor, and from key to key', () => {
    const { u, w } = start({ kind: 'product-linear' }, [4, 1])
    expect(u).not.toEqual(w) // u = w would stay so for ever
    expect(start({ kind: 'product-linear' }, [4, 1], split(key, 'other'))['u']).not.toEqual(u)
  })
})
