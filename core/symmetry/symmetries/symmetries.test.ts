/** The laws of every family of every model, in float64: what it does changes no output, and its mirrors are mirrors. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradient64, inFloat64, read64, square, sum, tensor64 } from '#core/engines/ops.ts'
import { settingsOf } from '#core/learning/kind.ts'
import type { ModelKind, Parameters } from '#core/learning/models/model.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import { matrixProduct, transposed, transposeTimes } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { reflect, restrict, symmetrise, type Mirror } from '../mirror.ts'
import { familiesOf, lengthsOf, mirrorsOf, symmetryKinds } from './registry.ts'
import { keepsMirrors, type Steps, type SymmetryFamily } from './symmetry.ts'

expect.extend({ toBeAllclose })

const parse = settingsOf(modelKinds)
const keyOf = (replicate: number, purpose: string) => split(rootKey({ base: 7, cell: '0'.repeat(64), replicate }), purpose)

const convolutional = (settings: object) => ({ kind: 'convolutional', ...settings })

/** Every model that has a symmetry, its rows of data, and the families that it must have. */
const models: readonly (readonly [string, object, readonly string[], (readonly [number, number])?, number?])[] = [
  ['u⊙w', { kind: 'product-linear' }, ['rescaling', 'exchange']],
  ['u⊙v⊙w', { kind: 'product-linear', depth: 3 }, ['rescaling', 'exchange']],
  ['UV', { kind: 'matrix-factorisation', width: 3 }, ['rotation']],
  ['UV, wide', { kind: 'matrix-factorisation', width: 7 }, ['rotation']],
  ['UUᵀ', { kind: 'matrix-factorisation', width: 2, form: 'positive-semidefinite' }, ['rotation'], [3, 3]],
  ['WWᵀ', { kind: 'tied-autoencoder', width: 2 }, ['rotation'], [3, 3]],
  ['QW', { kind: 'self-supervised', width: 2 }, ['rotation', 'sign-flip-direction'], [3, 3], 2],
  ['β-VAE', { kind: 'linear-vae' }, ['sign-flip'], [3, 3], 1],
  ['tanh', { kind: 'perceptron', widths: [4, 3] }, ['permutation-layer1', 'permutation-layer2', 'sign-flip-layer1', 'sign-flip-layer2']],
  ['tanh, no biases', { kind: 'perceptron', widths: [3], biases: false }, ['permutation-layer1', 'sign-flip-layer1']],
  ['relu', { kind: 'perceptron', widths: [4], activation: 'relu' }, ['rescaling-layer1', 'permutation-layer1']],
  ['gelu', { kind: 'perceptron', widths: [4], activation: 'gelu' }, ['permutation-layer1']],
  [
    'convolutions, relu, max pooling',
    convolutional({ image: [4, 5, 2], channels: [2, 3], kernel: [3, 2], widths: [2] }),
    ['rescaling-conv1', 'rescaling-conv2', 'rescaling-layer1', 'permutation-conv1', 'permutation-conv2', 'permutation-layer1'],
    [40, 2],
  ],
  [
    'convolutions, tanh, average pooling',
    convolutional({ image: [4, 3, 1], channels: [3], pooling: 'average', activation: 'tanh' }),
    ['permutation-conv1', 'sign-flip-conv1'],
    [12, 2],
  ],
  ['convolutions, tanh, max pooling', convolutional({ channels: [3], activation: 'tanh' }), ['permutation-conv1'], [16, 2]],
  [
    'convolutions, identity, none',
    convolutional({ channels: [2, 2], kernel: 2, stride: [2, 1], pooling: 'none', activation: 'identity', biases: false }),
    ['rotation-conv1'],
    [16, 2],
  ],
  [
    'convolutions, identity, max pooling',
    convolutional({ channels: [2], activation: 'identity' }),
    ['rescaling-conv1', 'permutation-conv1'],
    [16, 1],
  ],
  ['identity', { kind: 'perceptron', widths: [3, 2], activation: 'identity' }, ['rotation-layer1', 'rotation-layer2']],
]

