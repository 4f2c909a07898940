/** Planted symmetries: of every model all mirrors are found, by kind, place and number, and none that is not there. */
import { describe, expect, test } from 'vitest'
import { split } from '#core/numerics/random/key.ts'
import { familiesOf, mirrorsOf } from '#core/symmetry/symmetries/registry.ts'
import { networkKey as key, networkOf, parseModel, type Planted } from './fixtures/networks.ts'
import { examineCandidates, findMirrors, type FoundMirrors } from './findMirrors.ts'
import { sampleLosses } from './network.ts'

type Options = { most?: number; rows?: number }
/** What is found, once for each network that several tests look at. */
const found = new Map<Planted, readonly FoundMirrors[]>()
function search(planted: Planted, options: Options = {}): readonly FoundMirrors[] {
  const known =
    (options.most === undefined ? found.get(planted) : undefined) ??
    findMirrors({ network: networkOf(planted), key: split(key, 'search'), ...options })
  if (options.most === undefined) found.set(planted, known)
  return known
}
/** kind at place: number of mirrors found of those there could be, and their rank. */
const foundIn = (planted: Planted, options: Options = {}) =>
  Object.fromEntries(
    search(planted, options).map(({ reflection, place, mirrors, candidates, rank }) => [
      `${reflection} ${place.name}`,
      `${mirrors.length}/${candidates} of rank ${rank}`,
    ]),
  )

const all = { kind: 'perceptron', widths: [4] } as const
const convolutional = (settings: object) => ({ kind: 'convolutional', ...settings })
const linearUnits = (place: string, units: number, rank: number) => ({
  [`flip ${place}`]: `${units}/${units} of rank ${rank}`,
  [`swap ${place}`]: `${(units * (units - 1)) / 2}/${(units * (units - 1)) / 2} of rank ${rank}`,
  [`negated-swap ${place}`]: `${(units * (units - 1)) / 2}/${(units * (units - 1)) / 2} of rank ${rank}`,
  [`rotation ${place}`]: `3/3 of rank ${rank}`,
})
const pairs = (place: string, count: number) => ({
  [`flip ${place}`]: `${count}/${count} of rank 2`,
  [`exchange ${place}`]: `${count}/${count} of rank 1`,
  [`negated-exchange ${place}`]: `${count}/${count} of rank 1`,
})

