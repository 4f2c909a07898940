import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Part } from '#core/learning/data/data.ts'
import { gradientNoise } from '#core/learning/noise/gradientNoise.ts'
import { labelNoise } from '#core/learning/noise/labelNoise.ts'
import { identity } from '#core/numerics/linalg/matrix.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { matrix, predict, predictMean, trained, type Fields } from './fixtures/sampleTrained.ts'
import { largestPull } from './largestPull.ts'
import { boundaryFor, oracleFor, oracleTitle } from './registry.ts'

expect.extend({ toBeAllclose })

function criterion(fields: Fields, data: Part): number {
  const subject = trained(fields)
  const boundary = boundaryFor(subject)
  if (boundary === null) throw new Error('expected a boundary')
  return boundary.criterionOn(data)(subject)
}

const noisy = (kind: 'gaussian' | 'binary' | 'uniform', std: number, fields: Fields = {}): Fields => ({
  data: 'inline',
  noise: { label: labelNoise.parse({ kind, std }) },
  weightDecay: 0,
  ...fields,
})
const ones = (...y: readonly number[]): Part => ({ x: matrix(y.map(() => [1])), y: matrix(y.map((value) => [value])) })
const target = (rows: readonly (readonly number[])[]): Part => ({ x: identity(rows.length), y: matrix(rows) })

/** Settings whose decay is the only thing left to choose, with the decay from which all is zero. */
type Row = readonly [string, string, (weightDecay: number) => Fields, Part, number]

const four: Part = { x: matrix([[1, 0], [0, 1], [1, 1], [1, -1]]), y: matrix([[1], [2], [2], [0]]) } // prettier-ignore
const square: Part = target([
  [1, 2],
  [3, 4],
])
const vae: Part = { x: matrix([[1, 0.25]]), y: matrix([[0, 0]]) }
const landscape: Part = { x: matrix([[2, 1, 0.5, 0.1], [1, 0.5, 2, 1]]), y: matrix([[0], [0]]) } // prettier-ignore

// Origin: theory.md 8.2 ((.75, 1)), 8.3 (γ_up at D = 3), 8.4 (‖y‖ = √1.09), 8.5 (σ₁ of [[1, 2], [3, 4]]; diag(1, .3, .05)), 8.12 (tied from .42426407), 8.16 (a/2)
const rows: readonly Row[] = [
  ['lasso', '8.2', (weightDecay) => ({ weightDecay }), four, 1],
  ['half a lasso', '8.2', (weightDecay) => ({ weightDecay, loss: { kind: 'mse', scale: 0.5 } }), four, 0.5],
  ['a summed lasso', '8.2', (weightDecay) => ({ weightDecay, loss: { kind: 'sse' } }), four, 4],
  [
    'a product of three',
    '8.3',
    (weightDecay) => ({ weightDecay, data: 'scalar', model: { kind: 'product-linear', depth: 3 } }),
    ones(1),
    0.4724704,
  ],
  [
    'a gate',
    '8.4',
    (weightDecay) => ({
      weightDecay,
      loss: { kind: 'sse' },
      data: { kind: 'low-rank-matrix', columns: 1 },
      model: { kind: 'matrix-factorisation', width: 1 },
    }),
    target([[0.6], [-0.8], [0.3]]),
    Math.sqrt(1.09),
  ],
  [
    'a matrix',
    '8.5',
    (weightDecay) => ({
      weightDecay,
      loss: { kind: 'sse' },
      data: 'low-rank-matrix',
      model: { kind: 'matrix-factorisation', width: 2 },
    }),
    square,
    5.4649857042,
  ],
  [
    'a symmetric matrix',
    '8.5',
    (weightDecay) => ({
      weightDecay,
      loss: { kind: 'sse' },
      data: 'low-rank-matrix',
      model: { kind: 'matrix-factorisation', width: 3, form: 'positive-semidefinite' },
    }),
    target([
      [1, 0, 0],
      [0, 0.3, 0],
      [0, 0, 0.05],
    ]),
    2,
  ],
  [
    'a tied autoencoder',
    '8.5',
    (weightDecay) => ({ weightDecay, model: { kind: 'tied-autoencoder', width: 1 } }),
    { x: matrix([[2, 0], [0, 1]]), y: matrix([[2, 0], [0, 1]]) }, // prettier-ignore
    4, // λ₁ = 4/2, derived in tiedAutoencoder.ts
  ],
  [
    'all of a vector behind a constraint',
    '8.12',
    (weightDecay) => ({
      weightDecay,
      loss: { kind: 'sse' },
      data: 'inline',
      model: { kind: 'linear' },
      reparametrise: [{ kind: 'dcs', constraint: { kind: 'zero' }, gate: 'group' }],
    }),
    target([[0.6], [-0.8], [0.3]]),
    Math.sqrt(1.09),
  ],
  [
    'a self-supervised landscape',
    '8.16',
    (weightDecay) => ({ weightDecay, loss: { kind: 'energy' }, model: { kind: 'self-supervised', width: 2 } }),
    landscape,
    1,
  ],
]