function setUp(settings: object, [inputs, outputs]: readonly [number, number] = [3, 2], rows = 4) {
  const parsed = parse.parse(settings)
  const kind: ModelKind = modelKinds[parsed.kind] // its functions take the settings of its own kind, which these are
  const shapes = kind.parameters(parsed, { inputs, outputs })
  const drawn = (replicate: number): Parameters => {
    const lengths = lengthsOf(parsed, { inputs, outputs })
    return Object.fromEntries(Object.entries(lengths).map(([name, { length }]) => [name, drawNormal(keyOf(replicate, name), length)]))
  }
  const x = (replicate: number) => drawNormal(keyOf(replicate, 'x'), rows * inputs)
  const outputs64 = (parameters: Parameters, replicate: number) =>
    inFloat64(() => {
      const stack = Object.fromEntries(shapes.map(({ name, shape }) => [name, tensor64(parameters[name] ?? [], [1, ...shape])]))
      return read64(kind.apply(parsed, stack, tensor64(x(replicate), [rows, inputs])))
    })
  /** The gradient of the sum of the squared outputs, which no symmetry of the loss comes from. */
  const slope = (parameters: Parameters, replicate: number) =>
    gradient64(
      (theta) => sum(square(kind.apply(parsed, theta, tensor64(x(replicate), [rows, inputs])))),
      Object.fromEntries(shapes.map(({ name, shape }) => [name, { shape: [1, ...shape], values: parameters[name] ?? new Float64Array() }])),
    ).gradient
  return { families: familiesOf(parsed), drawn, outputs64, slope }
}
type Set = ReturnType<typeof setUp>

/** A normal of length 1 for a continuous family, or one of the mirrors of a finite one. */
function someMirrors(family: SymmetryFamily, theta: Parameters, replicate: number): readonly Mirror[] {
  if (family.mirrorAt === null) return family.mirrors(theta)
  const element = family.element(keyOf(replicate, 'n'), theta)
  if (element.kind !== 'orthogonal') throw new Error('expected an orthogonal matrix')
  return [
    family.mirrorAt(
      Float64Array.from({ length: element.q.rows }, (_, i) => element.q.values[i * element.q.columns] ?? Number.NaN),
      theta,
    ),
  ]
}
const flat = (parameters: Parameters) => Object.values(parameters).flatMap((values) => [...values])
const maxOf = (values: ArrayLike<number>) => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)

const anyRun = fc.integer({ min: 1, max: 1e6 })
// some hundred roundings of 2⁻⁵³ of terms that cancel to a tenth
const rounding = (of: ArrayLike<number>) => ({ relative: 0, absolute: 1e-12 * Math.max(1, maxOf(of)) })

const whole = models.map(([name, settings, names, size, rows]) => [name, settings, names, size, rows] as const)

