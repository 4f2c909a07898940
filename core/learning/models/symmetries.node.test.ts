/** What changes no output, sample by sample: the symmetries that each model's head comment claims, in float64. */
import { beforeAll, describe, expect, test } from 'vitest'
import { inFloat64 } from '#core/engines/float64/float64.ts'
import { inScope } from '#core/engines/ops.ts'
import { startEngine } from '#core/engines/registry.ts'
import { settingsOf } from '#core/learning/kind.ts'
import { qr } from '#core/numerics/linalg/qr.ts'
import { dataTensor, numbers, stackedValues } from '#core/testing/models/gradients.ts'
import { activate, at, entry, total, upTo, type Values } from '#core/testing/reference/models.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { activations, type ActivationName } from './activations.ts'
import type { ModelKind } from './model.ts'
import { modelKinds } from './registry.ts'

expect.extend({ toBeAllclose })

const parse = settingsOf(modelKinds)

function setUp(settings: object, { inputs = 3, outputs = 2, x = upTo(6, (i) => numbers(`x/${i}`, inputs)) } = {}) {
  const parsed = parse.parse(settings)
  const kind: ModelKind = modelKinds[parsed.kind] // its functions take the settings of its own kind, which these are
  const shapes = kind.parameters(parsed, { inputs, outputs })
  const drawn = (name: string, count: number) => numbers(name, count).map((z) => (name.endsWith('.bias') ? Math.abs(z) : z)) // positive: relu leaves neurons alive
  const theta: Values = Object.fromEntries(
    shapes.map(({ name, shape }) => [
      name,
      drawn(
        name,
        shape.reduce((product, n) => product * n, 1),
      ),
    ]),
  )
  const outputsAt = (values: Values) =>
    inFloat64(() => Float64Array.from(kind.apply(parsed, stackedValues(shapes, [values]), dataTensor([x])).dataSync()))
  return { theta, outputsAt }
}

type Set = ReturnType<typeof setUp>

/** The outputs do not move. Some ten to thirty roundings of terms below 2⁴: 1e-12 is a hundred times more, and a thousandth of a millionth of what a wrong map does. */
function expectInvariant({ theta, outputsAt }: Set, moved: Values): void {
  expect(moved).not.toEqual(theta)
  expect(outputsAt(moved)).toBeAllclose(outputsAt(theta), { relative: 0, absolute: 1e-12 })
}
/** The outputs move by more than rounding: the law is one of this map, not of every map. */
function expectMoved({ theta, outputsAt }: Set, moved: Values): void {
  const [before, after] = [outputsAt(theta), outputsAt(moved)]
  expect(Math.max(...before.map((value, i) => Math.abs(value - (after[i] ?? value))))).toBeGreaterThan(1e-3)
}

const scaled = (values: Values, name: string, factor: (place: number) => number) => ({
  [name]: upTo(values[name]?.length ?? 0, (place) => factor(place) * entry(values, name, place)),
})
/** A of m × n times B of n × k, as numbers row by row. */
const product = (a: readonly number[], b: readonly number[], [m, n, k]: readonly [number, number, number]) =>
  upTo(m * k, (place) => total(n, (i) => at(a, Math.floor(place / k) * n + i) * at(b, i * k + (place % k))))
const transposed = (a: readonly number[], [m, n]: readonly [number, number]) =>
  upTo(m * n, (place) => at(a, (place % m) * n + Math.floor(place / m)))
const rotation = (n: number) => [...qr({ rows: n, columns: n, values: Float64Array.from(numbers('rotation', n * n)) }).q.values]