describe('boundaryFor', () => {
  test.each<[string, Fields, string | null]>([
    ['the linear model, which has no mirror', { model: { kind: 'linear' } }, null],
    ['a fixed bias, which removes it', { model: { kind: 'linear' }, reparametrise: [{ kind: 'syre', std: 0.1 }] }, null],
    ['residual connections, which never collapse', { model: { kind: 'matrix-factorisation', width: 2 }, data: 'low-rank-matrix', reparametrise: [{ kind: 'residual' }] }, null],
    ['a network', { model: { kind: 'perceptron', widths: [4] } }, null],
    ['AdamW', { optimiser: { kind: 'adamw' } }, null],
    ['label noise', noisy('gaussian', 1), 'sgd-thresholds'],
    ['label noise with momentum', noisy('gaussian', 1, { optimiser: { momentum: 0.5 } }), 'noise-decay'],
    ['label noise of size 0', noisy('gaussian', 0), 'lasso'],
    ['noise on the gradient', { noise: { gradient: gradientNoise.parse({ kind: 'isotropic', std: 0.1 }) } }, null],
    ['label noise on many numbers', noisy('gaussian', 1, { data: 'sparse-linear' }), null],
  ])('of %s', (_, fields, expected) => expect(boundaryFor(trained(fields))?.kind ?? null).toBe(expected)) // prettier-ignore
  test('every boundary has a title under its number', () => {
    expect(rows.map(([, number]) => oracleTitle(number)?.en)).not.toContain(undefined)
    expect(oracleTitle('8.9')?.en).toBe('SGD thresholds')
  })
})

describe('the criterion of decay', () => {
  test.each(rows)('of %s (%s) changes its sign at the handbook value', (_, number, at, data, critical) => {
    expect(boundaryFor(trained(at(critical)))?.number).toBe(number)
    // 8 printed digits of the handbook's values
    expect(criterion(at(critical * (1 - 1e-7)), data)).toBeLessThan(0)
    expect(criterion(at(critical * (1 + 1e-7)), data)).toBeGreaterThan(0)
  })
  test.each(rows)('of %s (%s) is ≥ 0 exactly where the prediction is all zero', (_, _number, at, data, critical) => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 3, noNaN: true }), (share) => {
        const decay = share * critical
        fc.pre(Math.abs(share - 1) > 1e-6)
        expect(criterion(at(decay), data) > 0).toBe(predict(at(decay), data).vector.every((value) => value === 0))
      }),
    )
  })
  test('8.12: a tie holds from .42426407 on', () => {
    const at = (weightDecay: number): Fields => ({
      weightDecay: 0,
      groups: [{ parameters: 'dcs:v/u,dcs:v/w', weightDecay }],
      loss: { kind: 'sse', scale: 0.5 },
      data: 'inline',
      model: { kind: 'linear' },
      reparametrise: [{ kind: 'dcs', constraint: { kind: 'tie' } }],
    })
    const data = target([[1], [0.4]])
    // ½‖θ − y‖² + (κ/2)(u² + w²): κ/2 is the program's decay
    expect(criterion(at(0.42426406 / 2), data)).toBeLessThan(0)
    expect(criterion(at(0.42426408 / 2), data)).toBeGreaterThan(0)
    const [a, b] = predict(at(0.43 / 2), data).vector
    expect(a).toBeAllclose(b ?? Number.NaN) // apart by a rounding
  })
  test('8.15: a β-VAE collapses where β times the decoder variance reaches the largest variance', () => {
    const at = (beta: number): Fields => ({ model: { kind: 'linear-vae', beta, noise: 0.5 }, loss: { kind: 'energy' }, weightDecay: 0 })
    expect(criterion(at(3.9), vae)).toBeAllclose(-0.025, { absolute: 1e-15 })
    expect(criterion(at(4.1), vae)).toBeAllclose(0.025, { absolute: 1e-15 })
    expect(predict(at(3.9), vae).vector[0]).toBeGreaterThan(0)
    expect([...predict(at(4.1), vae).vector]).toEqual([0, 0])
  })
  test('8.1: factors with decays of their own have √(γ_uγ_w)', () => {
    const at = (w: number): Fields => ({ groups: [{ parameters: 'u', weightDecay: 0.3 }, { parameters: 'w', weightDecay: w }] }) // prettier-ignore
    // √(.3 · w) = .6 at w = 1.2
    expect(criterion(at(1.2 - 1e-9), ones(0.6))).toBeLessThan(0)
    expect(criterion(at(1.2 + 1e-9), ones(0.6))).toBeGreaterThan(0)
  })
  test('a target of zero is on the boundary without a decay, and collapsed with one', () => {
    expect(criterion({ weightDecay: 0 }, ones(0))).toBe(0)
    expect(criterion({ weightDecay: 1e-9 }, ones(0))).toBeGreaterThan(0)
  })
  test('of inputs that are not white, or of a number that is none, nothing is said', () => {
    const factorised: Fields = { model: { kind: 'matrix-factorisation', width: 2 }, data: 'inline' }
    expect(criterion(factorised, { x: matrix([[1, 2]]), y: matrix([[1]]) })).toBeNaN()
    expect(criterion({}, ones(Number.NaN))).toBeNaN()
    expect(criterion({ model: { kind: 'product-linear', depth: 3 }, data: 'inline' }, { x: matrix([[1, 2]]), y: matrix([[1]]) })).toBeNaN()
    expect(criterion(noisy('gaussian', 1), { x: matrix([[2]]), y: matrix([[1]]) })).toBeNaN()
    expect(criterion(noisy('gaussian', 1, { optimiser: { batch: 1 } }), ones(1, 2))).toBeNaN()
  })
})