describe.each(whole)('%s', (_, settings, names, size, rows) => {
  const set: Set = setUp(settings, size, rows)

  test('has its families, and their blocks', () => {
    expect(set.families.map(({ name }) => name)).toEqual(names)
    const theta = set.drawn(1)
    for (const { blocks } of set.families) expect(blocks.every((name) => theta[name] !== undefined)).toBe(true)
  })
  describe.each(set.families)('$name', (family) => {
    test('its elements change parameters and no output of any sample', () => {
      fc.assert(
        fc.property(anyRun, (replicate) => {
          const theta = set.drawn(replicate)
          const moved = family.act(theta, family.element(keyOf(replicate, 'element'), theta))
          const before = set.outputs64(theta, replicate)
          expect(set.outputs64(moved, replicate)).toBeAllclose(before, rounding(before))
        }),
        { numRuns: 20 },
      )
      const theta = set.drawn(1)
      const moves = [1, 2, 3, 4, 5].map((i) => flat(family.act(theta, family.element(keyOf(i, 'element'), theta))))
      expect(moves.some((moved) => moved.some((value, i) => Math.abs(value - (flat(theta)[i] ?? Number.NaN)) > 1e-3))).toBe(true)
    })
    test('an element of another group changes nothing', () => {
      const theta = set.drawn(1)
      const other =
        family.kind === 'sign-flip'
          ? ({ kind: 'order', order: new Int32Array(9) } as const)
          : ({ kind: 'signs', signs: new Float64Array(9) } as const)
      expect(family.act(theta, other)).toEqual(theta)
    })
    test('its mirrors: OᵀO = I, P² = P, R² = I, and no output changes', () => {
      fc.assert(
        fc.property(anyRun, (replicate) => {
          const theta = set.drawn(replicate)
          const before = set.outputs64(theta, replicate)
          for (const mirror of someMirrors(family, theta, replicate)) {
            const { o, entries } = mirror
            expect(new Set(entries.map(({ parameter, index }) => `${parameter}:${index}`)).size).toBe(o.rows)
            const inner = matrixProduct(transposed(o), o)
            expect(inner.values).toBeAllclose(
              inner.values.map((__, i) => (i % (o.columns + 1) === 0 ? 1 : 0)),
              { absolute: 1e-14 },
            )
            const p = matrixProduct(o, transposed(o))
            expect(matrixProduct(p, p).values).toBeAllclose(p.values, { absolute: 1e-14 })
            expect(flat(reflect(reflect(theta, mirror), mirror))).toBeAllclose(flat(theta), { absolute: 1e-13 })
            expect(set.outputs64(reflect(theta, mirror), replicate)).toBeAllclose(before, rounding(before))
            const on = symmetrise(theta, mirror)
            expect(maxOf(transposeTimes(o, restrict(on, mirror)))).toBeLessThan(1e-13)
            // 1.3: ‖θ‖² = ‖θ̄‖² + ‖Oᵀθ‖²
            const [all, kept, normal] = [flat(theta), flat(on), transposeTimes(o, restrict(theta, mirror))].map((v) =>
              norm(Float64Array.from(v)),
            )
            expect((kept ?? 0) ** 2 + (normal ?? 0) ** 2).toBeAllclose((all ?? 0) ** 2, { relative: 1e-13 })
          }
        }),
        { numRuns: 5 },
      )
    })
    test('its reflections move entries and turn signs, if it says so', () => {
      const theta = set.drawn(3)
      const mirrors = someMirrors(family, theta, 3)
      const isSigned = mirrors.every(({ o }) => {
        const p = matrixProduct(o, transposed(o))
        return p.values.every((value, i) =>
          [0, 1].some((unit) => Math.abs(Math.abs((i % (o.rows + 1) === 0 ? 1 : 0) - 2 * value) - unit) < 1e-12),
        )
      })
      expect(mirrors.length > 0).toBe(family.hasMirrors)
      if (family.hasMirrors) expect(isSigned).toBe(family.areSignedPermutations)
    })
    test('its residuals are those of its mirrors, the smallest', () => {
      fc.assert(
        fc.property(anyRun, (replicate) => {
          const theta = set.drawn(replicate)
          const size = norm(Float64Array.from(family.blocks.flatMap((name) => [...(theta[name] ?? [])])))
          const residual = (mirror: Mirror) => norm(transposeTimes(mirror.o, restrict(theta, mirror))) / size
          const residuals = family.residuals(theta)
          const least = Math.min(...residuals)
          const all = someMirrors(family, theta, replicate).map(residual)
          if (family.mirrorAt === null) expect(least).toBeAllclose(Math.min(...all), { relative: 1e-12 })
          else expect(least).toBeLessThanOrEqual(Math.min(...all) + 1e-14)
          expect(residuals.every((value) => value >= 0 && value <= 1)).toBe(true)
        }),
        { numRuns: 20 },
      )
    })
    test('on one of its mirrors the residual is 0, also at 0; NaN and ∞ give NaN; 1e200 does not overflow', () => {
      const theta = set.drawn(4)
      const scaled = (factor: number) =>
        Object.fromEntries(Object.entries(theta).map(([name, values]) => [name, values.map((value) => value * factor)]))
      for (const mirror of someMirrors(family, theta, 4)) {
        expect(Math.min(...family.residuals(symmetrise(theta, mirror)))).toBeLessThan(1e-14)
      }
      expect(family.residuals(scaled(0)).every((value) => value === 0)).toBe(true)
      expect(family.residuals(scaled(2 ** 660))).toBeAllclose(family.residuals(theta), { relative: 1e-12 })
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const broken = {
          ...theta,
          [family.blocks[0] ?? '']: (theta[family.blocks[0] ?? ''] ?? new Float64Array()).map((value, i) => (i === 0 ? bad : value)),
        }
        expect(family.residuals(broken).every(Number.isNaN)).toBe(true)
      }
    })
    test('what it says the flow conserves is at rest along every gradient', () => {
      const { conserved } = family
      const claims =
        // the settings above are records, of which only the product's have a depth
        ['rescaling', 'rotation'].includes(family.kind) && family.name !== 'exchange' && !(settings as { depth?: number }).depth
      expect(conserved !== null).toBe(claims && new Set(family.blocks).size > 1)
      if (conserved === null) return
      fc.assert(
        fc.property(anyRun, (replicate) => {
          const theta = set.drawn(replicate)
          const slope = set.slope(theta, replicate)
          const along = (by: number) =>
            conserved.of(
              Object.fromEntries(
                Object.entries(theta).map(([name, values]) => [
                  name,
                  values.map((value, i) => value + by * (slope[name]?.[i] ?? Number.NaN)),
                ]),
              ),
            )
          // a quadratic form: half the difference is its derivative along the gradient, without a remainder
          const [ahead, behind] = [along(1), along(-1)]
          const scale = Math.max(1, maxOf(ahead), maxOf(behind))
          expect(ahead.map((value, i) => (value - (behind[i] ?? Number.NaN)) / (2 * scale))).toBeAllclose(
            ahead.map(() => 0),
            { absolute: 1e-12 },
          )
        }),
        { numRuns: 10 },
      )
    })
  })
})