type Case = [string, Planted, Readonly<Record<string, string>>, Options?]
const planted: Case[] = [
  ['nothing: a linear model', { model: { kind: 'linear' } }, {}],
  ['rescaling of pairs: u⊙w, six coefficients', { model: { kind: 'product-linear' } }, pairs('u⊙w', 6)],
  [
    'rescaling of three factors: each pair of them',
    { model: { kind: 'product-linear', depth: 3 }, size: [2, 1] },
    { ...pairs('u1⊙u2', 2), ...pairs('u1⊙u3', 2), ...pairs('u2⊙u3', 2) },
  ],
  ['double rotation: UV', { model: { kind: 'matrix-factorisation', width: 3 } }, linearUnits('inner', 3, 5)],
  [
    'single rotation: UUᵀ, square, so that columns are not rows',
    { model: { kind: 'matrix-factorisation', width: 3, form: 'positive-semidefinite' }, size: [3, 3] },
    linearUnits('columns of u', 3, 3),
  ],
  [
    'single rotation: a tied autoencoder',
    { model: { kind: 'tied-autoencoder', width: 2 }, size: [3, 3] },
    linearUnits('columns of w', 2, 3),
  ],
  [
    'rotation of rows, and a flip of each column: the self-supervised landscape',
    { model: { kind: 'self-supervised', width: 2 }, loss: { kind: 'energy' }, size: [3, 3] },
    { 'flip columns of w': '3/3 of rank 2', ...linearUnits('rows of w', 2, 3) },
    { rows: 2 },
  ],
  [
    'sign flip of pairs: a linear β-VAE',
    { model: { kind: 'linear-vae' }, loss: { kind: 'energy' }, size: [3, 3] },
    { 'flip u⊙w': '3/3 of rank 2' },
  ],
  [
    'permutation and sign flip: tanh',
    { model: all },
    { 'flip layer1': '4/4 of rank 6', 'swap layer1': '6/6 of rank 6', 'negated-swap layer1': '6/6 of rank 6' },
  ],
  ['permutation alone: gelu', { model: { ...all, activation: 'gelu' } }, { 'swap layer1': '6/6 of rank 6' }],
  [
    'of the loss: cross-entropy does not see what all logits have in common',
    { model: { ...all, activation: 'gelu' }, loss: { kind: 'cross-entropy' }, size: [3, 3] },
    { 'swap layer1': '6/6 of rank 7', 'mean columns of layer2.weight': '1/1 of rank 4', 'mean columns of layer2.bias': '1/1 of rank 1' },
  ],
  ['permutation alone: relu, for ρ > 0 has no mirror', { model: { ...all, activation: 'relu' } }, { 'swap layer1': '6/6 of rank 6' }],
  [
    'mixed: two layers of tanh, widths that agree',
    { model: { kind: 'perceptron', widths: [3, 3] }, size: [3, 3] },
    {
      'flip layer1': '3/3 of rank 7',
      'swap layer1': '3/3 of rank 7',
      'negated-swap layer1': '3/3 of rank 7',
      'flip layer2': '3/3 of rank 7',
      'swap layer2': '3/3 of rank 7',
      'negated-swap layer2': '3/3 of rank 7',
    },
  ],
  [
    'mixed: linear layers with biases turn with their biases',
    { model: { kind: 'perceptron', widths: [3, 2], activation: 'identity' } },
    { ...linearUnits('layer1', 3, 6), ...linearUnits('layer2', 2, 6) },
  ],
  [
    'planted by a reparametrisation: products in a linear model',
    { model: { kind: 'linear' }, reparametrise: [{ kind: 'product', parameters: 'v' }], size: [3, 1] },
    pairs('v/u⊙v/w', 3),
  ],
  [
    'planted by a reparametrisation: a low-rank layer inside tanh',
    {
      model: { kind: 'perceptron', widths: [4], biases: false },
      reparametrise: [{ kind: 'low-rank', parameters: 'layer1.weight', width: 2 }],
    },
    {
      'flip layer1': '4/4 of rank 4',
      'swap layer1': '6/6 of rank 4',
      'negated-swap layer1': '6/6 of rank 4',
      ...linearUnits('layer1.weight/u·layer1.weight/v', 2, 7),
    },
  ],
  [
    'permutation of channels: relu and a maximum, read at four places by a dense layer',
    { model: convolutional({ channels: [3] }), size: [16, 2] },
    { 'swap conv1': '3/3 of rank 18' }, // 9 taps, a bias, 4 · 2 weights
  ],
  [
    'permutation of channels: filter behind filter, neurons behind them',
    { model: convolutional({ image: [4, 5, 2], channels: [2, 3], kernel: [3, 2], widths: [2] }), size: [40, 2] },
    { 'swap conv1': '1/1 of rank 31', 'swap conv2': '3/3 of rank 11', 'swap layer1': '1/1 of rank 6' },
  ],
  [
    'permutation and sign flip of channels: tanh and a mean',
    { model: convolutional({ channels: [2, 2], activation: 'tanh', pooling: 'average' }), size: [16, 2] },
    {
      'flip conv1': '2/2 of rank 28',
      'swap conv1': '1/1 of rank 28',
      'negated-swap conv1': '1/1 of rank 28',
      'flip conv2': '2/2 of rank 21',
      'swap conv2': '1/1 of rank 21',
      'negated-swap conv2': '1/1 of rank 21',
    },
  ],
  [
    'permutation of channels alone: a maximum is not odd',
    { model: convolutional({ channels: [2], activation: 'tanh' }), size: [16, 2] },
    { 'swap conv1': '1/1 of rank 18' },
  ],
  [
    'rotation of channels: linear, strided',
    { model: convolutional({ channels: [3, 2], kernel: 2, stride: [2, 1], pooling: 'none', activation: 'identity' }), size: [16, 2] },
    { ...linearUnits('conv1', 3, 13), ...linearUnits('conv2', 2, 21) },
  ],
  [
    'taken away: channels with a random bias on every parameter',
    { model: convolutional({ channels: [2] }), reparametrise: [{ kind: 'syre', parameters: '*', std: 0.1 }], size: [16, 2] },
    {},
  ],
  [
    'taken away: UV with residual connections',
    { model: { kind: 'matrix-factorisation', width: 3 }, reparametrise: [{ kind: 'residual', parameters: '*' }], size: [3, 3] },
    {},
  ],
  [
    'taken away: tanh with a random bias on every parameter',
    { model: all, reparametrise: [{ kind: 'syre', parameters: '*', std: 0.1 }] },
    {},
  ],
  [
    'taken away: tanh with a mask of its own for every neuron',
    {
      model: { ...all, biases: false },
      reparametrise: [{ kind: 'asymmetric-mask', parameters: 'layer1.weight', fixed: 0.5 }],
      size: [8, 2],
    },
    {},
  ],
]