describe('the criterion of noise', () => {
  // Origin: theory.md 8.9, the table of λ_c
  test.each([
    ['binary', 0.1, 1, 0, 0.1010101],
    ['binary', 0.3, 1, 0.1, 0.2083333],
    ['uniform', 0.3, 1, 0, 0.2833036],
    ['gaussian', 0.3, 1, 0.1, 0.1745786],
  ] as const)('%s, m = %d, s = %d, γ = %d: λ_c', (law, mean, std, weightDecay, critical) => {
    const at = (learningRate: number) => criterion(noisy(law, std, { weightDecay, optimiser: { learningRate } }), ones(mean))
    // seven printed digits
    expect(at(critical * (1 - 1e-6))).toBeLessThan(0)
    expect(at(critical * (1 + 1e-6))).toBeGreaterThan(0)
  })
  test.each([
    ['binary', 0.1, 0, 0.6619564],
    ['binary', 0.3, 0.1, 0.569325],
  ] as const)('%s, m = %d, γ = %d: too much of it repels again', (law, mean, weightDecay, upper) => {
    const at = (learningRate: number) => criterion(noisy(law, 1, { weightDecay, optimiser: { learningRate } }), ones(mean))
    expect(at(upper * (1 - 1e-6))).toBeGreaterThan(0)
    expect(at(upper * (1 + 1e-6))).toBeLessThan(0)
  })
  test('a loss cℓ at rate λ has the boundary of ℓ at cλ and γ/c', () => {
    const half = noisy('gaussian', 1, { weightDecay: 0.05, loss: { kind: 'mse', scale: 0.5 }, optimiser: { learningRate: 2 * 0.1745786 } })
    expect(criterion(half, ones(0.3))).toBeAllclose(0, { absolute: 1e-6 })
  })
  test('a batch of 4 binary draws at the rate where one draw collapses does not', () => {
    // Origin: theory.md E6, control: none of 400 at f = 1.1 and 1.6
    for (const learningRate of [0.1111111111, 0.1616161616]) {
      const at = (batch: number) => criterion(noisy('binary', 1, { optimiser: { batch, learningRate } }), ones(0.1, 0.1, 0.1, 0.1))
      expect(at(1)).toBeGreaterThan(0)
      expect(at(4)).toBeLessThan(0)
    }
  })
  test('with momentum it is γ + λs²/(B(1 − μ)) − |m|, and ≥ 0 exactly where the mean is zero', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 12, noNaN: true }), fc.constantFrom(0.5, 0.9), (std, momentum) => {
        const fields = noisy('gaussian', std, { weightDecay: 0.1, optimiser: { learningRate: 0.01, momentum } })
        const found = criterion(fields, ones(-0.5, -0.5))
        expect(found).toBeAllclose(0.1 + (0.01 / (1 - momentum)) * (std ** 2 / 2) - 0.5, { absolute: 1e-13 })
        if (Math.abs(found) > 1e-12) expect(found > 0).toBe(predictMean(fields, ones(-0.5, -0.5)).vector[0] === 0)
      }),
    )
  })
  test('for small rates the exponents agree with γ + λs²/B − |m|', () => {
    // 8.9 against 8.10: λ_c = k/(s² + k²) to second order, k/s² to first; k/s = .01 apart by 1e-4 of itself
    const at = (learningRate: number) => criterion(noisy('gaussian', 10, { weightDecay: 0.2, optimiser: { learningRate } }), ones(0.3))
    expect(at(0.99e-3)).toBeLessThan(0)
    expect(at(1.01e-3)).toBeGreaterThan(0)
  })
})

describe('largestPull', () => {
  test('is ‖XᵀY/n‖ entry by entry', () => expect(largestPull(four)).toBeAllclose(1)) // (.75, 1)
  test('of no column, of zeros and of NaN', () => {
    expect(largestPull({ x: matrix([[], []]), y: matrix([[1], [2]]) })).toBe(0)
    expect(largestPull(ones(0, 0))).toBe(0)
    expect(largestPull(ones(1, Number.NaN))).toBeNaN()
  })
})

test('a boundary and an oracle of the same settings have the same number', () => {
  for (const [, number, at, , critical] of rows) expect(oracleFor(trained(at(critical)))?.number).toBe(number)
})