describe('the registry', () => {
  test('has each symmetry under its kind, with a title in both languages', () => {
    for (const [kind, symmetry] of Object.entries(symmetryKinds)) {
      expect(symmetry.kind).toBe(kind)
      expect(symmetry.title.en !== '' && symmetry.title.ja !== '').toBe(true)
    }
  })
  test('a linear model has none', () => expect(familiesOf(parse.parse({ kind: 'linear' }))).toEqual([]))
  test('names of families, titles and mirrors of a model differ', () => {
    for (const [, settings, , size = [3, 2]] of models) {
      const model = parse.parse(settings)
      const families = familiesOf(model)
      expect(new Set(families.map(({ name }) => name)).size).toBe(families.length)
      for (const language of ['en', 'ja'] as const) expect(new Set(families.map(({ title }) => title[language])).size).toBe(families.length)
      const mirrors = mirrorsOf(model, { inputs: size[0], outputs: size[1] })
      expect(new Set(mirrors.map(({ name }) => name)).size).toBe(mirrors.length)
    }
  })
  test('32 neurons of tanh have 32 flips, and two mirrors for each of 496 pairs', () => {
    const names = mirrorsOf(parse.parse({ kind: 'perceptron', widths: [32] }), { inputs: 2, outputs: 1 }).map(
      ({ name }) => name.split(':')[0],
    )
    expect(names.filter((name) => name === 'sign-flip-layer1')).toHaveLength(32)
    expect(names.filter((name) => name === 'permutation-layer1')).toHaveLength(992)
  })
})