describe('findMirrors', () => {
  test.each(planted)('%s', (_, given, expected, options) => {
    expect(foundIn(given, options)).toEqual(expected)
  })
  test('the error of what it accepts is that of rounding', () => {
    for (const [, given, , options] of planted) for (const { error } of search(given, options)) expect(error).toBeLessThan(1e-12)
  })
  test('says what the registry says, where a model is trained as it is', () => {
    for (const [, given, , options] of planted.filter(
      ([, { reparametrise, loss }]) => reparametrise === undefined && loss?.kind !== 'cross-entropy',
    )) {
      const network = networkOf(given)
      const settings = parseModel.parse(given.model)
      const found = search(given, options)
      const entriesOf = (mirrors: readonly { entries: readonly { parameter: string; index: number }[] }[]) =>
        new Set(mirrors.map(({ entries }) => entries.map(({ parameter, index }) => `${parameter} ${index}`).sort().join())) // prettier-ignore
      const [here, there] = [entriesOf(found.flatMap(({ mirrors }) => mirrors)), entriesOf(mirrorsOf(settings, network.size))]
      for (const mirror of there) expect(here.has(mirror), mirror).toBe(true)
      const rotations = familiesOf(settings).filter(({ kind }) => kind === 'rotation')
      expect(found.filter(({ reflection }) => reflection === 'rotation')).toHaveLength(rotations.length)
      if (rotations.length === 0) expect(here).toEqual(there)
    }
  })
  test('channels whose readers the registry cannot count, without widths and biases', () => {
    const plain = convolutional({ channels: [3], biases: false, pooling: 'average' })
    expect(foundIn({ model: plain, size: [16, 2] })).toEqual({ 'swap conv1': '3/3 of rank 17' })
  })
  test('does not depend on the draws', () => {
    const network = networkOf({ model: all })
    const of = (purpose: string) => findMirrors({ network, key: split(key, purpose) }).map(({ mirrors }) => mirrors.map(({ name }) => name))
    expect(of('one')).toEqual(of('another'))
  })
  test('32 neurons: 496 pairs in one group, or a sample of them where it is told so', () => {
    const wide: Planted = { model: { kind: 'perceptron', widths: [32], activation: 'gelu' }, size: [2, 1] }
    expect(foundIn(wide)).toEqual({ 'swap layer1': '496/496 of rank 4' })
    expect(foundIn(wide, { most: 50 })).toEqual({ 'swap layer1': '50/496 of rank 4' })
  })
  test('a neuron of relu that is off for every sample by chance is no mirror', () => {
    const network = networkOf({ model: { kind: 'perceptron', widths: [2, 40], activation: 'relu' } })
    for (let i = 0; i < 4; i += 1) {
      const found = findMirrors({ network, key: split(key, `chance ${i}`) }).map(({ reflection, place }) => `${reflection} ${place.name}`)
      expect(found).toEqual(['swap layer1', 'swap layer2'])
    }
  })
  test.each(['draws', 'most', 'rows'])('%s of 0 is refused', (option) => {
    expect(() => findMirrors({ network: networkOf({ model: all }), key, [option]: 0 })).toThrow(
      `findMirrors: ${option}: expected a whole number ≥ 1`,
    )
  })
})