describe('symmetries', () => {
  beforeAll(async () => void (await startEngine('wasm')))

  const names = Object.keys(activations) as ActivationName[] // the keys of the table
  describe.each(names)('of a perceptron with %s', (activation) => {
    const width = 4
    const set = setUp({ kind: 'perceptron', widths: [width, 3], activation })
    /** Factors on what goes into neurons of the first layer, its bias included, and on what comes out of them. */
    const through = (into: (j: number) => number, out: (j: number) => number): Values => ({
      ...set.theta,
      ...scaled(set.theta, 'layer1.weight', (place) => into(place % width)),
      ...scaled(set.theta, 'layer1.bias', into),
      ...scaled(set.theta, 'layer2.weight', (place) => out(Math.floor(place / 3))),
    })
    const claim = activations[activation].symmetry

    test('neurons change places', () => {
      const order = [2, 0, 3, 1]
      expectInvariant(set, {
        ...set.theta,
        'layer1.weight': upTo(3 * width, (place) =>
          entry(set.theta, 'layer1.weight', Math.floor(place / width) * width + at(order, place % width)),
        ),
        'layer1.bias': upTo(width, (j) => entry(set.theta, 'layer1.bias', at(order, j))),
        'layer2.weight': upTo(width * 3, (place) => entry(set.theta, 'layer2.weight', at(order, Math.floor(place / 3)) * 3 + (place % 3))),
      })
    })
    test('neurons change places in one of the two weights: another function', () => {
      const rows = upTo(width * 3, (place) => entry(set.theta, 'layer2.weight', (place + 3) % (width * 3)))
      expectMoved(set, { ...set.theta, 'layer2.weight': rows })
    })
    const sign = (j: number) => (j === 1 ? -1 : 1)
    const scale = (j: number) => at([0.5, 3, 1, 7], j)
    test(`a neuron and its negative: ${claim === 'odd' || claim === 'linear' ? 'the same' : 'another'} function`, () => {
      const check = claim === 'odd' || claim === 'linear' ? expectInvariant : expectMoved
      check(set, through(sign, sign))
    })
    test(`a neuron scaled up and out of it scaled down: ${claim === 'homogeneous' || claim === 'linear' ? 'the same' : 'another'} function`, () => {
      const check = claim === 'homogeneous' || claim === 'linear' ? expectInvariant : expectMoved
      check(
        set,
        through(scale, (j) => 1 / scale(j)),
      )
    })
    test('is the function of its formula at 0, on both sides and far out', () => {
      const z = [-40, -3, -1, -0.1, -1e-3, 0, 1e-3, 0.1, 1, 3, 40]
      const at64 = inFloat64(() => Float64Array.from(activations[activation].of(dataTensor([[z]])).dataSync()))
      expect(at64).toBeAllclose(z.map((value) => activate[activation](value)), { relative: 1e-13, absolute: 1e-16 }) // prettier-ignore
      const single = inScope(() => Float64Array.from(activations[activation].of(dataTensor([[z]])).dataSync()))
      expect(single).toBeAllclose(z.map((value) => activate[activation](Math.fround(value))), { relative: 2 ** -21, absolute: 2 ** -22 }) // prettier-ignore
    })
  })

  const poolings = ['none', 'max', 'average'] as const
  describe.each(names.flatMap((activation) => poolings.map((pooling) => ({ activation, pooling }))))(
    'of a convolutional network with $activation, pooling $pooling',
    ({ activation, pooling }) => {
      const image = [4, 4, 2]
      const channels = [3, 4]
      const set = setUp({ kind: 'convolutional', image, channels, activation, pooling }, { inputs: 32 })
      /** Filter entry (tap, c, o) is number (tap · inputs + c) · outputs + o; the dense weight has the channels of each place together. */
      const firstOut = (of: (c: number) => number) => (place: number) => of(Math.floor(place / 4) % 3)
      const lastOut = (of: (c: number) => number) => (place: number) => of(Math.floor(place / 2) % 4)
      const through = (into: (c: number) => number, out: (c: number) => number): Values => ({
        ...set.theta,
        ...scaled(set.theta, 'conv1.weight', (place) => into(place % 3)),
        ...scaled(set.theta, 'conv1.bias', into),
        ...scaled(set.theta, 'conv2.weight', (place) => firstOut(out)(place) * into(place % 4)),
        ...scaled(set.theta, 'conv2.bias', into),
        ...scaled(set.theta, 'layer1.weight', lastOut(out)),
      })
      const claim = activations[activation].symmetry
      const hasMax = pooling === 'max'

      test('channels of both layers change places', () => {
        const [one, two] = [[2, 0, 1], [3, 0, 2, 1]] as const // prettier-ignore
        const from = (name: string, place: (at: number) => number) => ({ [name]: upTo(set.theta[name]?.length ?? 0, (at) => entry(set.theta, name, place(at))) }) // prettier-ignore
        const first = { ...from('conv1.weight', (k) => Math.floor(k / 3) * 3 + at(one, k % 3)), ...from('conv1.bias', (c) => at(one, c)) }
        const second = from('conv2.weight', (k) => Math.floor(k / 12) * 12 + at(one, Math.floor(k / 4) % 3) * 4 + at(two, k % 4))
        const last = from('layer1.weight', (k) => Math.floor(k / 8) * 8 + at(two, Math.floor(k / 2) % 4) * 2 + (k % 2))
        expectInvariant(set, { ...set.theta, ...first, ...second, ...from('conv2.bias', (c) => at(two, c)), ...last })
        expectMoved(set, { ...set.theta, ...first })
      })
      const sign = (c: number) => (c === 1 ? -1 : 1)
      const isOdd = (claim === 'odd' || claim === 'linear') && !hasMax
      test(`a channel and its negative: ${isOdd ? 'the same' : 'another'} function`, () =>
        (isOdd ? expectInvariant : expectMoved)(set, through(sign, sign)))
      const scale = (c: number) => at([0.5, 3, 1, 7], c)
      const isHomogeneous = claim === 'homogeneous' || claim === 'linear'
      test(`a channel scaled up and out of it scaled down: ${isHomogeneous ? 'the same' : 'another'} function`, () =>
        (isHomogeneous ? expectInvariant : expectMoved)(set, through(scale, (c) => 1 / scale(c))),
      ) // prettier-ignore
    },
  )

  test('gelu in its tanh form is within 5e-4 of zΦ(z)', () => {
    // Origin: Φ(1) = .8413447461, Φ(2) = .9772498681, Φ(2.5) = .9937903347, Abramowitz & Stegun table 26.1
    for (const [z, Φ] of [
      [1, 0.8413447461],
      [2, 0.9772498681],
      [2.5, 0.9937903347],
    ] as const) {
      // prettier-ignore
      expect(Math.abs(activate.gelu(z) - z * Φ)).toBeLessThan(5e-4)
      expect(Math.abs(activate.gelu(-z) + z * (1 - Φ))).toBeLessThan(5e-4)
    }
  })

  test.each([2, 3, 5])('the factors of a product of %d are rescaled entry by entry', (depth) => {
    const set = setUp({ kind: 'product-linear', depth })
    const [first = '', second = ''] = Object.keys(set.theta)
    const ρ = (place: number) => at([2, -3, 0.1, 1, -0.5, 7], place)
    expectInvariant(set, { ...set.theta, ...scaled(set.theta, first, ρ), ...scaled(set.theta, second, (place) => 1 / ρ(place)) })
    expectMoved(set, { ...set.theta, ...scaled(set.theta, first, ρ) })
  })
  test('a linear model has no such freedom', () => {
    const set = setUp({ kind: 'linear' })
    expectMoved(set, { ...set.theta, ...scaled(set.theta, 'v', () => 1.01) })
  })
  test('UV is UQ·QᵀV for every orthogonal Q', () => {
    const set = setUp({ kind: 'matrix-factorisation', width: 4 })
    const q = rotation(4)
    const u = product(set.theta['u'] ?? [], q, [3, 4, 4])
    expectInvariant(set, { u, v: product(transposed(q, [4, 4]), set.theta['v'] ?? [], [4, 4, 2]) })
    expectMoved(set, { ...set.theta, u })
  })
  test.each<[string, object, string]>([
    ['UUᵀ', { kind: 'matrix-factorisation', width: 4, form: 'positive-semidefinite' }, 'u'],
    ['a tied autoencoder', { kind: 'tied-autoencoder', width: 4 }, 'w'],
  ])('%s is that of UQ', (_, settings, name) => {
    const set = setUp(settings, { outputs: 3 })
    expectInvariant(set, { [name]: product(set.theta[name] ?? [], rotation(4), [3, 4, 4]) })
    expectMoved(
      set,
      scaled(set.theta, name, () => 1.01),
    )
  })
  test('the self-supervised landscape is that of QW', () => {
    const variances = [[2, 1, 0.5], [1, 0.5, 2]] // prettier-ignore
    const set = setUp({ kind: 'self-supervised', width: 4 }, { x: variances })
    expectInvariant(set, { w: product(rotation(4), set.theta['w'] ?? [], [4, 4, 3]) })
    expectMoved(
      set,
      scaled(set.theta, 'w', () => 1.01),
    )
  })
  test('a linear VAE is that of −u and −w, direction by direction', () => {
    const set = setUp({ kind: 'linear-vae' }, { x: [[2, 1, 0.5]] })
    const sign = (i: number) => (i === 1 ? -1 : 1)
    expectInvariant(set, { ...set.theta, ...scaled(set.theta, 'u', sign), ...scaled(set.theta, 'w', sign) })
    expectMoved(set, { ...set.theta, ...scaled(set.theta, 'u', sign) })
  })
})