// Origin: theory.md section 3, fixtures.py
describe('the fixtures of the handbook', () => {
  const family = (settings: object, name: string) => {
    const found = familiesOf(parse.parse(settings)).find((one) => one.name === name)
    if (found === undefined) throw new Error(`expected a family ${name}`)
    return found
  }
  const printed = { absolute: 5e-11 } // ten digits
  const normalPart = (theta: Parameters, mirror: Mirror) => transposeTimes(mirror.o, restrict(theta, mirror))
  const residual = (theta: Parameters, mirror: Mirror) => norm(normalPart(theta, mirror)) / norm(Float64Array.from(flat(theta)))
  const n = Float64Array.of(0.6, 0.8)

  test('rescaling of (3, 1)', () => {
    const theta = { u: Float64Array.of(3), w: Float64Array.of(1) }
    const exchange = family({ kind: 'product-linear' }, 'exchange')
    const [equal, opposite] = exchange.mirrors(theta) as [Mirror, Mirror] // of the one pair
    expect(flat(reflect(theta, equal))).toBeAllclose([1, 3], { absolute: 1e-14 })
    expect(flat(reflect(theta, opposite))).toBeAllclose([-1, -3], { absolute: 1e-14 })
    expect(flat(symmetrise(theta, equal))).toBeAllclose([2, 2], { absolute: 1e-14 })
    expect([residual(theta, equal), residual(theta, opposite)]).toBeAllclose([0.4472135955, 0.894427191], printed)
    expect(exchange.residuals(theta)).toBeAllclose([0.4472135955], printed)
    expect(family({ kind: 'product-linear' }, 'rescaling').residuals(theta)).toBeAllclose([1])
  })
  test('rotation of W = [[1, 2], [3, 4]] by n = (.6, .8)', () => {
    const theta = { u: Float64Array.of(1, 2, 3, 4) }
    const single = family({ kind: 'matrix-factorisation', width: 2, form: 'positive-semidefinite' }, 'rotation')
    const mirror = single.mirrorAt?.(n, theta)
    if (mirror === undefined) throw new Error('expected a mirror')
    expect(flat(reflect(theta, mirror))).toBeAllclose([-1.64, -1.52, -3, -4], { absolute: 1e-14 })
    expect(flat(symmetrise(theta, mirror))).toBeAllclose([-0.32, 0.24, 0, 0], { absolute: 1e-14 })
    expect(normalPart(theta, mirror)).toBeAllclose([2.2, 5], { absolute: 1e-14 })
    expect(residual(theta, mirror)).toBeAllclose(0.9973297683, printed)
    // the smallest singular value of section 9's table over √30
    expect(single.residuals(theta)).toBeAllclose([0.3659661906 / Math.sqrt(30)], printed)
  })
  test('double rotation of that U and V = [[1, 0], [1, 1]]', () => {
    const theta = { u: Float64Array.of(1, 2, 3, 4), v: Float64Array.of(1, 0, 1, 1) }
    const mirror = family({ kind: 'matrix-factorisation', width: 2 }, 'rotation').mirrorAt?.(n, theta)
    if (mirror === undefined) throw new Error('expected a mirror')
    const moved = reflect(theta, mirror)
    expect(flat(moved)).toBeAllclose([-1.64, -1.52, -3, -4, -0.68, -0.96, -1.24, -0.28], { absolute: 1e-14 })
    expect(normalPart(theta, mirror)).toBeAllclose([2.2, 5, 1.4, 0.8], { absolute: 1e-14 })
    expect(residual(theta, mirror)).toBeAllclose(0.9914788465, printed)
    const product = ({ u, v }: Parameters) =>
      matrixProduct({ rows: 2, columns: 2, values: u ?? n }, { rows: 2, columns: 2, values: v ?? n }).values
    expect([product(theta), product(moved)].map((values) => [...values.map((value) => Math.round(value * 1e12) / 1e12)])).toEqual([[3, 2, 7, 4], [3, 2, 7, 4]]) // prettier-ignore
  })
  // a = (1, .5, 2), b = (1, −.5, 1): what goes in (two inputs) and what comes out
  test('permutation of two units', () => {
    const theta = { 'layer1.weight': Float64Array.of(1, 1, 0.5, -0.5), 'layer2.weight': Float64Array.of(2, 1) }
    const swap = family({ kind: 'perceptron', widths: [2], biases: false, activation: 'gelu' }, 'permutation-layer1')
    const [mirror] = swap.mirrors(theta) as [Mirror] // of the one pair
    expect(flat(reflect(theta, mirror))).toBeAllclose([1, 1, -0.5, 0.5, 1, 2], { absolute: 1e-14 })
    expect(flat(symmetrise(theta, mirror))).toBeAllclose([1, 1, 0, 0, 1.5, 1.5], { absolute: 1e-14 })
    expect(normalPart(theta, mirror)).toBeAllclose([0, 0.7071067812, 0.7071067812], printed)
    expect(swap.residuals(theta)).toBeAllclose([0.3651483717], printed)
  })
  // neuron 0 = (.5, 1, −1), neuron 1 = (2, 0, 1)
  test('sign flip of a neuron', () => {
    const theta = { 'layer1.weight': Float64Array.of(0.5, 2, 1, 0), 'layer2.weight': Float64Array.of(-1, 1) }
    const flip = family({ kind: 'perceptron', widths: [2], biases: false }, 'sign-flip-layer1')
    const [mirror] = flip.mirrors(theta) as [Mirror, Mirror] // of two neurons
    expect(flat(reflect(theta, mirror))).toBeAllclose([-0.5, 2, -1, 0, 1, 1], { absolute: 1e-14 })
    expect(normalPart(theta, mirror)).toEqual(Float64Array.of(0.5, 1, -1))
    expect(flip.residuals(theta)[0]).toBeAllclose(0.5570860145, printed)
  })
  test('rescaling of vectors: u = (1, 2), w = (2, 0) in one neuron is all there is', () => {
    const theta = { 'layer1.weight': Float64Array.of(1, 2), 'layer2.weight': Float64Array.of(2, 0) }
    expect(family({ kind: 'perceptron', widths: [1], biases: false }, 'sign-flip-layer1').residuals(theta)).toEqual(Float64Array.of(1))
  })
})