describe('examineCandidates', () => {
  const rejectedIn = (planted: Planted) =>
    [...examineCandidates({ network: networkOf(planted), key: split(key, 'search') })].flatMap(({ rejected, found }) =>
      rejected === null ? [] : [{ ...rejected, kept: found?.mirrors.length ?? 0 }],
    )
  test('tells what is rejected, and how far it is from a mirror', () => {
    const reflections = rejectedIn({ model: { ...all, activation: 'gelu' } }).filter(({ place }) => place.isLayer)
    expect(reflections.map(({ reflection, rejected, checked }) => [reflection, rejected, checked])).toEqual([
      ['flip', 4, 4],
      ['negated-swap', 6, 6],
      ['rotation', 3, 3],
      ['mean', 1, 1],
    ])
    for (const { least, largest } of reflections) {
      expect(least).toBeGreaterThan(1e-6) // no symmetry is off by far more than rounding
      expect(largest).toBeGreaterThanOrEqual(least)
      expect(largest).toBeLessThan(1e3)
    }
  })
  test('the size of what breaks a symmetry is the size of the change', () => {
    const of = (std: number) =>
      rejectedIn({ model: all, reparametrise: [{ kind: 'syre', parameters: '*', std }] }).find(
        ({ reflection, place }) => reflection === 'swap' && place.name === 'layer1',
      )?.largest ?? Number.NaN
    // linear in a small bias: the same draws, ten times smaller
    expect(of(1e-4) / of(1e-5)).toBeCloseTo(10, 1)
  })
  test('a mask on some neurons rejects them, and keeps the others', () => {
    const network = networkOf({
      model: { kind: 'perceptron', widths: [6], biases: false },
      reparametrise: [{ kind: 'asymmetric-mask', parameters: 'layer1.weight', fixed: 0.5 }],
      size: [1, 2], // a weight for each neuron, so that each is free or frozen
    })
    const free = [...(network.constants['layer1.weight/mask'] ?? [])].flatMap((value, i) => (value === 1 ? [i] : []))
    expect(free.length).toBeGreaterThan(1)
    expect(free.length).toBeLessThan(6)
    const pairs = (count: number) => (count * (count - 1)) / 2
    const at = [...examineCandidates({ network, key: split(key, 'search') })].filter(({ place }) => place.isLayer)
    const counted = Object.fromEntries(
      at.map(({ reflection, found, rejected }) => [reflection, [found?.mirrors.length ?? 0, rejected?.rejected]]),
    )
    expect(counted).toMatchObject({
      flip: [free.length, 6 - free.length],
      swap: [pairs(free.length), pairs(6) - pairs(free.length)],
      'negated-swap': [pairs(free.length), pairs(6) - pairs(free.length)],
    })
  })
})

describe('sampleLosses', () => {
  test('is the loss of each sample alone, point by point', () => {
    // f = v x: losses (v x − y)²
    const network = networkOf({ model: { kind: 'linear' }, size: [1, 1] })
    const matrix = (values: readonly number[]) => ({ rows: values.length, columns: 1, values: Float64Array.from(values) })
    const rows = { x: matrix([1, 2]), y: matrix([1, -1]) }
    expect([...sampleLosses(network, [{ v: Float64Array.of(2) }, { v: Float64Array.of(0) }], rows)]).toEqual([1, 25, 1, 1])
    expect([...sampleLosses(network, [], rows)]).toEqual([])
  })
})