describe('keepsMirrors', () => {
  const of = (settings: object) => familiesOf(parse.parse(settings))
  const [rotation] = of({ kind: 'matrix-factorisation', width: 2 }) as [SymmetryFamily] // its only family
  const [swap, flip] = of({ kind: 'perceptron', widths: [2] }) as [SymmetryFamily, SymmetryFamily] // its two
  // theory.md 1.7
  test.each([
    ['sgd', undefined, true],
    ['sgd', { norm: 1 }, true],
    ['sgd', { value: 1 }, false],
    ['adam', undefined, false],
    ['adamw', undefined, false],
    ['rmsprop', undefined, false],
  ] as const)('%s with clipping %j keeps rotations: %s, and signed permutations always', (kind, clip, keeps) => {
    expect(keepsMirrors(rotation, { optimiser: { kind, clip } })).toBe(keeps)
    expect([swap, flip].map((family) => keepsMirrors(family, { optimiser: { kind, clip } }))).toEqual([true, true])
  })
  test('noise on the gradient keeps none; of what is multiplied by it, zeros stay', () => {
    const kept = (gradientNoise: NonNullable<Steps['gradientNoise']>) =>
      [rotation, swap, flip].map((family) => keepsMirrors(family, { optimiser: { kind: 'sgd' }, gradientNoise }))
    expect(kept({ kind: 'isotropic', std: 1 })).toEqual([false, false, false])
    expect(kept({ kind: 'multiplicative', std: 1 })).toEqual([false, false, true])
    expect(kept({ kind: 'isotropic', std: 0 })).toEqual([true, true, true])
  })
})
